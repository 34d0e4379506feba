"""Every op in the types of numbers that it takes: float16, bfloat16 and float64, against itself in float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.op import FLOATS
from archspec.compiler.language.ops.cast import Cast
from archspec.compiler.language.ops.merge import Multiply
from tests.cases.ops import CASES, Case
from tests.runtime.op_site import Site, inputs_of, lowered, takes

pytestmark = pytest.mark.slow

ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float64": 2.0**-20}
"""By how much of itself a number is rounded at most; for float64, what float32 has lost of sums."""

ROUNDINGS = {"attention": 48, "gru": 8}
"""Tolerance in roundings, where it is not 4: an exponential of scores as large as 60 and gates near their ends make
more of them."""

COMPUTING = [case for case in CASES if set(FLOATS) & set(case.op.DTYPES) and not isinstance(case.op, Cast)]
each_case = pytest.mark.parametrize("case", COMPUTING, ids=str)


@dataclass(frozen=True)
class Made:
    """What an op makes in one type, and the gradients of a sum of it."""

    outputs: Sequence[Any]
    updates: dict[str, Any]
    of_inputs: Sequence[Any]
    of_weights: Sequence[Any]


def made(case: Case, dtype: str, rounded: str, training: bool) -> Made:
    """The op in one type, on inputs that another type can hold."""
    site = Site(case.op, case.inputs, training)
    xs = [tf.cast(tf.cast(x, rounded), dtype) for x in inputs_of(case)]
    weights = [site.weights[name] for name in site.trainable]
    with tf.GradientTape() as tape:
        tape.watch(xs)
        found = lowered(case.op, site, *xs)
        factors = [np.random.default_rng(i).normal(size=y.shape) for i, y in enumerate(found.outputs)]
        loss = tf.add_n([tf.reduce_sum(tf.cast(y, "float64") * f) for y, f in zip(found.outputs, factors, strict=True)])
    gradients = tape.gradient(loss, [*xs, *weights], unconnected_gradients="zero")
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
    return Made(found.outputs, found.updates, gradients[: len(xs)], gradients[len(xs) :])


def near(found: Any, wanted: Any, tolerance: float, largest: float = 0.0) -> None:
    """Every number within a part of the largest one."""
    found, wanted = np.asarray(tf.cast(found, "float64")), np.asarray(tf.cast(wanted, "float64"))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * max(np.abs(wanted).max(initial=0.0), largest))


@each_case
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", list(ROUNDING))
def test_every_type_comes_near_to_float32(case: Case, training: bool, dtype: str) -> None:
    """Outputs in their type, within four roundings of the largest; gradients and moving averages likewise."""
    if not takes(case.op, dtype):
        assert dtype == "float64", "an op without a kernel in 16 bits computes in full precision"
        pytest.skip("has no kernel")
    rounded = "float32" if dtype == "float64" else dtype
    found, wanted = (made(case, each, rounded, training) for each in (dtype, "float32"))
    assert {y.dtype.name for y in found.outputs} == {case.op.dtype(*[dtype] * len(case.inputs))}
    assert {g.dtype.name for g in found.of_inputs} == {dtype}
    assert {g.dtype.name for g in (*found.of_weights, *found.updates.values())} <= {"float32"}
    if dtype == "float64" and training and (case.op.TRAINING_ONLY or getattr(case.op, "dropout_rate", 0.0) > 0):
        return  # other numbers are drawn in float64
    tolerance = ROUNDINGS.get(case.op.NAME, 4) * ROUNDING[dtype]
    for one, other in zip(found.outputs, wanted.outputs, strict=True):
        near(one, other, tolerance)
    for name, value in found.updates.items():
        near(value, wanted.updates[name], tolerance)
    everything = [*wanted.of_inputs, *wanted.of_weights]
    largest = max(float(tf.reduce_max(tf.abs(tf.cast(g, "float64")))) for g in everything)
    for one, other in zip([*found.of_inputs, *found.of_weights], everything, strict=True):
        near(one, other, tolerance, largest)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("given", [*FLOATS, "uint8", "int64", "bool"])
def test_cast_is_tensorflows(given: str, dtype: str) -> None:
    x = tf.cast(tf.constant([0.0, 1.0, 3.0, 200.0]), given)
    (y,) = lowered(Cast(to=dtype), Site(Cast(to=dtype), ((4,),)), x).outputs
    assert y.dtype.name == dtype
    np.testing.assert_array_equal(tf.cast(y, "float32"), tf.cast(x, "float32"))


def first_of_each(cases: Sequence[Case]) -> list[Case]:
    """The first case of each op that has trained variables."""
    trained = [case for case in cases if any(v.trainable for v in case.op.variables(*case.inputs))]
    return list({case.op.NAME: case for case in reversed(trained)}.values())[::-1]


@pytest.mark.parametrize("case", [*first_of_each(COMPUTING), Case(Multiply(), ((9, 8, 4), (1, 1, 4)))], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_gradients_are_sums_over_many_positions(case: Case, dtype: str) -> None:
    """Sums of thousands of numbers of one sign, which 16 bits stop counting at 256 (bfloat16) or 2048 (float16)."""
    site = Site(case.op, case.inputs, training=True)
    inputs = [np.abs(x) / 4 for x in inputs_of(case, batch=600)]
    weights = [site.weights[name] for name in site.trainable]
    found = []
    for each in (dtype, "float32"):
        xs = [tf.cast(tf.cast(x, dtype), each) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(xs)
            outputs = lowered(case.op, site, *xs).outputs
            # As a mean over the batch makes them, small and alike.
            loss = tf.add_n([tf.reduce_sum(tf.cast(y, "float32")) for y in outputs]) / 16
        found.append([tf.convert_to_tensor(g) for g in tape.gradient(loss, [*weights, *xs[1:]])])
    largest = max(float(tf.reduce_max(tf.abs(g))) for g in found[1])
    for one, other in zip(*found, strict=True):
        near(one, other, 2 * ROUNDINGS.get(case.op.NAME, 4) * ROUNDING[dtype], largest)
