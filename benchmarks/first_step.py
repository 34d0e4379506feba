"""Times the way from nothing to the first training step: `python benchmarks/first_step.py [COMMIT]`.

Clones this repository into an empty folder, with an empty home folder, and so with no cache of pip's and no wheel of
Horovod's; then runs README's first command until it prints its first step. Prints when each part began, what it cost of
the processors, and what came from the network. Timed while nothing else runs, it says what a newcomer waits for.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
COMMAND = ["bin/archspec", "train", "specs/inception_v3.yaml", "--no-eval"]
UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


def clone(commit: str, folder: Path) -> None:
    """A fresh clone of `commit`."""
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", commit], check=True)


def newcomer(home: Path) -> dict[str, str]:
    """The environment variables of somebody who has nothing yet, and chose nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARCHSPEC_", "HOROVOD_", "XDG_", "VIRTUAL_ENV"))}
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1"}


def until_first_step(checkout: Path, home: Path) -> None:
    """Prints each line that says what begins, with its time, up to the first step; then ends the training."""
    begin = time.monotonic()
    process = subprocess.Popen(
        COMMAND,
        cwd=checkout,
        env=newcomer(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(f"{time.monotonic() - begin:7.1f} s  {line.rstrip()}", flush=True)
            if line.startswith("step "):
                return
        raise SystemExit(f"no step was made; status {process.wait()}")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def downloaded(log: str) -> tuple[float, int]:
    """The bytes and the number of the packages that pip had to get, by what it says of each in the log."""
    sizes = [float(size) * UNITS[unit] for size, unit in re.findall(r"Downloading .*\(([\d.]+) (kB|MB|GB)\)", log)]
    on_disk = re.findall(r"Processing (/.*\.whl)", log)  # an index that is a folder of this machine
    sizes += [os.path.getsize(path) for path in on_disk if Path(path).is_file()]
    return sum(sizes), len(sizes)


def main(commit: str = "HEAD") -> None:
    """Measures once, and prints it."""
    with tempfile.TemporaryDirectory(prefix="first-step-") as name:
        checkout, home = Path(name) / "checkout", Path(name) / "home"
        home.mkdir()
        clone(commit, checkout)
        print(f"load of the machine before: {os.getloadavg()[0]:.2f}; processors: {len(os.sched_getaffinity(0))}")
        until_first_step(checkout, home)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        size, number = downloaded((checkout / ".venv.log").read_text(errors="replace"))
        installed = sum(path.lstat().st_size for path in (checkout / ".venv").rglob("*"))
        print(f"processor time: {used.ru_utime + used.ru_stime:.0f} s; load after: {os.getloadavg()[0]:.2f}")
        print(f"downloaded: {size / 1e6:.0f} MB in {number} files; installed: {installed / 1e6:.0f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
