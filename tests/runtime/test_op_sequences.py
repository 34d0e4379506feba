"""Ops on sequences are Keras's layers with the same weights, and do something else when they train."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.ops.attention import Attention
from archspec.compiler.language.ops.recurrent import GRU, LSTM, Recurrent
from tests.cases.ops import Case
from tests.runtime.op_site import Site, inputs_of, lowered, run

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


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["lstm", "gru", "gru before"])
def test_recurrent_ops_are_keras_layers(kind: str, bidirectional: bool) -> None:
    units, shapes = 5, ((9, 4),)
    op: Recurrent = LSTM(units=units, bidirectional=bidirectional)
    layer: Any = keras.layers.LSTM(units, return_sequences=True, return_state=True)
    if kind != "lstm":
        op = GRU(units=units, bidirectional=bidirectional, reset_after=kind == "gru")
        layer = keras.layers.GRU(units, return_sequences=True, return_state=True, reset_after=kind == "gru")
    layer = keras.layers.Bidirectional(layer) if bidirectional else layer
    layer.build((None, *shapes[0]))
    site, (x,) = Site(op, shapes), inputs_of(Case(op, shapes))
    generator = np.random.default_rng(2)
    # The op's variables in its order are Keras's in Keras's order.
    for ours, theirs in zip(site.weights.values(), layer.weights, strict=True):
        assert ours.shape == theirs.shape
        ours.assign(generator.normal(0, 0.4, ours.shape))
        theirs.assign(ours)
    sequence, last = lowered(op, site, tf.constant(x)).outputs
    expected, *states = layer(x)
    ends = tf.concat([states[0], states[len(states) // 2]], -1) if bidirectional else states[0]
    np.testing.assert_allclose(sequence, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(last, ends, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("op", [LSTM(units=3, bidirectional=True), GRU(units=3)], ids=repr)
def test_sequences_may_have_any_length(op: Recurrent) -> None:
    site, (x,) = Site(op, ((7, 4),)), inputs_of(Case(op, ((7, 4),)))
    assert op.outputs((None, 4)) == {"sequence": (None, op.shape((7, 4))[1]), "last": (op.shape((7, 4))[1],)}
    signature = [tf.TensorSpec((None, None, 4))]
    run_any = tf.function(lambda t: lowered(op, site, t).outputs, signature, autograph=False)
    assert [tuple(s) for s in run_any.get_concrete_function().output_shapes] == [
        (None, *shape) for shape in op.outputs((None, 4)).values()
    ]
    for one, other in zip(run_any(x), lowered(op, site, tf.constant(x)).outputs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_forget_gate_begins_open() -> None:
    found = {v.name: v.initializer.lower(tf, v.shape, tf.constant([1, 2])) for v in LSTM(units=2).variables((7, 4))}
    np.testing.assert_array_equal(found["bias"], [0, 0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(tf.matmul(*[found["recurrent_kernel"]] * 2, transpose_b=True), np.eye(2), atol=1e-6)
