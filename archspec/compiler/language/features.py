"""What is known of a named part of an example before any data is read, and of what a loss compares with."""

from __future__ import annotations

from archspec.dataclass import dataclass

Shape = tuple[int | None, ...]

PIXELS = ("image", "class_map")
"""Kinds that steps which move pixels move together."""


@dataclass(frozen=True, slots=True)
class FeatureType:
    """A feature, an end point or a constant: its kind, its shape without the batch, the dtype it has in a batch.

    `kind` is the name of a feature's kind (`image`, `class`, `number`, …), `known` for whether a number is there,
    `tensor` for an end point or input, or `constant`. `classes` and `ignore` are those of class indices, and
    `classes` is the number of words where a vocabulary is known; `value` is a constant's.
    """

    kind: str
    shape: Shape
    dtype: str = "float32"
    classes: int | None = None
    ignore: int | None = None
    value: float | None = None

    @property
    def counts_classes(self) -> bool:
        """Whether its numbers are indices of classes."""
        return self.dtype == "int32" and self.kind in ("class", "class_map", "words", "tensor")


def image_type(height: int | None = None, width: int | None = None, channels: int | None = None) -> FeatureType:
    """A picture, float32 in [0, 1] once it is decoded."""
    return FeatureType("image", (height, width, channels))


def class_type(classes: int | None = None) -> FeatureType:
    """The index of a class."""
    return FeatureType("class", (), "int32", classes)
