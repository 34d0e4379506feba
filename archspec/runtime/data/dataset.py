"""A data set: examples of named features in a fixed order that can be read from any position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.diagnostics import Diagnostic
from archspec.runtime.data.naming import several

_SHOWN = 6
"""Names of classes in a summary."""

Example = dict[str, tf.Tensor]
Read = Callable[[tf.Tensor, tf.Tensor], Example]
RAW = {"class": tf.int64, "words": tf.int32}
"""The dtype that `read` gives a kind of feature in, where it is not float32, a picture or a map."""


@dataclass(frozen=True)
class Dataset:
    """Examples, numbered from 0 to size - 1, each a set of named features.

    `read` runs inside a TensorFlow graph: from an index, int64 scalar, and the seed of what is drawn for the example,
    int64 [2], to its features as they stand on disk. A picture or map is a string scalar in a format that can be
    decoded or, where its type has a height, uint8 [height, width, channels] or int32 [height, width]; a class is an
    int64 scalar; the others are as their types say. `place` says where an example lies, for messages.
    """

    name: str
    split: str
    """Empty where the source has no splits of its own."""
    size: int
    features: Mapping[str, FeatureType]
    read: Read
    place: Callable[[int], str]
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of the classes that a feature has, by its name."""
    labels: np.ndarray | None = None
    """The class of every example, int64 [size], where there is one class and it is known without reading."""
    identity: Callable[[int], bytes] | None = None
    """What an example is known by, whatever others there are: it decides who is held out."""
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The files of features that lie in a file each, one for every example."""
    made_of: tuple[Dataset, Callable[[Dataset], Dataset]] | None = None
    """Where examples are put together from those of another data set: that one, and how. A part is made of a part."""
    total: int | None = None
    """The examples of all splits, where they lie together."""
    warnings: tuple[Diagnostic, ...] = ()
    """What of the source a user may not have meant."""
    record_trouble: Callable[[int], str | None] | None = None
    """What an example's record lacks that `read` needs, as the end of a sentence; None if nothing."""
    record_help: str = ""
    """What to write in the spec where every record lacks the same; empty where that is not known."""

    @property
    def class_feature(self) -> str | None:
        """The only feature that is a class; None where there is none, or several."""
        found = [name for name, feature in self.features.items() if feature.kind == "class"]
        return found[0] if len(found) == 1 else None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The name of every class of the only feature that is one; None where names are not known."""
        return self.class_names.get(self.class_feature or "")

    @property
    def summary(self) -> str:
        """`774 of 861 images, 5 classes: daisy, dandelion, roses, sunflowers, tulips`, for the start of a run."""
        count = f"{self.size} of {self.total}" if self.total not in (None, self.size) else str(self.size)
        noun = "image" if {feature.kind for feature in self.features.values()} <= {"image", "class"} else "example"
        examples = f"{count} {noun}{'' if count == '1' else 's'}"
        if self.class_feature is None:
            return f"{examples} of {', '.join(self.features)}"
        if self.classes is None:
            return f"{examples}, classes without names"
        number = len(self.classes)
        return f"{examples}, {number} class{'' if number == 1 else 'es'}: {several(list(self.classes), _SHOWN)}"

    def example(self, index: tf.Tensor, seed: tf.Tensor | None = None) -> Example:
        """An example as `read` gives it; a class that is none of its feature's is an error in the graph."""
        found = self.read(index, tf.zeros([2], tf.int64) if seed is None else seed)
        return {name: _checked(found[name], feature) for name, feature in self.features.items()}

    def examples(self, start: int = 0) -> tf.data.Dataset:
        """(index, example) of every example from `start` on, in order."""

        @tf.autograph.experimental.do_not_convert
        def example(index: tf.Tensor) -> tuple[tf.Tensor, Example]:
            return index, self.example(index)

        return tf.data.Dataset.range(start, self.size).map(example)

    def __str__(self) -> str:
        return f"{self.name} ({self.split})" if self.split else self.name


def _checked(value: tf.Tensor, feature: FeatureType) -> tf.Tensor:
    if feature.kind != "class" or feature.classes is None:
        return value
    known = (value >= 0) & (value < feature.classes)
    with tf.control_dependencies([tf.debugging.Assert(known, ["a class that is none", value])]):
        return tf.identity(value)
