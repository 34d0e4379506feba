"""Batches for training and evaluation, the same for any number of ranks and after every resume."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from archspec.compiler.language.forms.data import Batches
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.order import change_seed, draw_seed, order_of
from archspec.runtime.preprocess.apply import ImageShape, Preparation, Steps

Shapes = Mapping[str, ImageShape]
"""{feature: height, width, channels} of the inputs that pictures feed."""


def training_batches(
    dataset: Dataset,
    steps: Steps,
    shapes: Shapes,
    global_batch: int,
    *,
    rank: int = 0,
    ranks: int = 1,
    seed: int = 0,
    batches: Batches | None = None,
    start_step: int = 0,
    deterministic: bool = True,
) -> tf.data.Dataset:
    """One rank's part of every step's batch, without end, from `start_step` on.

    An element is {feature: tensor [b, ...]} as the types of the features say, with b = global batch / ranks, which
    must be whole, and `index`, int64 [b]. `batches` draws them by class. Without `deterministic`, examples that are
    ready sooner may come sooner.
    Raises Stop where the steps do not end in `shapes`.
    """
    positions = order_of(dataset, global_batch, seed, batches).positions(rank, ranks, start_step)
    examples = _examples(dataset, positions, Preparation(dataset.features, steps, shapes), seed)
    return _batched(examples, global_batch // ranks, deterministic, drop_remainder=True)


def evaluation_batches(
    dataset: Dataset, steps: Steps, shapes: Shapes, batch: int, *, rank: int = 0, ranks: int = 1
) -> tf.data.Dataset:
    """One rank's part of one pass, in batches of at most `batch`; elements as in training.

    Over all ranks every example comes exactly once: rank r has the examples r, r + ranks, …, so ranks can have
    different numbers of batches, and a rank none. Raises Stop where the steps do not end in `shapes`.
    """
    positions = tf.data.Dataset.range(rank, dataset.size, ranks).map(_twice)
    examples = _examples(dataset, positions, Preparation(dataset.features, steps, shapes), seed=0)
    return _batched(examples, batch, deterministic=True, drop_remainder=False)


def _examples(dataset: Dataset, positions: tf.data.Dataset, prepare: Preparation, seed: int) -> tf.data.Dataset:
    """One element for every (position, index), read and prepared in parallel."""

    @tf.autograph.experimental.do_not_convert
    def example(position: tf.Tensor, index: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = dataset.example(index, draw_seed(seed, position))
        return {**prepare(raw, change_seed(seed, position)), "index": index}

    return positions.map(example, num_parallel_calls=tf.data.AUTOTUNE)


def _batched(examples: tf.data.Dataset, batch: int, deterministic: bool, drop_remainder: bool) -> tf.data.Dataset:
    options = tf.data.Options()
    options.deterministic = deterministic
    # Ranks share examples among themselves here; TensorFlow's own sharding would do so a second time.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return examples.batch(batch, drop_remainder).prefetch(tf.data.AUTOTUNE).with_options(options)


@tf.autograph.experimental.do_not_convert
def _twice(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """In evaluation an example's position is its index."""
    return index, index
