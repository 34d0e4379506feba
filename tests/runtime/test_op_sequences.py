"""Ops on sequences are Keras's layers with the same weights, and do something else when they train."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.ops.attention import Attention
from tests.cases.ops import Case
from tests.runtime.op_site import Site, inputs_of, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shapes", [((7, 12),), ((7, 12), (5, 9))], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_keras_layer(shapes: tuple[tuple[int, int], ...], causal: bool) -> None:
    if causal and len(shapes) > 1:
        pytest.skip("a second sequence is seen whole")
    op = Attention(heads=3, key_size=4, value_size=6, causal=causal)
    site, xs = Site(op, shapes), inputs_of(Case(op, shapes))
    layer: Any = keras.layers.MultiHeadAttention(3, 4, 6)
    layer.build(*((None, *shape) for shape in (shapes[0], shapes[-1])))
    for variable in layer.weights:
        part, kind = variable.path.split("/")[-2:]
        name = f"{part.removeprefix('attention_')}/{'weights' if kind == 'kernel' else 'biases'}"
        variable.assign(tf.reshape(site.weights[name], variable.shape))
    expected = layer(xs[0], xs[-1], use_causal_mask=causal)
    np.testing.assert_allclose(run(op, site, *map(tf.constant, xs)), expected, rtol=1e-4, atol=1e-4)


def test_attention_drops_probabilities_in_training_alone() -> None:
    shapes = ((6, 4),)
    sure, dropping = Attention(heads=2), Attention(heads=2, dropout_rate=0.5)
    (x,) = inputs_of(Case(sure, shapes))
    trained, still = (run(dropping, Site(dropping, shapes, training), tf.constant(x)) for training in (True, False))
    np.testing.assert_array_equal(still, run(sure, Site(sure, shapes), tf.constant(x)))
    assert not np.allclose(trained, still)
