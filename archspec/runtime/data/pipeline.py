"""Batches for training and evaluation, the same for any number of ranks and after every resume."""

from __future__ import annotations

import tensorflow as tf

from archspec.compiler.forms.preprocess import Preprocess
from archspec.runtime.data.dataset import Dataset

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
    b = global_batch / ranks. Raises Stop.
    """
    raise NotImplementedError


def evaluation_batches(
    dataset: Dataset, steps: Steps, shape: ImageShape, batch: int, *, rank: int = 0, ranks: int = 1
) -> tf.data.Dataset:
    """One rank's part of one pass: over all ranks, every example exactly once; the last batch may be smaller. Raises Stop."""
    raise NotImplementedError


def check_labels(dataset: Dataset, classes: int) -> None:
    """Nothing, if every label that is known or looked at fits a network with so many classes; raises Stop."""
    raise NotImplementedError
