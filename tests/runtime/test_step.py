"""One training step: what it changes, what it leaves, and what it counts."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.failures import not_finite
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step

TEXT = """archspec: 1
name: Net
inputs: {{image: {{shape: [6, 6, 3]}}}}
defaults: {{conv2d: {{kernel: 3, norm: batch_norm, activation: relu}}, batch_norm: {{decay: 0.9}}}}
layers: [a: {{conv2d: 4}}, b: {{conv2d: 4}}, flatten, logits: {{dense: 2}}]
train: {{losses: {{main: {{softmax_cross_entropy: logits}}}}, optimizer: {{sgd: 0.1}}, batch: 4, steps: 9{}}}
"""


def made(more: str = "", optimizer: str = "{sgd: 0.1}") -> Step:
    findings = Findings()
    program = compile_file("net.yaml", findings=findings, text=TEXT.format(more).replace("{sgd: 0.1}", optimizer))
    assert program is not None and program.train is not None, findings.items
    return Step(lower(program.graph), program.train, Length(9, 3.0))


def run(step: Step, scale: float = 1.0) -> dict[str, float]:
    draw = np.random.default_rng(0)
    images = tf.constant(draw.normal(size=(4, 6, 6, 3)) * scale, tf.float32)
    seed = tf.constant([0, step.steps_done], tf.int32)
    batch = {"image": images, "label": tf.constant([0, 1, 1, 0])}
    return step.run(batch, seed, tf.zeros([2]))


def values(step: Step) -> dict[str, np.ndarray]:
    return {name: np.asarray(variable) for name, variable in step.network.table.items()}


def test_gradients_are_clipped_by_their_global_norm() -> None:
    free, clipped = made(), made(", clip_norm: 0.01")
    before = values(free)
    norm = run(free)["gradient_norm"]
    assert run(clipped)["gradient_norm"] == norm > 0.01
    for name, variable in free.network.table.items():
        if variable.trainable:
            step = np.asarray(variable) - before[name]
            short = np.asarray(clipped.network.table[name]) - before[name]
            np.testing.assert_allclose(short, step * 0.01 / norm, rtol=1e-3, atol=1e-7)


def test_frozen_layers_stay_and_the_others_learn() -> None:
    step = made(", freeze: [a]")
    before = values(step)
    run(step)
    changed = {name for name, value in values(step).items() if not np.array_equal(value, before[name])}
    assert {"Net/b/weights", "Net/b/BatchNorm/gamma", "Net/b/BatchNorm/moving_mean", "Net/logits/weights"} <= changed
    assert [name for name in changed if name.startswith("Net/a/")] == []


def test_batch_norm_of_a_frozen_layer_uses_its_moving_averages() -> None:
    step, images = made(", freeze: [a]"), tf.constant(np.random.default_rng(1).normal(size=(4, 6, 6, 3)), tf.float32)
    seed = tf.zeros([2], tf.int32)
    found = {training: step.network.forward(images, ["a", "b"], training, seed).outputs for training in (False, True)}
    np.testing.assert_array_equal(found[True]["a"], found[False]["a"])
    assert np.abs(found[True]["b"] - found[False]["b"]).max() > 0.1


@pytest.mark.parametrize(
    "optimizer", ["{{sgd: {rate}, momentum: 0.9}}", "{{rmsprop: {rate}, momentum: 0.9}}", "{{adam: {rate}}}"]
)
def test_a_scaled_layer_moves_as_under_an_optimizer_of_the_scaled_rate(optimizer: str) -> None:
    """Only the logits learn, so that their gradients are the same in both."""
    freeze = ", freeze: [a, b]"
    scaled = made(f"{freeze}, scale: {{logits: 0.5, log*: 0.2}}", optimizer.format(rate=0.02))
    slow = made(freeze, optimizer.format(rate=0.002))
    plain = made(freeze, optimizer.format(rate=0.02))
    for _ in range(5):
        for step in (scaled, slow, plain):
            run(step)
    for name in ("Net/logits/weights", "Net/logits/biases"):
        found, expected, unlike = (values(step)[name] for step in (scaled, slow, plain))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
        assert np.abs(found - unlike).max() > 1e-3


def test_averages_follow_tf_slims_formula_for_all_variables() -> None:
    step = made(", average: 0.9")
    expected = values(step)
    for number in range(1, 4):
        run(step)
        decay = min(0.9, (1 + number) / (10 + number))
        expected = {name: decay * expected[name] + (1 - decay) * value for name, value in values(step).items()}
    assert step.averages.keys() == expected.keys()
    for name, average in step.averages.items():
        np.testing.assert_allclose(average, expected[name], rtol=1e-5, atol=1e-6)


def test_nothing_is_applied_when_the_loss_is_not_finite() -> None:
    step = made()
    before = values(step)
    assert not np.isfinite(run(step, scale=float("inf"))["loss"])
    # Moving averages too: a forward pass assigns nothing.
    assert all(np.array_equal(before[name], value) for name, value in values(step).items())
    assert step.steps_done == 0


def test_layer_that_overflows_is_named_and_nothing_changes() -> None:
    text = TEXT.format("").replace("layers: [a:", "layers: [square: {multiply: [image, image]}, a:")
    program = compile_file("net.yaml", findings=Findings(), text=text)
    assert program is not None and program.train is not None
    step = Step(lower(program.graph), program.train, Length(9, 3.0))
    before, seed = values(step), tf.zeros([2], tf.int32)
    batch = {"image": np.full((4, 6, 6, 3), 1e25, np.float32), "label": np.array([0, 1, 1, 0], np.int32)}
    loss = step.run(batch, seed, tf.zeros([2]))["loss"]
    assert not np.isfinite(loss)
    assert all(np.array_equal(before[name], value) for name, value in values(step).items())
    [diagnostic] = not_finite(step, batch, seed, 1, loss).diagnostics
    assert "the first layer with a NaN or infinity is square" in diagnostic.message
    assert diagnostic.span is not None and diagnostic.span.line == 5
