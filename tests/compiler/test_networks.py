"""A spec embedded in another: names of variables, inputs, `until`, scopes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.program import Program, check_file, compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"

INNER = """archspec: 1
name: Inner
inputs: {image: {shape: [32, 32, 3]}}
defaults: {conv2d: {kernel: 1}}
layers:
- a: {conv2d: 8}
- (body): [b: {conv2d: 16, stride: 2, endpoint: Middle}, side: {conv2d: 4}]
- pool: {max_pool2d: 16, stride: 1, padding: valid}
- flatten
- logits: {dense: 10}
names: {b: kept/under/this}
"""
TWO = """archspec: 1
inputs: {left: {shape: [8, 8, 3]}, right: {shape: [8, 8, 3]}}
layers: [sum: {concat: [left, right]}]
"""


def build(folder: Path, layers: str, sections: str = "", size: int = 32) -> tuple[Program | None, list[str]]:
    (folder / "inner.yaml").write_text(INNER)
    (folder / "two.yaml").write_text(TWO)
    text = (
        f"archspec: 1\nname: Outer\ninputs: {{image: {{shape: [{size}, {size}, 3]}}}}\n{sections}\nlayers: [{layers}]\n"
    )
    findings = Findings()
    programs = check_file(str(folder / "outer.yaml"), findings=findings, text=text)
    return programs[0] if programs else None, [d.code for d in findings.items]


def made(folder: Path, layers: str, sections: str = "", size: int = 32) -> Program:
    program, codes = build(folder, layers, sections, size)
    assert program is not None and codes == []
    return program


def variables(program: Program) -> list[str]:
    return [name for name, _, _ in program.graph.variables() if name.endswith("weights")]


def test_names_of_a_checkpoint_hold_in_an_embedded_network(tmp_path: Path) -> None:
    assert variables(made(tmp_path, "stage/n: {network: inner.yaml, until: b}")) == [
        "Inner/a/weights",
        "Inner/kept/under/this/weights",
    ]


def test_whole_inception_keeps_its_variables() -> None:
    findings = Findings()
    alone = compile_file(str(SPECS / "inception_v3.yaml"), settings={"aux": "false"}, findings=findings)
    text = "archspec: 1\ninputs: {image: {shape: [299, 299, 3]}}\nlayers: [n: {network: inception_v3.yaml, set: {aux: false}}]"
    inside = compile_file(str(SPECS / "outer.yaml"), findings=findings, text=text)
    assert alone is not None and inside is not None, findings.items
    assert variables(inside) == variables(alone)


def test_a_mistake_in_an_embedded_file_is_told_once_and_there(tmp_path: Path) -> None:
    text = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [a: {conv2d: 3, kernal: 3}]\n"
    (tmp_path / "wrong.yaml").write_text(text)
    outer = text.replace("conv2d: 3, kernal: 3", "network: wrong.yaml")
    findings = Findings()
    assert check_file(str(tmp_path / "outer.yaml"), findings=findings, text=outer) == []
    [found] = findings.items
    assert found.code == "AS101" and found.span is not None
    assert (Path(found.span.file).name, found.span.line, found.span.column) == ("wrong.yaml", 3, 25)


def test_name_gives_the_variables_another_root(tmp_path: Path) -> None:
    found = variables(made(tmp_path, "n: {network: inner.yaml, name: encoder, until: b}"))
    assert found == ["Outer/encoder/a/weights", "Outer/encoder/kept/under/this/weights"]


@pytest.mark.parametrize("until", ["b", "(body)/b", "Middle"])
def test_until_ends_at_a_path_or_an_end_point(until: str, tmp_path: Path) -> None:
    program = made(tmp_path, f"n: {{network: inner.yaml, until: {until}}}, c: relu")
    assert list(program.graph.nodes) == ["n/a", "n/(body)/b", "c"]
    assert program.graph.nodes["c"].shape == (16, 16, 16)


def test_what_until_cuts_off_need_not_fit(tmp_path: Path) -> None:
    assert made(tmp_path, "n: {network: inner.yaml, until: b}", size=8).graph.nodes["n/(body)/b"].shape == (4, 4, 16)
    assert build(tmp_path, "n: {network: inner.yaml}", size=8)[1] == ["AS301"]


def test_end_points_of_a_network_stand_below_its_path(tmp_path: Path) -> None:
    program = made(tmp_path, "n: {network: inner.yaml, until: b}, c: {relu, endpoint: Middle}")
    assert (program.graph.endpoints["n/Middle"], program.graph.endpoints["Middle"]) == ("n/(body)/b", "c")


def test_two_of_one_network_share_or_clash(tmp_path: Path) -> None:
    twice = "p: {network: inner.yaml, until: b}, q: {network: inner.yaml, until: b, from: image%s}, s: {add: [p, q]}"
    assert build(tmp_path, twice % "")[1] == ["AS302"]
    assert len(variables(made(tmp_path, twice % ", share: p"))) == 2
    assert len(variables(made(tmp_path, twice % ", name: other"))) == 4


def test_scopes_reach_in_only_from_the_call(tmp_path: Path) -> None:
    sections = "defaults: {conv2d: {activation: relu, kernel: 5}}"
    call = "x: {conv2d: 3}, n: {network: inner.yaml, until: a, defaults: {conv2d: {stride: 2}}}"
    program = made(tmp_path, call, sections)
    op: Any = program.graph.nodes["n/a"].op
    assert (list(program.graph.nodes), op.kernel, op.stride) == (["x", "x/relu", "n/a"], (1, 1), (2, 2))


def test_inputs_are_bound_by_name_else_by_position(tmp_path: Path) -> None:
    layers = "x: {conv2d: 3, kernel: 1}, n: {network: two.yaml, from: [x, image]}, m: {network: two.yaml, from: {right: x, left: n}}"
    nodes = made(tmp_path, layers).graph.nodes
    assert (nodes["n/sum"].inputs, nodes["m/sum"].inputs) == (("x", "image"), ("n/sum", "x"))
    assert build(tmp_path, "n: {network: two.yaml}")[1] == ["AS306"]
    assert build(tmp_path, "n: {network: two.yaml, from: {left: image}}")[1] == ["AS306"]
    assert build(tmp_path, "n: {network: two.yaml, from: {left: image, write: image}}")[1] == ["AS306"]
