"""The order of training examples: a function of the seed alone, whatever the number of ranks and wherever it starts.

Position p of the endless stream of examples belongs to step p // global_batch; rank r of R takes the r-th of R equal
parts of every step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms.data import Batches
from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.views import labels_of

_ORDER, _CHANGES, _DRAWS, _CLASSES = 1, 2, 3, 4
"""What a seed is for: one number gives each kind of randomness a stream of its own."""

_ENDLESS = np.iinfo(np.int64).max


def epoch_order(size: int, seed: int, epoch: tf.Tensor | int) -> tf.Tensor:
    """A permutation of 0 … size - 1, int64 [size], drawn evenly from all of them."""
    indices = tf.range(size, dtype=tf.int64)
    return tf.random.experimental.stateless_shuffle(indices, _fold(seed, _ORDER, epoch), alg="philox")


def change_seed(seed: int, position: tf.Tensor) -> tf.Tensor:
    """The seed, int64 [2], of the random changes to the example at this position of the stream."""
    return _fold(seed, _CHANGES, position)


def draw_seed(seed: int, position: tf.Tensor) -> tf.Tensor:
    """The seed, int64 [2], of what the source draws for the example at this position: the partner in a pair."""
    return _fold(seed, _DRAWS, position)


def _fold(seed: int, purpose: int, number: tf.Tensor | int) -> tf.Tensor:
    base = tf.constant([seed % 2**63, purpose], tf.int64)
    return tf.random.experimental.stateless_fold_in(base, tf.cast(number, tf.int64), alg="philox")


@dataclass(frozen=True)
class Order(ABC):
    """Which example stands at each position of the stream."""

    size: int
    global_batch: int
    seed: int

    @abstractmethod
    def positions(self, rank: int, ranks: int, start_step: int) -> tf.data.Dataset:
        """One rank's (position, index) pairs from a step on, without end; nothing before that step is read."""

    @abstractmethod
    def indices(self, step: int) -> np.ndarray:
        """The examples of one step over all ranks: int64 [global_batch]."""

    def _mine(self, positions: tf.Tensor, rank: int, ranks: int) -> tf.Tensor:
        """Which positions belong to a rank."""
        if self.global_batch % ranks:
            raise ValueError(f"a batch of {self.global_batch} has no {ranks} equal parts")
        return positions % self.global_batch // (self.global_batch // ranks) == rank


class Shuffled(Order):
    """Position p lies in epoch p // size, at p % size of that epoch's permutation."""

    def positions(self, rank: int, ranks: int, start_step: int) -> tf.data.Dataset:
        start, size = start_step * self.global_batch, self.size

        @tf.autograph.experimental.do_not_convert
        def share(epoch: tf.Tensor) -> tf.data.Dataset:
            positions = epoch * size + tf.range(size, dtype=tf.int64)
            mine = (positions >= start) & self._mine(positions, rank, ranks)
            pairs = positions, epoch_order(size, self.seed, epoch)
            return tf.data.Dataset.from_tensor_slices(tuple(tf.boolean_mask(numbers, mine) for numbers in pairs))

        return tf.data.Dataset.range(start // size, _ENDLESS).flat_map(share)

    def indices(self, step: int) -> np.ndarray:
        positions = np.arange(step * self.global_batch, (step + 1) * self.global_batch)
        with tf.device("/cpu:0"):
            epochs = {
                int(epoch): epoch_order(self.size, self.seed, int(epoch)).numpy()
                for epoch in np.unique(positions // self.size)
            }
        found = [epochs[position // self.size][position % self.size] for position in positions.tolist()]
        return np.array(found, np.int64)


@dataclass(frozen=True)
class ByClass(Order):
    """Every step draws so many classes, and so many examples of each, which stand side by side."""

    members: tuple[np.ndarray, ...]
    """The examples of every class, int64."""
    batches: Batches

    def positions(self, rank: int, ranks: int, start_step: int) -> tf.data.Dataset:
        @tf.autograph.experimental.do_not_convert
        def share(step: tf.Tensor) -> tf.data.Dataset:
            indices = tf.numpy_function(self.indices, [step], tf.int64, stateful=False)
            positions = step * self.global_batch + tf.range(self.global_batch, dtype=tf.int64)
            mine = self._mine(positions, rank, ranks)
            pairs = positions, tf.ensure_shape(indices, [self.global_batch])
            return tf.data.Dataset.from_tensor_slices(tuple(tf.boolean_mask(numbers, mine) for numbers in pairs))

        return tf.data.Dataset.range(start_step, _ENDLESS).flat_map(share)

    def indices(self, step: int) -> np.ndarray:
        draw = np.random.Generator(np.random.Philox(key=[self.seed % 2**63, _CLASSES], counter=[int(step), 0, 0, 0]))
        chosen = draw.permutation(len(self.members))[: self.batches.classes]
        return np.concatenate([_some(self.members[number], self.batches.examples, draw) for number in chosen])


def _some(members: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """So many of the examples of a class, none twice before all have been taken."""
    rounds = [draw.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate(rounds)[:count]


def order_of(dataset: Dataset, global_batch: int, seed: int, batches: Batches | None = None) -> Order:
    """The order that training goes through a data set in; raises Stop where batches by class don't fit it."""
    if batches is None:
        return Shuffled(dataset.size, global_batch, seed)
    if batches.classes * batches.examples != global_batch:
        message = f"batches of {batches.classes} classes with {batches.examples} examples each"
        message += f" have {batches.classes * batches.examples} examples, and `batch` is {global_batch}"
        raise stop("AS717", message, help=f"write `batch: {batches.classes * batches.examples}`")
    if dataset.class_feature is None:
        help = "`batches` needs examples with one feature of the kind class"
        raise stop("AS717", f"{dataset} has no class to draw batches by", help=help)
    labels = labels_of(dataset)
    members = tuple(np.flatnonzero(labels == label) for label in np.unique(labels))
    if len(members) < batches.classes:
        message = f"batches of {batches.classes} classes cannot be drawn from {dataset}, which has {len(members)}"
        raise stop("AS717", message, help="draw fewer classes")
    return ByClass(dataset.size, global_batch, seed, members, batches)
