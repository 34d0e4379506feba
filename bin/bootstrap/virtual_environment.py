"""The project's own virtual environment, and the files beside it: lock, log, downloads."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from horovod_wheel import recipe_hash
from steps import SetupError, run, say

STAGES = ("core", "train", "test")  # each holds the one before it
DOWNLOADING = {"core": "5 s", "train": "1 min", "test": "1 min"}
INSTALLING = {"core": "5 s", "train": "1 min", "test": "1 min"}


class VirtualEnvironment:
    """One virtual environment of one checkout.

    A stage is finished when its stamp stands in the environment; the stamp is written last. While the environment is
    changed it holds the file `unfinished`; one that is found with it is made anew. Downloads come before the first
    change, so that a lost network damages nothing.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.python = folder / "bin" / "python"
        self.unfinished = folder / "unfinished"
        self.packages = folder / "packages"  # which lock files its packages are from
        self.lock = folder.with_name(f"{folder.name}.lock")
        self.log = folder.with_name(f"{folder.name}.log")
        self.downloads = folder.with_name(f"{folder.name}.downloads")
        self.discarded = folder.with_name(f"{folder.name}.discarded")

    def locks(self, stage: str, operations: str) -> list[Path]:
        """The lock files of `stage`; with GPU operations also that of TensorFlow's CUDA libraries."""
        names = [stage] if stage == "core" or operations == "none" else [stage, "gpu"]
        return [self.root / "requirements" / f"{name}.txt" for name in names]

    def stamp(self, stage: str) -> Path:
        """The file that says that `stage` is finished; environment.sh reads its first two lines."""
        return self.folder / f"{stage}.stamp"

    def operations(self) -> str:
        """The GPU operations of Horovod: as asked for, else as last built here, else `none`."""
        stamps = [self.stamp(stage) for stage in STAGES[1:]]
        built = next((stamp.read_text().splitlines()[1] for stamp in stamps if stamp.is_file()), "none")
        return os.environ.get("HOROVOD_GPU_OPERATIONS") or built

    def content(self, stage: str, operations: str) -> str:
        """The text of a stamp: the checkout, the GPU operations, a hash of all that `stage` is made of."""
        sources = self.locks(stage, operations)
        if stage != "core":
            sources.append(self.root / "requirements" / "horovod.txt")
        return f"{self.root}\n{operations}\n{digest(sources, sys.version, recipe_hash())}\n"

    def has(self, stage: str, operations: str) -> bool:
        """Whether `stage` is finished, and of what it is made of today."""
        stamp = self.stamp(stage)
        return self.sound() and stamp.is_file() and stamp.read_text() == self.content(stage, operations)

    def sound(self) -> bool:
        """Whether it was finished once, is not half changed, and its Python is still there."""
        finished = any(self.stamp(stage).is_file() for stage in STAGES)
        return finished and not self.unfinished.exists() and self.python.exists()

    def finish(self, stage: str, operations: str) -> None:
        """Writes the stamps of `stage` and of those below it."""
        for finished in STAGES[: STAGES.index(stage) + 1]:
            fresh = self.stamp(finished).with_suffix(".new")
            fresh.write_text(self.content(finished, operations))
            fresh.replace(self.stamp(finished))

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
            remedy = "Install it (Debian, Ubuntu: apt-get install python3.11-venv), then run the command again."
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
            say(f"{self.folder} is unfinished or its Python is gone; making it anew")
            self.folder.rename(self.discarded)
            shutil.rmtree(self.discarded)

    def require_own(self) -> None:
        """Raises SetupError when the folder is not one that was made here, and so not ours to remove."""
        ours = self.unfinished.exists() or any(self.stamp(stage).exists() for stage in STAGES)
        if not ours and any(self.folder.iterdir()):
            remedy = "Remove it, or name another folder in ARCHSPEC_VENV."
            raise SetupError(f"{self.folder} is there, and was not made by bin/archspec. {remedy}")

    def install(self, stage: str, operations: str) -> None:
        """Installs the locked packages of `stage`, after all are downloaded and checked against their hashes."""
        locks = self.locks(stage, operations)
        if self.packages.is_file() and self.packages.read_text() == digest(locks):
            return  # and what came after them was interrupted
        shutil.rmtree(self.downloads, ignore_errors=True)
        required = ["--require-hashes", *(f"--requirement={lock}" for lock in locks)]
        download = self.pip("download", "--only-binary", ":all:", "--dest", str(self.downloads))
        run(f"downloading the packages of stage {stage}", DOWNLOADING[stage], download + required, self.log)
        install = self.pip("install", "--no-index", "--find-links", str(self.downloads))
        with self.changing():
            run(f"installing the packages of stage {stage}", INSTALLING[stage], install + required, self.log)
            self.connect()
            self.packages.write_text(digest(locks))
        shutil.rmtree(self.downloads)

    def connect(self) -> None:
        """Lets its Python import the checkout, and its `bin` offer `archspec`."""
        site_packages = next(self.folder.glob("lib/python*/site-packages"))
        (site_packages / "archspec.pth").write_text(f"{self.root}\n")
        link = self.folder / "bin" / "archspec"
        link.unlink(missing_ok=True)
        link.symlink_to(self.root / "bin" / "archspec")


def digest(files: list[Path], *more: str) -> str:
    """A hash of the contents of `files`, and of `more`."""
    parts = [file.read_bytes() for file in files] + [text.encode() for text in more]
    return hashlib.sha256(b"|".join(parts)).hexdigest()
