"""A block in the place of a norm or an activation computes what its layers do, and its variables train as theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower

pytestmark = pytest.mark.slow

Arrays = dict[str, np.ndarray]
SPEC = """archspec: 1
name: Net
inputs: {image: {shape: [4, 5, 3]}}
blocks:
  normed: {parameters: {factor: 2.0}, layers: [batch: {batch_norm, decay: 0.9}, times: {multiply: $factor}]}
  gate:
    parameters: {power: 1.0}
    defaults: {conv2d: {norm: null, activation: null}}
    layers: [x: {conv2d: $(channels(input)), l2: 0.1}, y: sigmoid, z: {multiply: $power}, out: {multiply: [input, z]}]
defaults: {conv2d: {kernel: 1, norm: {block: normed, factor: 3.0}, activation: {block: gate}}, gate: {power: 0.5}}
layers:
- a: {conv2d: 3}
- b: {conv2d: 3, share: a}
- c: {conv2d: 2, norm: {block: normed}, activation: null}
- d: {conv2d: 2, norm: null, activation: {block: gate, power: 2.0}}
"""
NAMES = {
    **{f"Net/{layer}/weights": (1, 1, *sizes) for layer, sizes in (("a", (3, 3)), ("c", (3, 2)), ("d", (2, 2)))},
    "Net/d/biases": (2,),
    **{
        f"Net/{layer}/normed/batch/{leaf}": (size,)
        for layer, size in (("a", 3), ("c", 2))
        for leaf in ("gamma", "beta", "moving_mean", "moving_variance")
    },
    **{f"Net/{layer}/gate/x/weights": (1, 1, size, size) for layer, size in (("a", 3), ("d", 2))},
    **{f"Net/{layer}/gate/x/biases": (size,) for layer, size in (("a", 3), ("d", 2))},
}


@pytest.fixture
def network() -> Network:
    findings = Findings()
    program = compile_file("net.yaml", findings=findings, text=SPEC)
    assert program is not None and findings.items == []
    made, draw = lower(program.graph), np.random.default_rng(0)
    for variable in made.table.values():
        variable.assign(draw.uniform(0.5, 1.5, variable.shape))
    return made


IMAGES = np.random.default_rng(1).normal(size=(6, 4, 5, 3)).astype(np.float32)


def gated(x: np.ndarray, w: Arrays, layer: str, power: float) -> np.ndarray:
    inside = x @ w[f"Net/{layer}/gate/x/weights"][0, 0] + w[f"Net/{layer}/gate/x/biases"]
    return x * power / (1 + np.exp(-inside))


def normed(x: np.ndarray, w: Arrays, layer: str, factor: float, training: bool) -> np.ndarray:
    """Also puts the new moving averages into the weights, as a training step does."""
    leaf = f"Net/{layer}/normed/batch"
    mean, variance = w[f"{leaf}/moving_mean"], w[f"{leaf}/moving_variance"]
    if training:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        count = x[..., 0].size
        w[f"{leaf}/moving_mean"] = 0.9 * w[f"{leaf}/moving_mean"] + 0.1 * mean
        w[f"{leaf}/moving_variance"] = 0.9 * w[f"{leaf}/moving_variance"] + 0.1 * variance * count / (count - 1)
    normal = (x - mean) / np.sqrt(variance + 0.001)
    return factor * (normal * w[f"{leaf}/gamma"] + w[f"{leaf}/beta"])


def expected(w: Arrays, training: bool) -> np.ndarray:
    x = IMAGES.astype(np.float64)
    for _ in "ab":
        x = gated(normed(x @ w["Net/a/weights"][0, 0], w, "a", 3.0, training), w, "a", 0.5)
    x = normed(x @ w["Net/c/weights"][0, 0], w, "c", 2.0, training)
    return gated(x @ w["Net/d/weights"][0, 0] + w["Net/d/biases"], w, "d", 2.0)


def weights(network: Network) -> Arrays:
    return {name: np.asarray(variable, np.float64) for name, variable in network.table.items()}


def test_variables_are_named_below_the_layer_and_the_block(network: Network) -> None:
    assert {name: tuple(variable.shape) for name, variable in network.table.items()} == NAMES
    moving = {name for name, variable in network.table.items() if not variable.trainable}
    assert moving == {name for name in NAMES if "/moving_" in name}


@pytest.mark.parametrize("training", [False, True])
def test_output_and_moving_averages_are_numpys(network: Network, training: bool) -> None:
    w = weights(network)
    made: Any = network.forward(IMAGES, ["d"], training, tf.constant([0, 1]))
    np.testing.assert_allclose(made.outputs["d"], expected(w, training), rtol=1e-4, atol=1e-5)
    assert set(made.updates) == ({name for name in NAMES if "/moving_" in name} if training else set())
    for name, value in made.updates.items():
        np.testing.assert_allclose(value, w[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_gradients_and_penalties_reach_the_variables_of_a_block(network: Network) -> None:
    trained = [variable for variable in network.table.values() if variable.trainable]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network.forward(IMAGES, ["d"], True, tf.constant([0, 1])).outputs["d"] ** 2)
    for variable, gradient in zip(trained, tape.gradient(loss, [v.value for v in trained]), strict=True):
        assert gradient is not None and np.any(gradient), variable.path
    w = weights(network)
    penalty = sum(0.05 * (w[f"Net/{layer}/gate/x/weights"] ** 2).sum() for layer in "ad")
    assert float(network.regularization_loss()) == pytest.approx(penalty, rel=1e-5)
