"""The arguments that choose a spec, and the program compiled from them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from archspec.dataclass import replace
from archspec.diagnostics import Findings, Stop, stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def add_spec(parser: argparse.ArgumentParser, of: str = "a spec's file, FILE#VARIANT, or zoo:NAME") -> None:
    """Registers SPEC and --set."""
    parser.add_argument("spec", metavar="SPEC", help=of)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a hyperparameter, or any value by its path (train.batch=8, layers.conv1.filters=8); may be repeated",
    )


def add_until(parser: argparse.ArgumentParser) -> None:
    """Registers --until."""
    parser.add_argument("--until", metavar="NAME", help="end the network at this layer or end point")


def compiled(arguments: argparse.Namespace, unmet: Findings | None = None) -> Program:
    """The program of SPEC with its --set values, until its --until; raises Stop with everything that is wrong.

    Expectations that do not hold are wrong too, unless `unmet` is there to receive them.
    """
    from archspec.compiler.program import compile_file

    findings = Findings()
    program = compile_file(arguments.spec, settings=settings(arguments.set), findings=findings, unmet=unmet)
    findings.stop_on_errors()
    assert program is not None
    if unmet is not None:
        unmet.sources.update(findings.sources)
    until = getattr(arguments, "until", None)
    return program if until is None else _ending(program, until)


def _ending(program: Program, name: str) -> Program:
    """The program of the network that ends at an end point, with the metrics that are left."""
    from archspec.compiler.graph.passes import run
    from archspec.compiler.graph.passes.cut import cut

    check_endpoint(program, name)
    graph, section = run(cut, program.graph, name), program.eval
    if section is not None:
        metrics = section.metrics.items()
        left = {key: metric for key, metric in metrics if all(name in graph.endpoints for name in metric.tensors)}
        section = section.replace(metrics=left)
    return replace(program, graph=graph, train=None, eval=section)


@contextmanager
def quoting(program: Program) -> Iterator[None]:
    """A block whose findings quote the very text that was compiled."""
    try:
        yield
    except Stop as problem:
        sources = {**program.sources, **problem.sources}
        raise Stop(*problem.diagnostics, exit_code=problem.exit_code, sources=sources) from problem.__cause__


def check_endpoint(program: Program, name: str) -> None:
    """Raise Stop where the network has no end point or head of that name."""
    known = list(program.graph.endpoints | program.graph.heads | program.graph.outputs)
    if not name or name not in known:
        near = get_close_matches(name, known, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "`archspec summary` lists the layers"
        what = name or "with an empty name"
        raise stop("AS925", f"{program.name} has no end point {what}", help=remedy, exit_code=2)


def settings(pairs: list[str]) -> dict[str, str]:
    """{name: value} of NAME=VALUE pairs, the last of a name; raises Stop where one is not a pair."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise stop("AS921", f"--set {pair} is not NAME=VALUE", help="write --set depth_multiplier=0.5", exit_code=2)
        found[name.strip()] = value
    return found
