"""Triplets of a batch: anchor, another example of its class, and one of another class."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def triplet_loss(embedding: Any, classes: Any, margin: float, mining: str) -> Any:
    """The loss of each anchor, float32 [batch]: the mean over its positives, 0 for an anchor that has none.

    Of an anchor a and a positive p, with squared distances d: max(0, d(a, p) - d(a, n) + margin), where n is, for
    semi_hard, the nearest of another class with d(a, n) > d(a, p), and the farthest of another class where there is
    none (Schroff et al. 2015, section 3.2); for hard, the nearest of another class, and only the farthest positive
    counts (Hermans et al. 2017, https://arxiv.org/abs/1703.07737).
    """
    distance = squared_distances(embedding)
    same = tf.equal(classes[:, None], classes[None, :])
    positive = same & ~tf.eye(tf.shape(classes)[0], dtype=tf.bool)
    chosen = _hardest(distance, positive) if mining == "hard" else positive
    negative = _nearest(distance, ~same)[:, None] if mining == "hard" else _semi_hard(distance, ~same)
    counts = tf.cast(chosen & tf.reduce_any(~same, 1, keepdims=True), tf.float32)
    losses = tf.maximum(distance - negative + margin, 0.0) * counts
    return tf.math.divide_no_nan(tf.reduce_sum(losses, 1), tf.reduce_sum(counts, 1))


def squared_distances(embedding: Any) -> Any:
    """[batch, batch]: the squared distance of each two, never below 0."""
    products = tf.matmul(embedding, embedding, transpose_b=True)
    lengths = tf.linalg.diag_part(products)
    return tf.maximum(lengths[:, None] - 2.0 * products + lengths[None, :], 0.0)


def _nearest(distance: Any, among: Any) -> Any:
    return tf.reduce_min(tf.where(among, distance, tf.float32.max), -1)


def _hardest(distance: Any, positive: Any) -> Any:
    """The farthest positive of each anchor."""
    farthest = tf.reduce_max(tf.where(positive, distance, -1.0), 1, keepdims=True)
    return positive & tf.equal(distance, farthest)


def _semi_hard(distance: Any, other: Any) -> Any:
    """[anchor, positive]: the distance of the negative that belongs to the two."""
    farther = other[:, None, :] & (distance[:, None, :] > distance[:, :, None])
    nearest = tf.reduce_min(tf.where(farther, distance[:, None, :], tf.float32.max), 2)
    farthest = tf.reduce_max(tf.where(other, distance, 0.0), 1, keepdims=True)
    return tf.where(tf.reduce_any(farther, 2), nearest, farthest)
