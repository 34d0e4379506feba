"""The order of training examples: a function of the seed alone, whatever the number of ranks and wherever it starts.

Position p of the endless stream of examples lies in epoch p // size, at p % size of that epoch's permutation. Step s
takes the positions from s * global_batch on, rank r of R the r-th of R equal parts of them.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

_ORDER, _CHANGES = 1, 2
"""What a seed is for: one number gives the two kinds of randomness streams of their own."""

_ENDLESS = np.iinfo(np.int64).max


def epoch_order(size: int, seed: int, epoch: tf.Tensor | int) -> tf.Tensor:
    """A permutation of 0 … size - 1, int64 [size], drawn evenly from all of them."""
    indices = tf.range(size, dtype=tf.int64)
    return tf.random.experimental.stateless_shuffle(indices, _fold(seed, _ORDER, epoch), alg="philox")


def change_seed(seed: int, position: tf.Tensor) -> tf.Tensor:
    """The seed, int64 [2], of the random changes to the example at this position of the stream."""
    return _fold(seed, _CHANGES, position)


def _fold(seed: int, purpose: int, number: tf.Tensor | int) -> tf.Tensor:
    base = tf.constant([seed % 2**63, purpose], tf.int64)
    return tf.random.experimental.stateless_fold_in(base, tf.cast(number, tf.int64), alg="philox")


def training_order(
    size: int, global_batch: int, *, rank: int = 0, ranks: int = 1, seed: int = 0, start_step: int = 0
) -> tf.data.Dataset:
    """One rank's (position, index) pairs from a step on, without end; nothing before that step is read."""
    if global_batch % ranks:
        raise ValueError(f"a batch of {global_batch} has no {ranks} equal parts")
    start, part = start_step * global_batch, global_batch // ranks

    @tf.autograph.experimental.do_not_convert
    def share(epoch: tf.Tensor) -> tf.data.Dataset:
        positions = epoch * size + tf.range(size, dtype=tf.int64)
        mine = (positions >= start) & (positions % global_batch // part == rank)
        pairs = positions, epoch_order(size, seed, epoch)
        return tf.data.Dataset.from_tensor_slices(tuple(tf.boolean_mask(numbers, mine) for numbers in pairs))

    return tf.data.Dataset.range(start // size, _ENDLESS).flat_map(share)


def step_indices(size: int, global_batch: int, *, seed: int = 0, step: int = 0) -> np.ndarray:
    """The examples of one step over all ranks: int64 [global_batch]."""
    positions = np.arange(step * global_batch, (step + 1) * global_batch)
    with tf.device("/cpu:0"):
        epochs = {int(epoch): epoch_order(size, seed, int(epoch)).numpy() for epoch in np.unique(positions // size)}
    return np.array([epochs[position // size][position % size] for position in positions.tolist()], np.int64)
