"""First values of variables: their distributions, and what Keras has for the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.forms import initializers as forms
from archspec.compiler.language.forms.matrix_initializers import Dirac, Orthogonal, Values

pytestmark = pytest.mark.slow

SEED = tf.constant([3, 4])
KERNEL = (3, 5, 40, 60)
FAN_IN, FAN_OUT = 600, 900
KERAS = {
    "lecun_normal": (forms.LecunNormal(), keras.initializers.LecunNormal),
    "lecun_uniform": (forms.LecunUniform(), keras.initializers.LecunUniform),
    "he_uniform": (forms.HeUniform(), keras.initializers.HeUniform),
    "glorot_uniform": (forms.GlorotUniform(), keras.initializers.GlorotUniform),
    "random_normal": (forms.RandomNormal(stddev=0.1), lambda seed: keras.initializers.RandomNormal(0, 0.1, seed)),
    "variance_scaling": (
        forms.VarianceScaling(factor=2.0, mode="fan_out", correction=1.2924216),
        lambda seed: keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal", seed),
    ),
    "untruncated": (
        forms.VarianceScaling(factor=3.0, mode="fan_average", distribution="normal"),
        lambda seed: keras.initializers.VarianceScaling(3.0, "fan_avg", "untruncated_normal", seed),
    ),
}


@pytest.mark.parametrize("name", KERAS)
def test_distributions_are_keras(name: str) -> None:
    form, theirs = KERAS[name]
    ours, other = form.lower(tf, KERNEL, SEED).numpy(), np.asarray(theirs(seed=1)(KERNEL))
    assert ours.std() == pytest.approx(other.std(), rel=0.01)
    assert np.abs(ours).mean() == pytest.approx(np.abs(other).mean(), rel=0.01)
    assert abs(ours.mean()) < 0.02 * ours.std()
    if name != "random_normal" and name != "untruncated":
        assert np.abs(ours).max() == pytest.approx(np.abs(other).max(), rel=0.01)


@pytest.mark.parametrize(
    ("form", "variance"),
    [
        (forms.HeNormal(), 2 / FAN_IN),
        (forms.GlorotNormal(), 2 / (FAN_IN + FAN_OUT)),
        (forms.VarianceScaling(factor=0.5, mode="fan_out"), 0.5 / FAN_OUT),
    ],
    ids=repr,
)
def test_cut_normals_are_tf_slims(form: Any, variance: float) -> None:
    values = form.lower(tf, KERNEL, SEED).numpy()
    deviation = np.sqrt(1.3 * variance)
    assert np.abs(values).max() == pytest.approx(2 * deviation, rel=0.01)
    # The variance of a standard normal that is cut at two standard deviations.
    assert values.std() == pytest.approx(deviation * 0.87962566, rel=0.01)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5)], ids=str)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    drawn = Orthogonal(gain=2.0).lower(tf, shape, SEED).numpy()
    matrix = drawn.reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    assert drawn.shape == shape
    np.testing.assert_allclose(product, 4 * np.eye(min(matrix.shape)), atol=1e-5)


@pytest.mark.parametrize("kernel", [(3, 3), (1, 5), (2, 4)], ids=str)
def test_dirac_hands_channels_on(kernel: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 6, 7, 3)).astype(np.float32)
    weights = Dirac(gain=0.5).lower(tf, (*kernel, 3, 5), SEED)
    y = tf.nn.conv2d(x, weights, 1, "SAME").numpy()
    np.testing.assert_allclose(y, np.pad(0.5 * x, [(0, 0)] * 3 + [(0, 2)]), rtol=1e-6)
    np.testing.assert_array_equal(Dirac().lower(tf, (4, 4), SEED), np.eye(4))


def test_values_are_laid_out_rows_first() -> None:
    values = Values(numbers=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)).lower(tf, (2, 1, 3), SEED)
    np.testing.assert_array_equal(values, [[[1, 2, 3]], [[4, 5, 6]]])
