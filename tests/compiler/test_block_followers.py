"""A block in the place of an activation or a norm: `activation: {block: gate}`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.language.notation import as_data, written
from archspec.compiler.program import Program, check_file, compile_file
from archspec.diagnostics import Findings

Compile = Callable[..., Program]
BLOCKS = """
blocks:
  gate:
    parameters: {by: 0.5}
    defaults: {conv2d: {norm: null, activation: null}}
    layers: [x: {conv2d: $(channels(input))}, y: {multiply: $by}, out: {multiply: [input, y]}]
  scaled: {parameters: {by: 1.0}, layers: [g: {gain: $by}]}
  two: {inputs: [p, q], add: [p, q]}
"""
CONV = "defaults: {conv2d: {kernel: 1}}\n"


def names(program: Program) -> list[str]:
    return [name for name, _, _ in program.graph.variables()]


def test_blocks_follow_a_layer_below_its_path_and_their_own_names(compiled: Compile) -> None:
    program = compiled(
        f"{CONV}{BLOCKS}layers: [c: {{conv2d: 8, norm: {{block: scaled, by: 2.0}}, activation: {{block: gate}}}}, r: relu]"
    )
    graph = program.graph
    assert list(graph.nodes) == ["c", "c/scaled/g", "c/gate/x", "c/gate/y", "c/gate/out", "r"]
    assert names(program) == [
        "Net/c/weights",
        "Net/c/scaled/g/gamma",
        "Net/c/gate/x/weights",
        "Net/c/gate/x/biases",
    ]
    assert graph.nodes["r"].inputs == ("c/gate/out",)
    assert graph.nodes["c/gate/out"].inputs == ("c/scaled/g", "c/gate/y")
    assert graph.endpoints["c"] == "c/gate/out"
    assert graph.nodes["c/scaled/g"].op.values()["initial"] == 2.0
    value = graph.nodes["c"].values["norm"].value
    assert written(value) == "{block: scaled, by: 2.0}"
    assert as_data(value) == {"block": "scaled", "by": "2.0"}


def test_a_scope_says_the_block_and_its_parameters(compiled: Compile) -> None:
    program = compiled(f"""
hyperparameters: {{amount: 0.25, which: gate}}
defaults: {{conv2d: {{kernel: 1, activation: {{block: $which, by: $amount}}}}, scaled: {{by: 3.0}}}}
{BLOCKS}
layers: [a: {{conv2d: 4}}, b: {{conv2d: 4, activation: {{block: scaled}}}}, c: {{conv2d: 4, activation: null}}]
""")
    nodes = program.graph.nodes
    assert list(nodes) == ["a", "a/gate/x", "a/gate/y", "a/gate/out", "b", "b/scaled/g", "c"]
    assert nodes["a/gate/y"].op.values()["number"] == 0.25
    assert nodes["b/scaled/g"].op.values()["initial"] == 3.0


def test_a_merge_and_a_norm_bring_blocks_too(compiled: Compile) -> None:
    program = compiled(f"""
{CONV}{BLOCKS}
layers:
- a: {{conv2d: 4, norm: {{batch_norm, activation: {{block: scaled}}}}, activation: {{block: scaled}}}}
- b: {{add: [a, a], activation: {{block: scaled}}}}
""")
    assert list(program.graph.nodes) == ["a", "a/BatchNorm", "a/scaled/g", "a/scaled_1/g", "b", "b/scaled/g"]


def test_a_layer_that_shares_variables_shares_those_of_its_blocks(compiled: Compile) -> None:
    program = compiled(f"""
{CONV}{BLOCKS}
layers: [a: {{conv2d: 3, activation: {{block: scaled}}}}, b: {{conv2d: 3, share: a, activation: {{block: scaled}}}}]
""")
    assert names(program) == ["Net/a/weights", "Net/a/biases", "Net/a/scaled/g/gamma"]
    assert program.graph.nodes["b/scaled/g"].variable_path == "Net/a/scaled/g"


@pytest.mark.parametrize(
    ("layer", "code", "message"),
    [
        ("{conv2d: 4, activation: {block: gat}}", "AS211", "there is no block `gat`"),
        ("{conv2d: 4, activation: {block: two}}", "AS306", "block `two` needs its input `q`"),
        ("{conv2d: 4, norm: {block: scaled, to: 2}}", "AS101", "block `scaled` has no parameter `to`"),
        ("{conv2d: 4, norm: {block: scaled, by: many}}", "AS210", "`by` of block `scaled` must be a number"),
        ("{conv2d: 4, norm: {block: [scaled]}}", "AS102", "`block` must be text"),
        ("{conv2d: 4, activation: gate}", "AS104", "there is no activation `gate`"),
        ("{block: round}", "AS212", "a block cannot lead back to itself: round calls round"),
    ],
)
def test_what_does_not_fit_is_said_once(layer: str, code: str, message: str) -> None:
    findings = Findings()
    text = f"""archspec: 1
inputs: {{image: {{shape: [8, 8, 3]}}}}
{CONV}{BLOCKS}
  round: {{layers: [c: {{conv2d: 3, activation: {{block: round}}}}]}}
layers: [a: {layer}]
"""
    check_file("test.yaml", findings=findings, text=text)
    found = [each for each in findings.items if each.severity == "error"]
    assert [each.code for each in found] == [code]
    assert message in found[0].message


def test_a_block_that_only_follows_is_used() -> None:
    findings = Findings()
    text = f"archspec: 1\ninputs: {{image: {{shape: [8, 8, 3]}}}}\n{CONV}blocks: {{s: {{layers: [g: gain]}}}}\n"
    check_file("test.yaml", findings=findings, text=f"{text}layers: [a: {{conv2d: 4, activation: {{block: s}}}}]\n")
    assert not findings.items


@pytest.mark.parametrize(
    ("change", "nodes"),
    [
        ("{a: {activation: {block: scaled}}}", {"a/scaled/g": 1.0, "b/scaled/g": 4.0}),
        ("{b: {activation: {block: scaled, by: 6.0}}}", {"b/scaled/g": 6.0}),
        ("{b: {activation: {leaky_relu: 0.3}}}", {"b/leaky_relu": 0.3}),
        ("{b: {activation: {block: other}}}", {"b/other/g": 1.0}),
    ],
)
def test_a_spec_that_extends_another_changes_the_block_or_its_parameters(
    tmp_path: Path, change: str, nodes: dict[str, Any]
) -> None:
    (tmp_path / "base.yaml").write_text(f"""archspec: 1
inputs: {{image: {{shape: [8, 8, 3]}}}}
blocks: {{scaled: {{parameters: {{by: 1.0}}, layers: [g: {{multiply: $by}}]}}, other: {{layers: [g: {{multiply: 1.0}}]}}}}
{CONV}
layers:
- a: {{conv2d: 4, activation: {{leaky_relu: 0.1}}}}
- b: {{conv2d: 4, activation: {{block: scaled, by: 4.0}}}}
""")
    top = tmp_path / "top.yaml"
    top.write_text(f"archspec: 1\nextends: base.yaml\nchange: {change}\n")
    findings = Findings()
    program = compile_file(str(top), findings=findings)
    assert program is not None, findings.items
    made = program.graph.nodes
    assert {path: next(iter(made[path].op.values().values())) for path in nodes} == nodes
