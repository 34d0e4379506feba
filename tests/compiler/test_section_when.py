"""`when` on the sections `train` and `eval`: where it is false they are as if they were not written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archspec.compiler.program import Program, check_file, compile_file
from archspec.diagnostics import Findings

CLASSIFIER = """archspec: 1
hyperparameters: {num_classes: 5}
inputs: {image: {shape: [8, 8, 3]}}
layers:
- pool: global_avg_pool
- Logits: {when: num_classes > 0, dense: $num_classes}
train:
  when: num_classes > 0
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: 0.1}
  batch: 8
  epochs: 1
eval:
  when: num_classes > 0
  metrics: {top_1: {accuracy: Logits}}
"""


def test_sections_whose_condition_holds_are_there(compiled: Callable[..., Program]) -> None:
    program = compiled(CLASSIFIER)
    assert program.train is not None and list(program.train.losses) == ["main"]
    assert program.eval is not None and list(program.eval.metrics) == ["top_1"]


def test_sections_whose_condition_is_false_are_gone_with_all_that_they_name(compiled: Callable[..., Program]) -> None:
    program = compiled(CLASSIFIER, num_classes=0)
    assert (program.train, program.eval) == (None, None)
    assert program.graph.shape(program.graph.output) == (3,)
    assert not any(path.startswith(("train", "eval")) for path in program.values)


def test_a_spec_that_extends_another_says_its_own_condition(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(CLASSIFIER)
    (tmp_path / "own.yaml").write_text("archspec: 1\nextends: base.yaml\ntrain: {when: num_classes > 9}\n")
    program = compile_file(str(tmp_path / "own.yaml"), findings=Findings())
    assert program is not None and program.train is None and program.eval is not None


def test_a_condition_that_is_no_condition_is_reported(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(CLASSIFIER.replace("train:\n  when: num_classes > 0", "train:\n  when: 3"))
    findings = Findings()
    assert not check_file(str(tmp_path / "net.yaml"), findings=findings)
    assert [(found.code, found.span and found.span.line) for found in findings.items] == [("AS102", 8)]
