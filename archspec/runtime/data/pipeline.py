"""Batches for training and evaluation, the same for any number of ranks and after every resume."""

from __future__ import annotations

import tensorflow as tf

from archspec.compiler.language.forms.preprocess import Preprocess
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.order import change_seed, training_order
from archspec.runtime.preprocess.apply import check_steps, prepare

Steps = tuple[Preprocess, ...]
ImageShape = tuple[int, int, int]


def training_batches(
    dataset: Dataset,
    steps: Steps,
    shape: ImageShape,
    global_batch: int,
    *,
    rank: int = 0,
    ranks: int = 1,
    seed: int = 0,
    start_step: int = 0,
    deterministic: bool = True,
) -> tf.data.Dataset:
    """One rank's part of every step's batch, without end, from `start_step` on.

    An element is {"image": float32 [b, height, width, channels], "label": int32 [b], "index": int64 [b]} with
    b = global_batch / ranks, which must be whole. Without `deterministic`, examples that are ready sooner may come
    sooner. Raises Stop where the steps do not end in `shape`.
    """
    order = training_order(dataset.size, global_batch, rank=rank, ranks=ranks, seed=seed, start_step=start_step)
    examples = _examples(dataset, order, steps, shape, seed)
    return _batched(examples, global_batch // ranks, deterministic, drop_remainder=True)


def evaluation_batches(
    dataset: Dataset, steps: Steps, shape: ImageShape, batch: int, *, rank: int = 0, ranks: int = 1
) -> tf.data.Dataset:
    """One rank's part of one pass, in batches of at most `batch`; elements as in training.

    Over all ranks every example comes exactly once: rank r has the examples r, r + ranks, …, so ranks can have
    different numbers of batches, and a rank none. Raises Stop where the steps do not end in `shape`.
    """
    order = tf.data.Dataset.range(rank, dataset.size, ranks).map(_twice)
    return _batched(_examples(dataset, order, steps, shape, seed=0), batch, deterministic=True, drop_remainder=False)


def _examples(dataset: Dataset, order: tf.data.Dataset, steps: Steps, shape: ImageShape, seed: int) -> tf.data.Dataset:
    """One element for every (position, index) of `order`, read and prepared in parallel."""
    check_steps(steps, dataset.shape, shape)

    @tf.autograph.experimental.do_not_convert
    def example(position: tf.Tensor, index: tf.Tensor) -> dict[str, tf.Tensor]:
        image, label = dataset.example(index)
        return {"image": prepare(image, steps, shape, change_seed(seed, position)), "label": label, "index": index}

    return order.map(example, num_parallel_calls=tf.data.AUTOTUNE)


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
