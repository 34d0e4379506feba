"""`archspec doctor`: which Python, TensorFlow, Keras, Horovod, Gloo and NCCL are here, and whether they work."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any, Literal

State = Literal["works", "missing", "broken"]
PATIENCE = 180  # seconds for one part; a first import of TensorFlow from a slow disk takes a minute
MARKS = {"works": "[green]works[/]", "missing": "[yellow]missing[/]", "broken": "[red]broken[/]"}

INSTALL_TRAINING = "Use bin/archspec of a checkout, or pip install 'archspec-tf[train]'."
REPAIR_TRAINING = (
    "Where it names instructions, this processor lacks some that TensorFlow is built with. "
    "Else remove .venv and run bin/archspec again, or pip install --force-reinstall 'archspec-tf[train]'."
)
INSTALL_HOROVOD = "One rank trains without it; for more use bin/archspec of a checkout, which builds it."


@dataclass(frozen=True)
class Check:
    """One part of the installation: its version, whether it works, what was found, and what to do if it does not."""

    part: str
    state: State
    version: str = ""
    found: str = ""
    help: str = ""


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "doctor",
        help="say what is installed and whether it works",
        description="Says which Python, TensorFlow, Keras, Horovod, Gloo and NCCL are here, and tries each of them. "
        "Ends with status 1 when a part is broken, or when TensorFlow or Keras is missing.",
        epilog="example:\n  archspec doctor --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints every check; 1 when training can't work here."""
    checks = list(examine())
    if arguments.format == "json":
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        print_table(checks)
    bad = [check for check in checks if check.state == "broken" or check.help == INSTALL_TRAINING]
    return 1 if bad else 0


def examine() -> Iterator[Check]:
    """Every check, in the order in which one part rests on another."""
    yield Check("Python", "works", ".".join(map(str, sys.version_info[:3])), sys.executable)
    for package in ("PyYAML", "jsonschema", "rich"):
        yield installed(package, "pip install archspec-tf")
    yield installed("numpy", INSTALL_TRAINING)
    yield tried("TensorFlow", "tensorflow", INSTALL_TRAINING, tensorflow_found)
    yield tried("Keras", "keras", INSTALL_TRAINING, lambda facts: f"on {facts['backend']}")
    horovod = tried("Horovod", "horovod", INSTALL_HOROVOD, horovod_found)
    yield horovod
    yield two_ranks(horovod)


def version_of(package: str) -> str | None:
    """The installed version, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def installed(package: str, remedy: str) -> Check:
    """Whether a package is there."""
    version = version_of(package)
    return Check(package, "works", version) if version else Check(package, "missing", help=remedy)


def tried(title: str, package: str, remedy: str, describe: Any) -> Check:
    """A package, and what its probe found."""
    version = version_of(package)
    if version is None:
        return Check(title, "missing", help=remedy)
    facts, failure = probe(probe_command(package))
    if failure:
        return Check(title, "broken", version, failure, rebuild() if package == "horovod" else REPAIR_TRAINING)
    return Check(title, "works", version, describe(facts[0]))


def two_ranks(horovod: Check) -> Check:
    """Whether two processes of this machine find each other and agree on a sum."""
    title = "Two ranks"
    if horovod.state != "works":
        return Check(title, "missing", found="they need a Horovod that works")
    facts, failure = probe_ranks()
    if not failure and sorted(each["rank"] for each in facts) != [0, 1]:
        failure = f"{len(facts)} of 2 ranks answered"
    if failure:
        return Check(title, "broken", "", failure, "Look at `horovodrun --check-build`, and at what stops local ports.")
    return Check(title, "works", "", "allreduce over 2 processes of this machine is right")


def probe_ranks() -> tuple[list[dict[str, Any]], str]:
    """What two ranks found, and a failure in a line, as of `probe`."""
    from archspec.cli.ranks import started

    command = probe_command("horovod")
    with started(command, 2, {}) as processes, ThreadPoolExecutor() as pool:
        try:
            said = list(pool.map(lambda process: process.communicate(timeout=PATIENCE), processes))
        except subprocess.TimeoutExpired:
            return [], f"no answer in {PATIENCE} s"
    ended = zip(processes, said, strict=True)
    results = [subprocess.CompletedProcess(command, process.returncode, *texts) for process, texts in ended]
    failed = next((result for result in results if result.returncode), None)
    return ([], last_words(failed)) if failed is not None else ([json.loads(r.stdout) for r in results], "")


def probe_command(part: str) -> list[str]:
    """Runs one part of archspec.runtime.probe."""
    return [sys.executable, "-P", "-m", "archspec.runtime.probe", part]


def probe(command: list[str]) -> tuple[list[dict[str, Any]], str]:
    """The facts that each process printed, and a failure in a line, empty when there is none."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"no answer in {PATIENCE} s"
    if result.returncode:
        return [], last_words(result)
    return [json.loads(line) for line in re.findall(r"\{.*\}", result.stdout)], ""


def last_words(result: subprocess.CompletedProcess[str]) -> str:
    """The line of a failed process that says most: its last error, else its last line; and the signal that ended it."""
    # What archspec.runtime says of a process that ends while TensorFlow is imported stands below what TensorFlow says.
    lines = [line.strip() for line in result.stderr.partition("AS761 ")[0].splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b\w*(Error|Exception)\b:|\bF (\w+/)+\w+\.cc\b", line)]
    if result.returncode < 0:
        return ": ".join([f"ended by {signal.Signals(-result.returncode).name}", *(errors or lines)[-1:]])
    return (errors or lines or [f"ended with status {result.returncode}"])[-1]


def tensorflow_found(facts: dict[str, Any]) -> str:
    """Devices and CUDA libraries in words."""
    gpus = facts["gpus"]
    built = f"built for CUDA {facts['cuda']} and cuDNN {facts['cudnn']}" if facts["cuda"] else "built without CUDA"
    return f"{f'{len(gpus)} GPU ({gpus[0]})' if gpus else 'no GPU'}; {built}"


def horovod_found(facts: dict[str, Any]) -> str:
    """What Horovod was built with, in words."""
    with_gpus = f"NCCL {facts['nccl']}" if facts["nccl"] else "no NCCL (GPU ranks would exchange through main memory)"
    return ", ".join([*(name for name in ("Gloo", "MPI") if facts[name.lower()]), with_gpus])


def rebuild() -> str:
    """How to get a Horovod that fits the TensorFlow that is here."""
    missing = [tool for tool in ("c++", "cmake") if shutil.which(tool) is None]
    tools = f" Install {' and '.join(missing)} first." if missing else ""
    return f"It was built for another TensorFlow, or is damaged: remove .venv and run bin/archspec again.{tools}"


def print_table(checks: Iterable[Check]) -> None:
    """The checks as a table, with the remedies below it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console, table = Console(), Table(box=None, pad_edge=False)
    for heading in ("part", "version", "state", "found"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        table.add_row(check.part, check.version, MARKS[check.state], escape(check.found))
    console.print(table)
    for check in checks:
        if check.help:
            console.print(f"[bold]{check.part}:[/] {escape(check.help)}", highlight=False)
