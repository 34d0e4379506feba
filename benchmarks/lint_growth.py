"""How the work of `lint` grows with a spec: layers, edits, findings, references through silent groups, and groups.

`python benchmarks/lint_growth.py [LARGEST]`, with the Python that has archspec's core packages. Each spec is made here
with 10, 100, 1,000 and 10,000 of one thing (or up to LARGEST) and compiled and checked in a process of its own; the CPU
seconds are those of `check_file` and the rules, without starting Python. The exponent is the slope between the last two
sizes on logarithmic axes: 1 is linear, 2 is quadratic.

The language's own limit, 1,250,000 steps of work in a spec (AS321), ends references and groups near 10,000.

Printed on a machine shared with other work (the load is the number of processes that waited):

    Python 3.11.7, x86_64, 2 cores, load 4.2
    CPU seconds          10       100     1,000    10,000  exponent  found
    layers            0.028     0.049     0.366     2.779      0.88  0
    edits             0.024     0.061     0.434     2.793      0.81  0
    findings          0.015     0.021     0.110     1.543      1.15  10000 AS101
    references        0.014     0.039     0.455     2.488      0.74  1 AS321
    groups            0.017     0.048     0.408     2.266      0.74  1 AS321
"""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (10, 100, 1_000, 10_000)

_INPUT = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\n"
_HEAD = f"{_INPUT}defaults: {{conv2d: {{kernel: 3}}}}\nlayers:\n"


def layers(count: int) -> Iterator[tuple[str, str]]:
    """Convolutions one after the other."""
    yield "net.yaml", _HEAD + "".join(f"- c{i}: {{conv2d: 8}}\n" for i in range(count))


def edits(count: int) -> Iterator[tuple[str, str]]:
    """`change` of every layer of another spec."""
    yield "below/net.yaml", next(layers(count))[1]
    changes = "".join(f"  c{i}: {{kernel: 1}}\n" for i in range(count))
    yield "net.yaml", f"archspec: 1\nextends: below/net.yaml\nchange:\n{changes}"


def findings(count: int) -> Iterator[tuple[str, str]]:
    """Misspelt fields."""
    yield "net.yaml", _HEAD + "".join(f"- c{i}: {{conv2d: 8, fliters: 3}}\n" for i in range(count))


def references(count: int) -> Iterator[tuple[str, str]]:
    """References to layers in silent groups."""
    pairs = (f"- (g{i}): [a{i}: relu]\n- b{i}: {{relu: null, from: a{i}}}\n" for i in range(count))
    yield "net.yaml", f"{_INPUT}layers:\n" + "".join(pairs)


def groups(count: int) -> Iterator[tuple[str, str]]:
    """Groups of two layers."""
    yield "net.yaml", _HEAD + "".join(f"- g{i}: [a: relu, b: {{conv2d: 8}}]\n" for i in range(count))


KINDS: dict[str, Callable[[int], Iterator[tuple[str, str]]]] = {
    "layers": layers,
    "edits": edits,
    "findings": findings,
    "references": references,
    "groups": groups,
}

_CHECK = """
import gc, sys, time
gc.set_threshold(100_000)
from archspec.compiler.program import check_file
from archspec.compiler.rules import check_rules
from archspec.diagnostics import Findings
found, began = Findings(), time.process_time()
for program in check_file(sys.argv[1], findings=found):
    found.extend(check_rules(program))
print(time.process_time() - began, len(found.items), *sorted({item.code for item in found.items})[:3])
"""


def seconds(files: Iterator[tuple[str, str]]) -> tuple[float, str]:
    """The CPU time of checking net.yaml among these files, and what was found."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", _CHECK, str(Path(folder, "net.yaml"))]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    time, found = done.stdout.strip().split(" ", 1)
    return float(time), found


def main() -> None:
    """Print a row for each kind."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    sizes = [size for size in SIZES if size <= largest]
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    print("CPU seconds  " + "".join(f"{size:>10,}" for size in sizes) + "  exponent  found")
    for kind, made in KINDS.items():
        times, found = zip(*(seconds(made(size)) for size in sizes), strict=True)
        exponent = math.log(times[-1] / times[-2], sizes[-1] / sizes[-2])
        print(f"{kind:13}" + "".join(f"{time:10.3f}" for time in times) + f"{exponent:10.2f}  {found[-1]}", flush=True)


if __name__ == "__main__":
    main()
