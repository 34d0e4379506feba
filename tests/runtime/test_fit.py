"""What only the data can tell is said before the first step, at the line of the spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.compiler.training.places import Places
from archspec.compiler.training.schedules import late_changes
from archspec.diagnostics import Diagnostic, Findings, Stop
from archspec.runtime.data.open import section_data
from archspec.runtime.fit import check_fit
from archspec.runtime.measures import measures
from tests.runtime.examples import VOCABULARY

SIZE = 12
ARRAYS: dict[str, np.ndarray] = {
    "image": np.zeros((SIZE, 8, 8, 3), np.uint8),
    "label": np.arange(SIZE) % 3,
    "yes": np.arange(SIZE) % 2,
    "m": np.zeros((SIZE, 4, 4), np.int32),
    "y": np.linspace(0, 2, SIZE),
    "text": np.array(["the film was good"] * SIZE),
}
SPEC = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
layers: [Map: {conv2d: 3, kernel: 1}, pool: global_avg_pool, One: {dense: 1}, Logits: {from: pool, dense: 3}]
train:
  data: {arrays: a.npz, held_out: 0.5, features: {image: {image: image}, label: {class: label}, yes: {class: yes},
    m: {class_map: m, classes: 3}, y: {number: y}}}
  losses:
    main: {LOSS}
    other: {huber: One, target: y}
  optimizer: {sgd: 0.1}
  batch: 4
  steps: 2
eval:
  metrics: {right: {METRIC}}
"""
METRIC = "accuracy: Logits, target: label"


def found(folder: Path, text: str, section: str = "train") -> list[Diagnostic]:
    """What is found before the first step, of a spec in which lint finds nothing."""
    np.savez(folder / "a.npz", **ARRAYS)
    (folder / "words.txt").write_text(VOCABULARY)
    (folder / "net.yaml").write_text(text)
    findings = Findings()
    program: Any = compile_file(str(folder / "net.yaml"), findings=findings)
    assert program is not None, findings.items
    data = section_data(program, section, None, section)
    part: Any = getattr(program, section)
    forms = {name: each.form for name, each in measures(program).items()} if section == "eval" else part.losses
    try:
        return check_fit(program, data, part, forms)
    except Stop as problem:
        return list(problem.diagnostics)


@pytest.mark.parametrize(
    ("loss", "message", "value"),
    [
        ("sigmoid_cross_entropy: One, target: label", "numbers from 0 to 1, and its target is a class", "One"),
        ("huber: One, target: label", "compares with numbers, and its target is a class, one of 3", "One"),
        ("contrastive: [pool, pool], target: label", "its target is a class, one of 3", "[pool"),
        (
            "softmax_cross_entropy: Map, target: m",
            "logits at 8x8 positions, and its target is a class_map of 4x4",
            "Map",
        ),
        ("softmax_cross_entropy: Logits, target: label, mask: label", "a `mask` that is a class, one of 3", "label}"),
        ("softmax_cross_entropy: Logits, target: label, ignore: 7", "the classes 0 to 2", "7}"),
        ("sigmoid_cross_entropy: One, target: yes, mask: yes", "", ""),
        ("sigmoid_cross_entropy: One, target: y", "from 0 to 1, and `y` is 1.09091 in example ", "y}"),
        ("sigmoid_cross_entropy: One, target: y, mask: yes", "", ""),
        ("softmax_cross_entropy: Logits, target: label, sample_weight: y", "", ""),
    ],
)
def test_classes_and_sizes_that_the_data_tells_are_held_against_losses(
    loss: str, message: str, value: str, tmp_path: Path
) -> None:
    text = SPEC.replace("LOSS", loss).replace("METRIC", METRIC)
    said = found(tmp_path, text)
    assert [each.code for each in said] == (["AS610"] if message else []), said
    for each in said:
        assert message in each.message and each.span is not None
        assert text.splitlines()[each.span.line - 1][each.span.column - 1 :].startswith(value)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("pair_accuracy: [pool, pool], target: label", "its target is a class, one of 3"),
        ("mean_absolute_error: One, target: label", "its target is a class, one of 3"),
        ("mean_iou: Map, target: m", "a class_map of 4x4"),
        ("accuracy: Logits, target: label, mask: label", "a `mask` that is a class, one of 3"),
        ("accuracy: Logits, target: label, mask: yes", ""),
    ],
)
def test_classes_and_sizes_that_the_data_tells_are_held_against_metrics(
    metric: str, message: str, tmp_path: Path
) -> None:
    loss = "softmax_cross_entropy: Logits, target: label"
    said = found(tmp_path, SPEC.replace("LOSS", loss).replace("METRIC", metric), "eval")
    places = [(each.code, each.span and each.span.line) for each in said]
    assert places == ([("AS610", 14)] if message else []), said
    assert not said or message in said[0].message


