"""The lint rule AS407 says of a kernel's positions what TensorFlow's gradients say."""

from __future__ import annotations

from itertools import product
from typing import Any

import tensorflow as tf

from archspec.compiler.language.ops.conv import Conv2D
from archspec.compiler.language.ops.window import extent, padded
from archspec.compiler.rules.unused_taps import used_positions


class Plain:
    """As much of a Lowering as padding needs."""

    tf: Any = tf


def test_positions_with_a_gradient_are_those_that_the_rule_counts() -> None:
    for size, kernel, stride, rate, padding in product(
        (1, 2, 3, 5), (1, 2, 3, 5), (1, 2, 3), (1, 2, 3), ("same", "symmetric", ((2, 0), (0, 1)))
    ):
        if (stride > 1 and rate > 1) or (not isinstance(padding, str) and (kernel - 1) * rate > size):
            continue
        op = Conv2D(filters=1, kernel=(kernel, kernel), stride=(stride, stride), rate=(rate, rate), padding=padding)
        weights = tf.ones([kernel, kernel, 1, 1])
        with tf.GradientTape() as tape:
            tape.watch(weights)
            x, left = padded(Plain(), tf.ones([1, size, size, 1]), extent(op.kernel, op.rate), op.stride, padding)
            total = tf.reduce_sum(tf.nn.conv2d(x, weights, stride, left, dilations=rate))
        gradient = tape.gradient(total, weights)
        assert int(tf.math.count_nonzero(gradient)) == used_positions(op, (size, size)), op.values()
