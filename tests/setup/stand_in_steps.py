"""Runs the real set-up with stand-ins for its slow commands: `stand_in_steps.py ROOT FOLDER STAGE [BEHAVIOUR]`.

Each stand-in does what its command leaves behind, in two halves. BEHAVIOUR is `kill:N`, which kills the process between
the halves of step N as `kill -9` would, or `wait:FILE`, which stops there until FILE exists. Prints a line to a step,
and below a download one to a package.
"""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import signal
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

BOOTSTRAP = Path(__file__).resolve().parents[2] / "bin" / "bootstrap"


def first_half(title: str, command: list[str], folder: Path) -> None:
    """What an interrupted command leaves."""
    if title.startswith("making"):
        (folder / "bin").mkdir()
    elif title.startswith("installing"):
        (folder / "half").write_text(title)


def second_half(title: str, command: list[str], folder: Path) -> None:
    """What the finished command adds."""
    if title.startswith("making"):
        (folder / "bin" / "python").symlink_to(sys.executable)
        site_packages(folder).mkdir(parents=True)
    elif title.startswith("downloading Horovod"):
        archive(destination(command) / "horovod-0.28.1.tar.gz")
    elif title.startswith("building"):
        build_file = Path(command[-1]) / "horovod" / "tensorflow" / "CMakeLists.txt"
        assert build_file.read_text() == "before\n\nafter\n", "the line that does not compile is still there"
        wheels = Path(command[command.index("--wheel-dir") + 1])
        wheels.mkdir()
        (wheels / "horovod-0.28.1.whl").touch()
    elif title.startswith("downloading"):
        for name in required(command):
            wheel = destination(command) / f"{name}.whl"
            print(f"  {name}" if not wheel.exists() else f"  kept {name}", flush=True)
            wheel.touch()
    elif title.startswith("installing Horovod"):
        (folder / "half").unlink()
        origin = site_packages(folder) / "horovod-0.28.1.dist-info" / "direct_url.json"
        origin.parent.mkdir(exist_ok=True)
        origin.write_text(json.dumps({"url": Path(command[-1]).resolve(strict=True).as_uri()}))
    elif title.startswith("installing"):
        for name in required(command):
            downloads = Path(command[command.index("--find-links") + 1])
            assert (downloads / f"{name}.whl").is_file(), f"{name} was not downloaded before"
            package, _, version = name.partition("==")
            for other in site_packages(folder).glob(f"{package.replace('-', '_')}-*.dist-info"):
                other.rmdir()
            (site_packages(folder) / f"{package.replace('-', '_')}-{version}.dist-info").mkdir()
        (folder / "half").unlink()


def site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def required(command: list[str]) -> list[str]:
    """`name==version` of each package that pip is asked for."""
    text = Path(command[command.index("--requirement") + 1]).read_text()
    return re.findall(r"^(\S+==\S+)", text, re.MULTILINE)


def destination(command: list[str]) -> Path:
    return Path(command[command.index("--dest") + 1])


def archive(path: Path) -> None:
    """A source archive with the files that are mended."""
    import horovod_wheel

    with tarfile.open(path, "w:gz") as file:
        for name, old, _ in horovod_wheel.MENDS:
            text = f"before\n{old}\nafter\n".encode()
            member = tarfile.TarInfo(f"horovod-{horovod_wheel.VERSION}/{name}")
            member.size = len(text)
            file.addfile(member, io.BytesIO(text))


def behave(behaviour: str, count: int) -> None:
    """Between the halves of step `count`: what BEHAVIOUR asks for."""
    kind, _, value = behaviour.partition(":")
    if kind == "kill" and count == int(value):
        os.kill(os.getpid(), signal.SIGKILL)
    while kind == "wait" and not Path(value).exists():
        time.sleep(0.01)


def main(root: Path, folder: Path, stage: str, behaviour: str = "") -> int:
    sys.path.insert(0, str(BOOTSTRAP))
    import horovod_wheel
    import virtual_environment

    counter: Iterator[int] = iter(range(100))

    def stand_in(title: str, expected: str, command: list[str], log: Path, variables: object = None) -> None:
        print(title, flush=True)
        first_half(title, command, folder)
        behave(behaviour, next(counter))
        second_half(title, command, folder)

    virtual_environment.run = horovod_wheel.run = stand_in  # type: ignore[assignment]
    front = runpy.run_path(str(BOOTSTRAP / "__main__.py"), run_name="front")
    front["main"].__globals__["ROOT"] = root
    return front["main"]([stage, str(folder)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