TEXT = """archspec: 1
hyperparameters: {known: 2}
inputs: {text: {shape: [5], dtype: int32}}
layers: [table: {embedding: 4, words: $known}, flatten, Logits: {dense: 3}]
train:
  data: {arrays: a.npz, features: {text: {words: text, vocabulary: words.txt, length: 5}, label: {class: label}}}
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: 0.1}
  batch: 4
  steps: 2
"""


def test_vocabulary_that_is_larger_than_the_embedding(tmp_path: Path) -> None:
    (said,) = found(tmp_path, TEXT)
    assert said.code == "AS622" and said.message.startswith("table has vectors for 2 numbers, and `text` has 6")
    assert said.span is not None and (said.span.line, said.span.column) == (2, 26)
    assert said.help is not None and "--set known=6" in said.help
    assert not found(tmp_path, TEXT.replace("known: 2", "known: 6"))


def test_steps_that_do_not_lead_to_the_input_have_a_place(tmp_path: Path) -> None:
    spec = SPEC.replace("LOSS", "softmax_cross_entropy: Logits, target: label").replace("METRIC", METRIC)
    (said,) = found(tmp_path, spec.replace("  optimizer", "  preprocess: [{normalize: [1, 2]}]\n  optimizer"))
    assert said.code == "AS712" and said.span is not None and (said.span.line, said.span.column) == (10, 15)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ("{piecewise: [0.1, 0.01], boundaries: [5000]}", ["the rate changes after 5000 steps, and the training ends"]),
        ("{piecewise: [0.1, 0.01], boundaries: [2]}", []),
        ("{piecewise: [3, 2, 1], boundaries: [3, 50 percent]}", ["has the boundary 50 percent after 3 steps"]),
        ("{exponential: 0.1, factor: 0.1, every: 7}", ["the rate changes after 7 steps, and the training ends"]),
        ("{exponential: 0.1, factor: 0.1, every: 7, staircase: false}", []),
        ("{cosine: 0.1, warmup: 5}", ["the rate grows over 5 steps, and the training ends after 4 steps"]),
        ("{cosine: 0.1, warmup: 4, over: 100}", []),
    ],
)
def test_schedule_that_the_training_ends_before(rate: str, said: list[str], tmp_path: Path) -> None:
    text = SPEC.replace("LOSS", "softmax_cross_entropy: Logits, target: label").replace("METRIC", METRIC)
    findings = Findings()
    text = text.replace("sgd: 0.1", f"sgd: {rate}").replace("steps: 2", "epochs: 1")
    program = compile_file(str(tmp_path / "net.yaml"), findings=findings, text=text)
    assert program is not None and program.train is not None, findings.items
    found = list(late_changes(program.train, 4, 4.0, Places(program.values, {})))
    assert [(each.code, each.severity) for each in found] == [("AS623", "warning")] * len(said)
    for each, message in zip(found, said, strict=True):
        assert message in each.message and each.span is not None and each.span.line == 10
