"""How long `archspec lint` takes as a whole process, beside what Python and its libraries take by themselves.

`python benchmarks/lint_time.py [RUNS]`, with the Python that has archspec's core packages.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "python": ["-c", "pass"],
    "python with yaml and jsonschema": ["-c", "import yaml, jsonschema"],
    "archspec lint specs/inception_v3.yaml": ["-P", "-m", "archspec", "lint", "specs/inception_v3.yaml"],
    "archspec lint specs (all)": ["-P", "-m", "archspec", "lint", "specs"],
}


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Run the commands in turn, so that all meet the same noise, and print medians and ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    base = statistics.median(times["python with yaml and jsonschema"][1:])
    packages = ", ".join(f"{name} {version(name)}" for name in ("PyYAML", "jsonschema"))
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {packages}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    )
    for name, all_times in times.items():
        # The first run of each fills the file cache and is not counted.
        counted = all_times[1:]
        median = statistics.median(counted)
        print(f"{name:38} median {median:.3f} s, least {min(counted):.3f} s, {median / base:.1f} x yaml and jsonschema")


if __name__ == "__main__":
    main()
