"""Schedules, losses and optimizers against their formulas in NumPy."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.forms import optimizers, schedules
from archspec.compiler.language.forms.losses.classes import SoftmaxCrossEntropy
from archspec.compiler.language.values import Duration
from archspec.runtime.losses import means, terms
from archspec.runtime.named import Named
from archspec.runtime.optimize import Length, optimizer, schedule

LENGTH = Length(steps=1000, steps_per_epoch=37.5)
FIXED = schedules.Fixed(rate=0.1)


def _exponential(step: int) -> float:
    return float(0.045 * 0.94 ** (step // 75))


CASES: list[tuple[schedules.Schedule, Any]] = [
    (FIXED, lambda step: 0.1),
    (schedules.Exponential(rate=0.045, factor=0.94, every=Duration(2, "epochs")), _exponential),
    (
        schedules.Exponential(rate=0.1, factor=0.5, every=Duration(10, "steps"), staircase=False),
        lambda s: 0.1 * 0.5 ** (s / 10),
    ),
    (schedules.Cosine(rate=0.2), lambda s: 0.1 * (1 + math.cos(math.pi * min(s, 1000) / 1000))),
    (
        schedules.Cosine(rate=0.2, end=0.5, over=Duration(100, "steps")),
        lambda s: 0.2 * (0.5 + 0.25 * (1 + math.cos(math.pi * min(s, 100) / 100))),
    ),
    (
        schedules.Piecewise(rates=(1.0, 0.1, 0.01), boundaries=(Duration(2, "epochs"), Duration(4, "epochs"))),
        lambda s: 1.0 if s <= 75 else 0.1 if s <= 150 else 0.01,
    ),
    (schedules.Polynomial(rate=1.0, end=0.1, power=2.0), lambda s: 0.9 * (1 - min(s, 1000) / 1000) ** 2 + 0.1),
    (schedules.Fixed(rate=0.1, warmup=Duration(50, "steps")), lambda s: 0.1 * min(1.0, s / 50)),
]


@pytest.mark.parametrize(("form", "formula"), CASES, ids=[repr(form) for form, _ in CASES])
def test_schedule_follows_its_formula(form: schedules.Schedule, formula: Any) -> None:
    made = schedule(form, LENGTH)
    for step in (0, 1, 30, 74, 76, 149, 151, 500, 999):
        assert float(made(step)) == pytest.approx(formula(step), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("every", "per_epoch", "steps"),
    [
        (Duration(4, "steps"), 5.0, [4, 8, 12, 16, 20]),
        (Duration(1, "epochs"), 5.0, [5, 10, 15, 20]),
        (Duration(1, "epochs"), 6.1, [7, 13, 19]),
        (Duration(2, "epochs"), 3.75, [8, 15]),
        (Duration(0.1, "epochs"), 30.0, [3, 6, 9, 12, 15, 18]),
        (Duration(1, "epochs"), 0.5, list(range(1, 21))),
    ],
)
def test_something_is_due_in_the_step_that_completes_the_time(
    every: Duration, per_epoch: float, steps: list[int]
) -> None:
    length = Length(20, per_epoch)
    assert [step for step in range(1, 21) if length.due(every, step)] == steps


def test_label_smoothing_spreads_over_all_classes() -> None:
    logits, labels, smoothing = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], np.float32), np.array([0, 2]), 0.1
    target = np.eye(3)[labels] * (1 - smoothing) + smoothing / 3
    expected = -np.mean(np.sum(target * (logits - np.log(np.exp(logits).sum(1, keepdims=True))), 1))
    form = SoftmaxCrossEntropy(logits="x", label_smoothing=smoothing)
    form = form.replace(target="label")
    made = terms(form, Named({"label": tf.constant(labels, tf.int32)}, {}, {"x": tf.constant(logits)}))
    assert float(means({"main": (made.values, made.weights)})["main"]) == pytest.approx(expected, rel=1e-6)


def _momentum(gradients: list[float]) -> float:
    w = velocity = 0.0
    for g in gradients:
        velocity = 0.9 * velocity - 0.1 * g
        w += velocity
    return w


def _rmsprop(gradients: list[float]) -> float:
    """TensorFlow 1's own kernel, with the slots of tf.compat.v1.train.RMSPropOptimizer: ones and zeros."""
    w, square, change = tf.Variable([0.0]), tf.Variable([1.0]), tf.Variable([0.0])
    for g in gradients:
        tf.raw_ops.ResourceApplyRMSProp(
            var=w.handle,
            ms=square.handle,
            mom=change.handle,
            lr=0.1,
            rho=0.8,
            momentum=0.9,
            epsilon=1.0,
            grad=tf.constant([g]),
        )
    return float(w[0])


def _adam(gradients: list[float]) -> float:
    w = m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (math.sqrt(v) + 1e-7)
    return w


@pytest.mark.parametrize(
    ("form", "formula"),
    [
        (optimizers.Sgd(rate=FIXED, momentum=0.9), _momentum),
        (optimizers.RmsProp(rate=FIXED, decay=0.8, momentum=0.9, epsilon=1.0), _rmsprop),
        (optimizers.Adam(rate=FIXED), _adam),
    ],
    ids=["momentum", "rmsprop", "adam"],
)
def test_optimizer_makes_the_step_of_its_formula(form: optimizers.Optimizer, formula: Any) -> None:
    variable, gradients = keras.Variable([0.0]), [0.5, -2.0, 1.5]
    made = optimizer(form, LENGTH)
    for gradient in gradients:
        made.apply([tf.constant([gradient])], [variable])
    assert float(variable.numpy()[0]) == pytest.approx(formula(gradients), rel=1e-5)
