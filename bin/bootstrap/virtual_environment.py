"""The project's own virtual environment, and the files beside it: lock, log."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from horovod_wheel import recipe_hash
from lock_files import STAGES, has_horovod, held_by, installed, pinned
from steps import SetupError, locked, run, say, user_cache

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LARGE = "tensorflow=="  # what makes a download last


class VirtualEnvironment:
    """One virtual environment of one checkout.

    A stage is finished when its stamp stands in the environment; the stamp is written last. While the environment is
    changed it holds the file `unfinished`; one that is found with it is made anew. Downloads come before the first
    change, so that a lost network damages nothing.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.locks = root / "requirements" / PYTHON
        self.site_packages = folder / "lib" / f"python{PYTHON}" / "site-packages"
        self.python = folder / "bin" / "python"
        self.unfinished = folder / "unfinished"
        self.lock = folder.with_name(f"{folder.name}.lock")
        self.log = folder.with_name(f"{folder.name}.log")
        self.missing = folder.with_name(f"{folder.name}.missing.txt")
        self.discarded = folder.with_name(f"{folder.name}.discarded")

    def lock_files(self, stage: str, operations: str) -> list[Path]:
        """The lock files of `stage`; with GPU operations also that of TensorFlow's CUDA libraries."""
        gpu = ["gpu"] if "train" in STAGES[stage] and operations != "none" else []
        return [self.locks / f"{name}.txt" for name in [*STAGES[stage], *gpu]]

    def stamp(self, stage: str) -> Path:
        """The file that says that `stage` is finished; environment.sh reads its first two lines."""
        return self.folder / f"{stage}.stamp"

    def operations(self) -> str:
        """The GPU operations of Horovod: as asked for, else as last built here, else `none`."""
        stamps = [self.stamp(stage) for stage in STAGES if "train" in STAGES[stage]]
        built = next((stamp.read_text().splitlines()[1] for stamp in stamps if stamp.is_file()), "none")
        return os.environ.get("HOROVOD_GPU_OPERATIONS") or built

    def content(self, stage: str, operations: str) -> str:
        """The text of a stamp: the checkout, the GPU operations, a hash of all that `stage` is made of."""
        sources, recipe = self.lock_files(stage, operations), ""
        if has_horovod(stage):
            sources, recipe = [*sources, self.root / "requirements" / "horovod.txt"], recipe_hash()
        return f"{self.root}\n{operations}\n{digest(sources, sys.version, recipe)}\n"

    def has(self, stage: str, operations: str) -> bool:
        """Whether `stage` is finished, and of what it is made of today."""
        stamp = self.stamp(stage)
        return self.sound() and stamp.is_file() and stamp.read_text() == self.content(stage, operations)

    def sound(self) -> bool:
        """Whether it was finished once, here and with this Python, and is not half changed."""
        stamps = [stamp for stamp in map(self.stamp, STAGES) if stamp.is_file()]
        here = any(stamp.read_text().startswith(f"{self.root}\n") for stamp in stamps)
        return here and not self.unfinished.exists() and self.python.exists() and self.site_packages.is_dir()

    def finish(self, locks: Iterable[str], operations: str) -> None:
        """Writes the stamps of all stages that need no more than these lock files."""
        for stage in held_by(locks):
            fresh = self.stamp(stage).with_suffix(".new")
            fresh.write_text(self.content(stage, operations))
            fresh.replace(self.stamp(stage))

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Marks it as unfinished until the block ends well."""
        self.unfinished.touch()
        yield
        self.unfinished.unlink()

    def pip(self, *arguments: str) -> list[str]:
        """A pip command of this environment."""
        return [str(self.python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]

    def make(self) -> None:
        """Makes it, with nothing but pip inside; a sound one stays."""
        if self.sound():
            return
        if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
            remedy = f"Install it (Debian, Ubuntu: apt-get install python{PYTHON}-venv), then run the command again."
            raise SetupError(f"the venv module of {sys.executable} is missing. {remedy}")
        self.discard()
        self.folder.mkdir(parents=True)
        self.unfinished.touch()  # until its first packages are in
        run(f"making {self.folder}", "5 s", [sys.executable, "-m", "venv", str(self.folder)], self.log)

    def discard(self) -> None:
        """Removes it; it is moved aside first, so that a half removed one is never taken for a whole one."""
        shutil.rmtree(self.discarded, ignore_errors=True)
        if self.folder.exists():
            self.require_own()
            say(f"{self.folder} is unfinished, was made elsewhere, or its Python is gone; making it anew")
            self.folder.rename(self.discarded)
            shutil.rmtree(self.discarded)

    def require_own(self) -> None:
        """Raises SetupError when the folder is not one that was made here, and so not ours to remove."""
        ours = self.unfinished.exists() or any(self.stamp(stage).exists() for stage in STAGES)
        if not ours and any(self.folder.iterdir()):
            remedy = "Remove it, or name another folder in ARCHSPEC_VENV."
            raise SetupError(f"{self.folder} is there, and was not made by bin/archspec. {remedy}")

    def install(self, stage: str, operations: str) -> None:
        """Installs what is missing of the locked packages of `stage`, after it is downloaded and checked by its hashes.

        Downloads stay in the user's cache. pip's own keeps nothing of an index that forbids or forgets to allow it.
        """
        there = installed(self.site_packages)
        wanted = pinned(self.lock_files(stage, operations))
        missing = {name: text for name, text in wanted.items() if name not in there}
        if not missing:
            return
        expected = "1 min" if any(name.startswith(LARGE) for name in missing) else "10 s"
        downloads = user_cache("packages")
        self.missing.write_text("".join(missing.values()))
        required = ["--require-hashes", "--no-deps", "--no-cache-dir", "--requirement", str(self.missing)]
        with locked(downloads.with_name("packages.lock"), str(downloads)):
            download = self.pip("download", "--only-binary", ":all:", "--dest", str(downloads))
            run(f"downloading the packages of stage {stage}", expected, download + required, self.log)
        # Python compiles what is imported when it is; to compile all of TensorFlow takes as long as to install it.
        install = self.pip("install", "--no-index", "--no-compile", "--find-links", str(downloads))
        with self.changing():
            run(f"installing the packages of stage {stage}", expected, install + required, self.log)
            self.connect()
        self.missing.unlink()

    def connect(self) -> None:
        """Lets its Python import the checkout, and its `bin` offer `archspec`."""
        (self.site_packages / "archspec.pth").write_text(f"{self.root}\n")
        link = self.folder / "bin" / "archspec"
        link.unlink(missing_ok=True)
        link.symlink_to(self.root / "bin" / "archspec")


def digest(files: list[Path], *more: str) -> str:
    """A hash of the contents of `files`, and of `more`."""
    parts = [file.read_bytes() for file in files] + [text.encode() for text in more]
    return hashlib.sha256(b"|".join(parts)).hexdigest()
