"""Ops whose gradient is not that of what they compute, and first values of variables that a formula gives."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.ops.gates import ScaleGradient
from archspec.compiler.language.ops.gdn import Gdn
from tests.runtime.op_site import Site, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("factor", [0.25, 1.0, -2.0])
def test_scale_gradient_scales_what_comes_back_alone(factor: float) -> None:
    op, x = ScaleGradient(factor=factor), tf.Variable([[1.0, -3.0]])
    with tf.GradientTape() as tape:
        y = run(op, Site(op, ((2,),)), tf.convert_to_tensor(x))
        loss = tf.reduce_sum(y**2)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_allclose(tape.gradient(loss, x), factor * 2 * x.numpy(), rtol=1e-6)


def test_scale_gradient_of_0_stops_it() -> None:
    op, x = ScaleGradient(factor=0.0), tf.Variable([[1.0, -3.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(run(op, Site(op, ((2,),)), tf.convert_to_tensor(x)) ** 2)
    assert tape.gradient(loss, x) is None


def test_gdn_begins_with_beta_1_and_gamma_a_tenth_of_the_identity() -> None:
    op = Gdn()
    site = Site(op, ((3,),))
    for variable in op.variables((3,)):
        site.weights[variable.name].assign(variable.initializer.lower(tf, variable.shape, tf.constant([0, 0])))
    x = np.array([[1.0, -2.0, 3.0]], np.float32)
    np.testing.assert_allclose(run(op, site, tf.constant(x)), x / np.sqrt(1 + 0.1 * x**2), rtol=1e-5)


@pytest.mark.parametrize("raises", [True, False])
def test_gdn_below_its_bound_takes_only_gradients_that_raise_it(raises: bool) -> None:
    op = Gdn(inverse=True, beta_min=0.25)
    site = Site(op, ((2,),))
    site.weights["reparam_beta"].assign([0.1, 2.0])
    x = tf.constant([[1.0, 1.0]])
    with tf.GradientTape() as tape:
        y = run(op, site, x)
        # A step against the gradient makes the output larger, and with it beta, or smaller.
        loss = tf.reduce_sum(-y if raises else y)
    first, second = tape.gradient(loss, site.weights["reparam_beta"]).numpy()
    gamma = site.arrays()["reparam_gamma"]
    np.testing.assert_allclose(y[0, 0], np.sqrt(0.25 + (gamma[:, 0] ** 2).sum()), rtol=1e-4)
    assert (first < 0) if raises else first == 0
    assert second != 0
