"""`minimize` makes small what layers compute: a divergence, and what a critic says, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step

pytestmark = pytest.mark.slow

SPEC = """archspec: 1
name: Net
inputs: {x: {shape: [3]}}
layers: [mean: {dense: 4}]
heads: {far: {from: mean, layers: [squares: {pow: 2}, half: {multiply: 0.5}]}}
train:
  data: {arrays: d.npz, features: {x: {numbers: [x], count: 3}, known: {number: k}}}
  losses: {far: {minimize: far, weight: 2, mask: known}}
  optimizer: {sgd: 0.1}
  batch: 4
  steps: 9
"""


def test_mean_of_what_layers_compute_becomes_small() -> None:
    findings, draw = Findings(), np.random.default_rng(0)
    program = compile_file("net.yaml", findings=findings, text=SPEC)
    assert program is not None and program.train is not None, findings.items
    step = Step(lower(program.graph), program.train, Length(9, 3.0))
    known = np.array([1, 0, 1, 1], np.float32)
    batch = {"x": draw.normal(size=(4, 3)).astype(np.float32), "known": known, "index": np.arange(4)}
    before = {name: np.asarray(variable) for name, variable in step.network.table.items()}
    found = step.run(batch, tf.constant([0, 0], tf.int32), tf.zeros([2]))
    mean = batch["x"] @ before["Net/mean/weights"] + before["Net/mean/biases"]
    far = (0.5 * mean**2 * known[:, None]).sum() / (4 * known.sum())
    assert found["loss"] == pytest.approx(2 * far, rel=1e-5)
    slope = 2 * mean * known[:, None] / (4 * known.sum())
    expected = before["Net/mean/weights"] - 0.1 * batch["x"].T @ slope
    np.testing.assert_allclose(step.network.table["Net/mean/weights"], expected, rtol=1e-5, atol=1e-6)
