"""Every network of the zoo has TF-Slim's variables: names, shapes and totals, as TF-Slim itself printed them once."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.graph.graph import Graph
from archspec.compiler.program import compile_file, variants
from archspec.diagnostics import Findings

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT.parent / "shared" / "golden" / "variables"


def networks() -> dict[str, str]:
    """{golden name: SPEC or SPEC#variant} of all specs."""
    paths = sorted((ROOT / "specs").glob("*.yaml"))
    found = {name: f"{path}#{name}" for path in paths for name in variants(str(path), Findings())}
    return found | {path.stem: str(path) for path in paths}


def recorded_part(graph: Graph, golden: dict[str, Any]) -> Graph:
    """The graph TF-Slim recorded: for inference, in which NASNet drops its auxiliary head and Inception keeps it."""
    main = graph.ending_at([graph.output])
    of_heads = {name for name, _, _ in graph.variables()} - {name for name, _, _ in main.variables()}
    return graph if of_heads & golden["variables"].keys() else main


NETWORKS = networks()


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden variable tables at {GOLDEN}")
@pytest.mark.parametrize("name", [name for name in NETWORKS if (GOLDEN / f"{name}.json").is_file()])
def test_variables_are_tf_slims(name: str) -> None:
    golden: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    findings = Findings()
    settings = {"num_classes": str(golden["num_classes"])}
    program = compile_file(NETWORKS[name], settings=settings, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]

    table = {full: variable for full, _, variable in recorded_part(program.graph, golden).variables()}
    assert {full: list(variable.shape) for full, variable in table.items()} == golden["variables"]
    assert sum(prod(variable.shape) for variable in table.values()) == golden["total"]
    assert sum(prod(variable.shape) for variable in table.values() if variable.trainable) == golden["trainable"]


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden variable tables at {GOLDEN}")
def test_the_zoo_meets_golden_tables() -> None:
    assert [name for name in NETWORKS if (GOLDEN / f"{name}.json").is_file()], "no spec has a golden table's name"
