"""Ops that do something else when they train: batch norm, and what drops at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.op import Op
from archspec.compiler.language.ops.dropout import Dropout, DropPath
from archspec.compiler.language.ops.norm import BatchNorm
from tests.cases.ops import Case
from tests.runtime.op_site import Site, inputs_of, run

pytestmark = pytest.mark.slow


def test_batch_norm_trains_on_the_batch_and_moves_the_averages() -> None:
    op, shape = BatchNorm(decay=0.9), (5, 6, 4)
    site, (x,) = Site(op, (shape,), training=True), inputs_of(Case(op, (shape,)))
    before = site.arrays()
    y = run(op, site, tf.constant(x))
    x = x.astype(np.float64)
    mean, biased, unbiased = x.mean((0, 1, 2)), x.var((0, 1, 2)), x.var((0, 1, 2), ddof=1)
    normal = (x - mean) / np.sqrt(biased + op.epsilon)
    np.testing.assert_allclose(y, normal * before["gamma"] + before["beta"], rtol=1e-4, atol=1e-5)
    after = site.arrays()
    np.testing.assert_allclose(after["moving_mean"], before["moving_mean"] * 0.9 + mean * 0.1, rtol=1e-5)
    np.testing.assert_allclose(after["moving_variance"], before["moving_variance"] * 0.9 + unbiased * 0.1, rtol=1e-5)


def test_batch_norm_averages_faster_at_first_if_asked() -> None:
    (x,) = inputs_of(Case(BatchNorm(), ((5, 6, 4),)))
    for limit, decay in ((0.9, (1 + 2) / (10 + 2)), (0.1, 0.1)):
        op = BatchNorm(decay=limit, warmup=True)
        site = Site(op, ((5, 6, 4),), training=True)
        before = site.arrays()
        run(op, site, tf.constant(x))
        mean = before["moving_mean"] * decay + x.mean((0, 1, 2)) * (1 - decay)
        np.testing.assert_allclose(site.arrays()["moving_mean"], mean, rtol=1e-4, atol=1e-5)


def test_batch_norm_of_vectors_is_that_of_maps() -> None:
    op = BatchNorm()
    (x,) = inputs_of(Case(op, ((6,),)), batch=16)
    vectors, maps = Site(op, ((6,),), True), Site(op, ((4, 4, 6),), True)
    y = run(op, vectors, tf.constant(x))
    z = run(op, maps, tf.reshape(tf.constant(x), (1, 4, 4, 6)))
    np.testing.assert_allclose(y, tf.reshape(z, (16, 6)), rtol=1e-5, atol=1e-5)
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(vectors.weights[name], maps.weights[name], rtol=1e-5)


def test_batch_norm_is_keras_layer_in_both_modes() -> None:
    op, shape = BatchNorm(decay=0.99, epsilon=0.01), (7, 5, 4)
    (x,) = inputs_of(Case(op, (shape,)))
    layer = tf.keras.layers.BatchNormalization(momentum=0.99, epsilon=0.01)
    layer.build((None, *shape))
    for training in (True, False):
        site = Site(op, (shape,), training)
        layer.set_weights([site.weights[n].numpy() for n in ("gamma", "beta", "moving_mean", "moving_variance")])
        np.testing.assert_allclose(run(op, site, tf.constant(x)), layer(x, training=training), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rate", [0.2, 0.75])
def test_dropout_drops_values_and_keeps_the_mean(rate: float) -> None:
    op = Dropout(rate=rate)
    y = run(op, Site(op, ((100, 100, 4),), training=True), tf.ones((2, 100, 100, 4))).numpy()
    assert np.unique(y).tolist() == pytest.approx([0, 1 / (1 - rate)])
    assert (y == 0).mean() == pytest.approx(rate, abs=0.01)
    assert not np.array_equal(y[0], y[1])


def test_drop_path_drops_whole_examples() -> None:
    op = DropPath(rate=0.25)
    y = run(op, Site(op, ((3, 3, 2),), training=True), tf.ones((4000, 3, 3, 2))).numpy()
    flat = y.reshape(4000, -1)
    assert (flat == flat[:, :1]).all()
    assert np.unique(flat).tolist() == pytest.approx([0, 1 / 0.75])
    assert (flat[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("op", [Dropout(rate=0.5), DropPath(rate=0.5)], ids=repr)
def test_random_ops_follow_the_seed(op: Op) -> None:
    class Other(Site):
        def seed(self) -> Any:
            return tf.constant([5, 8])

    x, shapes = tf.ones((64, 2, 2, 3)), ((2, 2, 3),)
    first = run(op, Site(op, shapes, True), x)
    np.testing.assert_array_equal(first, run(op, Site(op, shapes, True), x))
    assert not np.array_equal(first, run(op, Other(op, shapes, True), x))
