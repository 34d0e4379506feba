"""A data set: labelled images in a fixed order that can be read from any position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

Read = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


@dataclass(frozen=True)
class Dataset:
    """Labelled images, numbered from 0 to size - 1.

    `read` runs inside a TensorFlow graph: from an index, int64 scalar, to an image and its label, int64 scalar as it
    stands on disk. The image is a string scalar in a format that TensorFlow decodes, or, where `shape` is given, a
    uint8 tensor of this height, width and channels. `place` says where an example lies, for messages.
    """

    name: str
    split: str
    size: int
    names: tuple[str, ...] | None
    read: Read
    place: Callable[[int], str]
    shape: tuple[int, int, int] | None = None
    labels_offset: int = 0

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The name of every label that the network sees, `labels_offset` added; None where names are not known."""
        return None if self.names is None else ("background",) * self.labels_offset + self.names

    def example(self, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The image as `read` gives it, and its label as the network sees it: int32 scalar."""
        image, label = self.read(index)
        return image, tf.cast(label + self.labels_offset, tf.int32)

    def examples(self, start: int = 0) -> tf.data.Dataset:
        """(index, image, label) of every example from `start` on, in order."""

        @tf.autograph.experimental.do_not_convert
        def example(index: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return index, *self.example(index)

        return tf.data.Dataset.range(start, self.size).map(example)

    def __str__(self) -> str:
        return f"{self.name} ({self.split})"
