"""Ops that do something else when they train: batch norm, and what drops at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.op import Op
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.dropout import Dropout, DropPath
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


@pytest.mark.parametrize("clipping", [{}, {"r_min": 0.8, "r_max": 1.2, "d_max": 0.3}], ids=str)
def test_batch_renorm_is_keras_layer(clipping: dict[str, float]) -> None:
    op, shape = BatchNorm(decay=0.9, renorm=True, renorm_decay=0.8, **clipping), (7, 5, 4)
    (x,) = inputs_of(Case(op, (shape,)))
    theirs = {f"{name[0]}{name[2:]}": value for name, value in clipping.items()}
    layer: Any = tf.keras.layers.BatchNormalization(
        momentum=0.9, renorm=True, renorm_momentum=0.8, renorm_clipping=theirs or None
    )
    layer.build((None, *shape))
    site = Site(op, (shape,), training=True)
    names = ["gamma", "beta", "moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev"]
    assert sorted(v.name for v in layer.weights) == sorted(names)
    for variable in layer.weights:
        variable.assign(site.weights[variable.name])
    weights = [site.weights[name] for name in ("gamma", "beta")]
    for _ in range(3):
        with tf.GradientTape() as ours, tf.GradientTape() as other:
            both = tf.constant(x), tf.constant(x)
            ours.watch(both[0])
            other.watch(both[1])
            y, expected = run(op, site, both[0]), layer(both[1], training=True)
            losses = tf.reduce_sum(tf.sin(y)), tf.reduce_sum(tf.sin(expected))
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
        found = ours.gradient(losses[0], [both[0], *weights])
        wanted = other.gradient(losses[1], [both[1], layer.gamma.value, layer.beta.value])
        for one, right in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, right, rtol=1e-3, atol=1e-3)
        for variable in layer.weights:
            np.testing.assert_allclose(site.weights[variable.name], variable.value, rtol=1e-4, err_msg=variable.name)


def test_synchronized_batch_norm_on_one_rank_is_batch_norm() -> None:
    sites = []
    for synchronized in (False, True):
        op = BatchNorm(decay=0.9, synchronized=synchronized)
        site, (x,) = Site(op, ((5, 6, 4),), training=True), inputs_of(Case(op, ((5, 6, 4),)))
        sites.append((run(op, site, tf.constant(x)), site.arrays()))
    np.testing.assert_allclose(sites[0][0], sites[1][0], rtol=1e-4, atol=1e-4)
    for name, value in sites[0][1].items():
        np.testing.assert_allclose(value, sites[1][1][name], rtol=1e-5)


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
