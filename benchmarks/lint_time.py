"""How much CPU `archspec lint` takes as a whole process, beside what Python and its libraries take by themselves.

`python benchmarks/lint_time.py [RUNS]`, with the Python that has archspec's core packages.

Printed by 15 runs on a machine shared with other work (the load is the number of processes that waited):

    Python 3.11.7, PyYAML 6.0.3, jsonschema 4.26.0, x86_64, 2 cores, load 0.8
    python                                 CPU median 0.020 s, least 0.000 s: 0.11 and 0.00 x yaml and jsonschema
    python with yaml and jsonschema        CPU median 0.180 s, least 0.120 s: 1.00 and 1.00 x yaml and jsonschema
    archspec lint specs/inception_v3.yaml  CPU median 0.250 s, least 0.170 s: 1.39 and 1.42 x yaml and jsonschema
    archspec lint specs (all)              CPU median 0.930 s, least 0.660 s: 5.17 and 5.50 x yaml and jsonschema
    each of 18 further specs               CPU median 0.038 s, least 0.027 s
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
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
    """The CPU time of one run, in the program and in the system for it; unlike wall time it bears a loaded machine."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Some container images set it; with it every start compiles all of archspec's modules again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = os.times()
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    """Run the commands in turn, so that all meet the same noise, and print medians and ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    # The first run of each fills the file cache, writes the compiled modules, and is not counted.
    counted = {name: all_times[1:] for name, all_times in times.items()}
    base = counted["python with yaml and jsonschema"]
    packages = ", ".join(f"{name} {version(name)}" for name in ("PyYAML", "jsonschema"))
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {packages}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    )
    for name, found in counted.items():
        middle, least = statistics.median(found), min(found)
        ratios = f"{middle / statistics.median(base):.2f} and {least / min(base):.2f} x yaml and jsonschema"
        print(f"{name:38} CPU median {middle:.3f} s, least {least:.3f} s: {ratios}")
    further = len(list((ROOT / "specs").glob("*.yaml"))) - 1
    one, all_specs = (counted[name] for name in list(COMMANDS)[-2:])
    middle = (statistics.median(all_specs) - statistics.median(one)) / further
    least = (min(all_specs) - min(one)) / further
    print(f"each of {further} further specs{'':14} CPU median {middle:.3f} s, least {least:.3f} s")


if __name__ == "__main__":
    main()
