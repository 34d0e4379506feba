"""Shapes of windows, whatever their sizes: those that TensorFlow infers."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archspec.compiler.language.op import Op, Shape, WrongShape
from archspec.compiler.language.ops.conv import Conv2D, Conv3D
from archspec.compiler.language.ops.depthwise import DepthwiseConv2D
from archspec.compiler.language.ops.pool import AvgPool2D, AvgPool3D, MaxPool2D, MaxPool3D
from archspec.compiler.language.ops.transposed import Conv3DTranspose
from tests.runtime.op_site import Site, run

pytestmark = pytest.mark.slow

small = st.integers(1, 9)


pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))
triples = st.tuples(*[st.integers(1, 4)] * 3)


def tensorflows_shape(op: Op, shape: Shape) -> tuple[int | None, ...] | None:
    """The shape of TensorFlow's result; None where it refuses or the result is empty.

    Inferred, not computed: TensorFlow's pooling kernels kill the process over an empty result.
    """
    with tf.Graph().as_default():
        try:
            y = run(op, Site(op, (shape,), make=tf.constant), tf.zeros((1, *shape)))
        except ValueError:
            return None
        return None if 0 in y.shape else tuple(y.shape[1:])


def declared_shape(op: Op, shape: Shape) -> Shape | None:
    try:
        return op.shape(shape)
    except WrongShape:
        return None


def paddings(rank: int, *texts: str) -> st.SearchStrategy[Any]:
    """Paddings by name, and in numbers."""
    sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
    return st.one_of(st.sampled_from(texts), st.tuples(*[sides] * rank))


@settings(max_examples=150)
@given(
    st.tuples(small, small),
    pairs,
    pairs,
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    paddings(2, "same", "valid", "symmetric"),
)
def test_convolution_shapes(size: Any, kernel: Any, stride: Any, rate: Any, padding: Any) -> None:
    # TensorFlow's CPU kernel does compute both; like Keras and TF-Slim, archspec does not offer it.
    assume(max(stride) == 1 or max(rate) == 1)
    op = Conv2D(filters=2, kernel=kernel, stride=stride, rate=rate, padding=padding)
    assert declared_shape(op, (*size, 2)) == tensorflows_shape(op, (*size, 2))


@settings(max_examples=80)
@given(st.tuples(*[small] * 3), st.tuples(*[small] * 3), triples, paddings(3, "same", "valid", "symmetric"))
def test_convolution_shapes_in_space(size: Any, kernel: Any, stride: Any, padding: Any) -> None:
    op = Conv3D(filters=4, kernel=kernel, stride=stride, padding=padding, groups=2)
    assert declared_shape(op, (*size, 2)) == tensorflows_shape(op, (*size, 2))


@settings(max_examples=80)
@given(st.tuples(*[small] * 3), triples, triples, paddings(3, "same", "valid"))
def test_transposed_convolution_shapes(size: Any, kernel: Any, stride: Any, padding: Any) -> None:
    op = Conv3DTranspose(filters=4, kernel=kernel, stride=stride, padding=padding)
    assert declared_shape(op, (*size, 2)) == tensorflows_shape(op, (*size, 2))


@settings(max_examples=80)
@given(st.tuples(small, small), pairs, st.integers(1, 4), paddings(2, "same", "valid", "symmetric"))
def test_depthwise_shapes(size: Any, kernel: Any, stride: int, padding: Any) -> None:
    op = DepthwiseConv2D(kernel=kernel, stride=(stride, stride), padding=padding, multiplier=2)
    assert declared_shape(op, (*size, 3)) == tensorflows_shape(op, (*size, 3))


@settings(max_examples=80)
@given(
    st.tuples(small, small),
    pairs,
    pairs,
    paddings(2, "same", "valid", "symmetric"),
    st.sampled_from([MaxPool2D, AvgPool2D]),
)
def test_pool_shapes(size: Any, kernel: Any, stride: Any, padding: Any, kind: Any) -> None:
    # A window that sees nothing of the input has no largest value and no mean: refused.
    assume(isinstance(padding, str) or all(max(sides) < k for sides, k in zip(padding, kernel, strict=True)))
    op = kind(kernel=kernel, stride=stride, padding=padding)
    assert declared_shape(op, (*size, 3)) == tensorflows_shape(op, (*size, 3))


@settings(max_examples=50)
@given(st.tuples(*[small] * 3), triples, triples, st.sampled_from(["same", "valid"]))
def test_pool_shapes_in_space(size: Any, kernel: Any, stride: Any, padding: str) -> None:
    for kind in (MaxPool3D, AvgPool3D):
        op = kind(kernel=kernel, stride=stride, padding=padding)
        assert declared_shape(op, (*size, 3)) == tensorflows_shape(op, (*size, 3))
