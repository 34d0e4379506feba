"""Networks in 16 bits: what is kept and handed out in float32, gradients, moving averages, shared variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower
from tests.runtime.op_site import Array

pytestmark = pytest.mark.slow

SPEC = """archspec: 1
name: Net
hyperparameters: {type: float32}
inputs: {image: {shape: [16, 16, 3]}}
defaults:
  conv2d: {kernel: 3, norm: batch_norm, activation: relu, l2: 1e-3}
  batch_norm: {decay: 0.9}
layers:
- halves: {cast: $type}
- stem: {conv2d: 8}
- first: {conv2d: 8}
- again: {conv2d: 8, share: first}
- gate: [pool: {global_avg_pool, keep: true}, weights: {conv2d: 8, kernel: 1, norm: null, activation: sigmoid}]
- gated: {multiply: [again, gate]}
- pool: global_avg_pool
- Logits: {dense: 5}
- Predictions: softmax
"""


@dataclass(frozen=True)
class Step:
    """What one step of training makes."""

    outputs: dict[str, Any]
    gradients: dict[str, Array]
    updates: dict[str, Any]


def network(dtype: str) -> Network:
    findings = Findings()
    program = compile_file("net.yaml", text=SPEC, settings={"type": dtype}, findings=findings)
    assert program is not None, findings.items
    return lower(program.graph, seed=4)


def step(made: Network) -> Step:
    """A forward and backward pass over a fixed batch, in a tf.function as training has it."""
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 3)).astype("float32")
    trained = {name: v for name, v in made.table.items() if v.trainable}

    @tf.function
    def run() -> Any:
        values = [variable.value for variable in trained.values()]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            forward = made.forward(images, ["Logits", "Predictions"], training=True, seed=tf.constant([1, 2]))
            logits = forward.outputs["Logits"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2, 3, 4, 0, 1, 2], logits)
            loss = tf.cast(tf.reduce_mean(losses), tf.float32) + made.regularization_loss()
        return forward.outputs, tape.gradient(loss, values), forward.updates

    outputs, gradients, updates = run()
    return Step(outputs, dict(zip(trained, gradients, strict=True)), updates)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_variables_gradients_averages_and_what_is_handed_out_are_float32(dtype: str) -> None:
    made, reference = network(dtype), network("float32")
    assert {variable.dtype for variable in made.table.values()} == {"float32"}
    assert made.graph.dtype("again") == dtype
    for name, value in reference.table.items():
        np.testing.assert_array_equal(made.table[name], value)
    found, wanted = step(made), step(reference)
    tolerance = 0.04 if dtype == "float16" else 0.1
    assert set(found.updates) == set(wanted.updates)
    for theirs, ours in (
        (wanted.outputs, found.outputs),
        (wanted.gradients, found.gradients),
        (wanted.updates, found.updates),
    ):
        for name, value in theirs.items():
            assert ours[name].dtype == tf.float32, name
            size = np.linalg.norm(value)
            assert np.linalg.norm(ours[name] - value) <= tolerance * (size + 0.01), (name, size)
    shared = "Net/first/weights"
    assert shared in found.gradients
    assert "Net/again/weights" not in made.table


def test_float64_computes_in_float64_with_the_same_variables() -> None:
    findings = Findings()
    text = SPEC.replace("norm: batch_norm, ", "norm: layer_norm, ").replace("  batch_norm: {decay: 0.9}\n", "")
    program = compile_file("net.yaml", text=text, settings={"type": "float64"}, findings=findings)
    assert program is not None, findings.items
    found = step(lower(program.graph, seed=4))
    assert {gradient.dtype for gradient in found.gradients.values()} == {tf.float32}
    assert found.outputs["Logits"].dtype == tf.float64
