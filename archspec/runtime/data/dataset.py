"""A data set: labelled images in a fixed order that can be read from any position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from archspec.diagnostics import Diagnostic
from archspec.runtime.data.naming import several

_SHOWN = 6
"""Names of classes in a summary."""

Read = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


@dataclass(frozen=True)
class Dataset:
    """Labelled images, numbered from 0 to size - 1.

    `read` runs inside a TensorFlow graph: from an index, int64 scalar, to an image and its label, int64 scalar as it
    stands on disk. The image is a string scalar in a format that TensorFlow decodes, or, where `shape` is given, a
    uint8 tensor of this height, width and channels. `place` says where an example lies, for messages. `total` counts
    the examples of all splits, where they lie together; `files` are the paths of the files with this one's examples.
    `warnings` tell what of the source a user may not have meant. `record_trouble` says
    what an example's record lacks that `read` needs, as the end of a sentence, and None if nothing.
    """

    name: str
    split: str
    size: int
    names: tuple[str, ...] | None
    read: Read
    place: Callable[[int], str]
    shape: tuple[int, int, int] | None = None
    labels_offset: int = 0
    total: int | None = None
    files: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    record_trouble: Callable[[int], str | None] | None = None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The name of every label that the network sees, `labels_offset` added; None where names are not known."""
        return None if self.names is None else ("background",) * self.labels_offset + self.names

    @property
    def summary(self) -> str:
        """`774 of 861 images, 5 classes: daisy, dandelion, roses, sunflowers, tulips`, for the start of a run."""
        count = f"{self.size} of {self.total}" if self.total not in (None, self.size) else str(self.size)
        images = f"{count} image{'' if count == '1' else 's'}"
        if self.names is None:
            return f"{images}, classes without names"
        number = len(self.names)
        return f"{images}, {number} class{'' if number == 1 else 'es'}: {several(list(self.names), _SHOWN)}"

    def example(self, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The image as `read` gives it, and its label as the network sees it: int32 scalar.

        A label without a name, where names are known, is an error in the graph.
        """
        image, label = self.read(index)
        if self.names is not None:
            known = (label >= 0) & (label < len(self.names))
            with tf.control_dependencies([tf.debugging.Assert(known, ["a label without a name", label])]):
                label = tf.identity(label)
        return image, tf.cast(label + self.labels_offset, tf.int32)

    def examples(self, start: int = 0) -> tf.data.Dataset:
        """(index, image, label) of every example from `start` on, in order."""

        @tf.autograph.experimental.do_not_convert
        def example(index: tf.Tensor) -> tuple[tf.Tensor, ...]:
            return index, *self.example(index)

        return tf.data.Dataset.range(start, self.size).map(example)

    def __str__(self) -> str:
        return f"{self.name} ({self.split})"
