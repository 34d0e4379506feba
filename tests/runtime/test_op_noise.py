"""What the ops that are random in training draw: how much, from which distribution, and for what at once."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.op import Op
from archspec.compiler.language.ops.dropout import Dropout, DropPath
from archspec.compiler.language.ops.noise import AlphaDropout, GaussianDropout, GaussianNoise
from tests.runtime.op_site import Array, Site, run

pytestmark = pytest.mark.slow


def trained(op: Op, x: Array, steps_done: float = 2.0) -> Array:
    class Later(Site):
        def steps_done(self) -> tf.Tensor:
            return tf.constant(steps_done)

    found: Array = run(op, Later(op, (x.shape[1:],), training=True), tf.constant(x)).numpy()
    return found


def test_dropout_of_channels_drops_whole_channels_of_an_example() -> None:
    y = trained(Dropout(rate=0.25, of="channels"), np.ones((40, 5, 6, 50), np.float32)).reshape(40, 30, 50)
    assert (y == y[:, :1]).all()
    assert np.unique(y).tolist() == pytest.approx([0, 1 / 0.75])
    assert (y[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.03)
    assert not np.array_equal(y[0], y[1])


@pytest.mark.parametrize(("done", "part"), [(0, 0.0), (100, 0.25), (200, 0.5), (1000, 0.5)])
def test_drop_path_grows_with_the_steps(done: int, part: float) -> None:
    y = trained(DropPath(rate=0.5, steps=200), np.ones((4000, 2, 3), np.float32), done)
    assert (y[:, 0, 0] == 0).mean() == pytest.approx(part, abs=0.03)
    assert y.max() == pytest.approx(1 / (1 - part))


def test_gaussian_noise_is_added() -> None:
    y = trained(GaussianNoise(stddev=0.3), np.full((100, 100, 10), 7.0, np.float32))
    assert y.mean() == pytest.approx(7, abs=0.01)
    assert y.std() == pytest.approx(0.3, abs=0.01)


def test_gaussian_dropout_has_mean_and_variance_of_dropout() -> None:
    x = np.full((100, 100, 10), 2.0, np.float32)
    for op in (Dropout(rate=0.2), GaussianDropout(rate=0.2)):
        y = trained(op, x)
        assert y.mean() == pytest.approx(2, abs=0.02)
        assert y.std() == pytest.approx(2 * np.sqrt(0.2 / 0.8), abs=0.02)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate: float) -> None:
    x = np.random.default_rng(0).normal(size=(100, 100, 20)).astype(np.float32)
    y = trained(AlphaDropout(rate=rate), x)
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(rate, abs=0.01)
    assert values[counts.argmax()] < 0
