"""The losses of a batch as numbers: the means over what counts, the same on one rank and on many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from archspec.compiler.language.forms.losses.classes import SoftmaxCrossEntropy
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.runtime import distribute
from archspec.runtime.named import Named
from archspec.runtime.precision import as_type
from archspec.runtime.toolkit import LIBRARIES


@dataclass(frozen=True)
class Terms:
    """A loss before its mean: a value for every example (and position), and how much each counts; None: all alike.

    `outside` is how many targets that count are no class of the network.
    """

    values: Any
    weights: Any
    outside: Any


def terms(form: Loss, named: Named) -> Terms:
    """The values of a loss and their weights, in float32 whatever the tensors are in."""
    outputs = [as_type(named.outputs[name], "float32") for name in form.tensors]
    target = named.value(form.target) if "target" in form.FIELDS else None  # type: ignore[attr-defined]
    target = None if target is None else as_type(target, "float32")
    values = form.lower(LIBRARIES, outputs, target)
    weights = weights_of(form, named, target, values)
    return Terms(values, weights, outside(form, outputs, target, weights))


def weights_of(form: Any, named: Named, target: Any, values: Any) -> Any:
    """How much each value counts, float32 in the values' shape: its class, its mask and its sample weight; or None."""
    factors = [form.weights(LIBRARIES, target)]
    if getattr(form, "mask", None) is not None:
        factors.append(tf.not_equal(named.value(form.mask), 0))
    if getattr(form, "sample_weight", None) is not None:
        factors.append(named.value(form.sample_weight))
    known = [_spread(factor, values) for factor in factors if factor is not None]
    # What counts is no way to make a loss small, also where the network itself says it.
    return tf.stop_gradient(tf.math.reduce_prod(tf.stack(known), 0)) if known else None


def _spread(factor: Any, values: Any) -> Any:
    """A factor of each example, or each position, in the shape of the values."""
    factor = tf.cast(factor, tf.float32)
    if len(factor.shape) > len(values.shape):
        factor = tf.squeeze(factor, -1)
    while len(factor.shape) < len(values.shape):
        factor = factor[..., None]
    return tf.broadcast_to(factor, tf.shape(values))


def outside(form: Any, outputs: list[Any], target: Any, weights: Any) -> Any:
    """How many of the targets that count are no class of the network: float32."""
    classes = form.classes([tensor.shape[1:] for tensor in outputs])
    if classes is None:
        return tf.zeros([])
    wrong = tf.cast((target < 0) | (target >= classes), tf.float32)
    ignored = getattr(form, "ignore", None)
    if ignored is not None:
        wrong *= tf.cast(tf.not_equal(target, ignored), tf.float32)
    # A loss over all positions of an example, such as dice, has one weight for them.
    return tf.reduce_sum(wrong if weights is None else wrong * _spread(tf.not_equal(weights, 0), wrong))


def means(parts: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """{name: sum of values * weights over sum of weights} of (values, weights), this rank's part of it.

    The mean of the parts over the ranks is the mean over all examples: each is divided by what counts on a rank on the
    average. Without weights every rank counts the same.
    """
    weighed = {name: tf.reduce_sum(weights) for name, (_, weights) in parts.items() if weights is not None}
    counts = dict(zip(weighed, distribute.average(list(weighed.values())), strict=True))
    return {name: _mean(*part, counts.get(name)) for name, part in parts.items()}


def _mean(values: Any, weights: Any, count: Any) -> Any:
    if weights is None:
        return tf.reduce_mean(values)
    # What does not count may be anything, also no number.
    return tf.math.divide_no_nan(tf.reduce_sum(tf.math.multiply_no_nan(values, weights)), count)


def is_classifier(form: Loss) -> bool:
    """Whether a loss has an accuracy: that of the most probable class."""
    return isinstance(form, SoftmaxCrossEntropy)


def right(form: SoftmaxCrossEntropy, named: Named, weights: Any) -> tuple[Any, Any]:
    """Whether the most probable class is the target, and which examples (and positions) count."""
    found = tf.equal(tf.argmax(named.outputs[form.logits], -1, tf.int32), named.value(form.target))
    counts = None if weights is None else tf.cast(tf.not_equal(weights, 0), tf.float32)
    return tf.cast(found, tf.float32), counts
