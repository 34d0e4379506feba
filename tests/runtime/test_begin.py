"""`initialize`: training that starts from the weights of another checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime import checkpoint
from archspec.runtime.begin import _initialize
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step
from archspec.weights.tensors import AVERAGE

TEXT = """archspec: 1
name: Net
inputs: {{image: {{shape: [6, 6, 3]}}}}
layers: [a: {{conv2d: 4, kernel: 3}}, flatten, logits: {{dense: {classes}}}]
train: {{losses: {{main: {{softmax_cross_entropy: logits}}}}, optimizer: {{sgd: 0.1}}, batch: 4, steps: 9{more}}}
"""


def state(classes: int, more: str = "", seed: int = 0) -> Step:
    findings = Findings()
    program = compile_file("net.yaml", findings=findings, text=TEXT.format(classes=classes, more=more))
    assert program is not None and program.train is not None, findings.items
    return Step(lower(program.graph, seed=seed), program.train, Length(9, 3.0))


@pytest.fixture
def trained(tmp_path: Path) -> dict[str, np.ndarray]:
    """A run's weights for two classes in tmp_path/run, with a moving average of one."""
    tensors = {name: np.asarray(value) for name, value in state(2, seed=7).network.table.items()}
    tensors["Net/a/weights" + AVERAGE] = tensors["Net/a/weights"] + 1
    checkpoint.save(tmp_path / "run", 5, tensors, {})
    return tensors


def test_skipped_layers_start_fresh_and_the_others_from_the_averages(
    trained: dict[str, np.ndarray], tmp_path: Path
) -> None:
    began = state(3, f", average: 0.9, initialize: {{checkpoint: {tmp_path}/run, skip: [logits]}}")
    fresh = np.asarray(began.network.table["Net/logits/weights"])
    _initialize(began)
    for found in (began.network.table, began.averages):
        np.testing.assert_array_equal(found["Net/a/weights"], trained["Net/a/weights" + AVERAGE])
        np.testing.assert_array_equal(found["Net/a/biases"], trained["Net/a/biases"])
        np.testing.assert_array_equal(found["Net/logits/weights"], fresh)


def test_what_does_not_fit_is_named_and_nothing_is_loaded(trained: dict[str, np.ndarray], tmp_path: Path) -> None:
    began = state(3, f", initialize: {tmp_path}/run")
    before = np.asarray(began.network.table["Net/a/weights"])
    with pytest.raises(Stop) as caught:
        _initialize(began)
    found = caught.value.diagnostics[0]
    assert found.code == "AS721" and any("Net/logits/weights" in note.message for note in found.notes)
    assert found.help is not None and "skip" in found.help
    np.testing.assert_array_equal(began.network.table["Net/a/weights"], before)
