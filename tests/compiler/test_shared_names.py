"""`pad` and `resize` are operations and steps of preprocess: each is meant where it stands, in scopes the operation."""

from __future__ import annotations

import pytest

from archspec.compiler.language.forms.preprocess import geometry
from archspec.compiler.language.ops import larger, pad
from archspec.compiler.language.registry import builtin
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

SPEC = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
defaults: {pad: {amount: 3, mode: reflect}, resize: {grid: aligned}}
layers:
- framed: pad
- larger: {resize: 28, method: nearest}
- features: global_avg_pool
- Logits: {dense: 10}
train:
  data: sample
  preprocess: [{pad: 4}, {resize: 8}]
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: 0.1}
  batch: 8
  steps: 10
"""


def compiled(text: str, **settings: str) -> tuple[Program | None, Findings]:
    findings = Findings()
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return compile_file("a.yaml", text=text, settings=given, findings=findings), findings


def test_each_is_meant_where_it_stands() -> None:
    program, findings = compiled(SPEC)
    assert program is not None and program.train is not None, findings.items
    framed, larger_map = program.graph.nodes["framed"].op, program.graph.nodes["larger"].op
    assert isinstance(framed, pad.Pad) and (framed.amount, framed.mode) == (((3, 3),), "reflect")
    assert isinstance(larger_map, larger.Resize) and (larger_map.grid, larger_map.method) == ("aligned", "nearest")
    padded, resized = program.train.preprocess
    assert isinstance(padded, geometry.Pad) and padded.amount == 4
    assert isinstance(resized, geometry.Resize) and resized.grid == "corner"


def test_each_is_set_by_its_path() -> None:
    settings = {"train.preprocess.0.amount": "2", "layers.framed.amount": "1", "train.preprocess.1.resize": "16"}
    findings = Findings()
    program = compile_file("a.yaml", text=SPEC, settings=settings, findings=findings)
    assert program is not None and program.train is not None, findings.items
    padded, resized = program.train.preprocess
    assert isinstance(padded, geometry.Pad) and padded.amount == 2
    assert isinstance(resized, geometry.Resize) and resized.size == (16, 16)
    assert program.graph.nodes["framed"].shape == (10, 10, 3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{pad: 4}", "{pad: 4, mode: reflect}", "`pad` has no field `mode`"),
        ("{pad: 4}", "{pad: {amount: 4}}", "the fields of `pad` stand beside it, not inside it"),
        ("{pad: 4}", "{pad: 4, amount: 5}", "`amount` of `pad` is said twice"),
        ("framed: pad", "framed: {pad: 4, on: [image]}", "`pad` has no field `on`"),
        ("framed: pad", "framed: {pad: {amount: 3}}", "the fields of `pad` stand beside it, not inside it"),
        ("mode: reflect}", "on: [image]}", "`pad` has no field `on`"),
    ],
)
def test_fields_of_the_other_one_are_refused(old: str, new: str, message: str) -> None:
    assert old in SPEC
    program, findings = compiled(SPEC.replace(old, new))
    assert program is None
    assert message in [found.message for found in findings.items]


def test_every_form_has_a_key_of_its_own() -> None:
    registry = builtin()
    assert len(registry.by_key) == len(registry.forms)
    assert registry.by_key["pad"] is pad.Pad and registry.by_key["preprocess.pad"] is geometry.Pad
