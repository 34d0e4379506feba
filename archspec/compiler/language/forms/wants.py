"""What losses and metrics want of the tensors and targets that they read, in the words of a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.toolkit import Toolkit
from archspec.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why something cannot work: the sentence after its name, and what to do."""

    message: str
    help: str


def classes_fit(logits: Shape, target: FeatureType | None, weights: Sequence[float] = ()) -> Complaint | None:
    """Whether logits […, classes] and class indices […] belong together."""
    if not logits or logits[-1] is None:
        return Complaint(f"needs an axis of classes, got {_show(logits)}", "put a dense or 1x1 convolution before it")
    if logits[-1] < 2:
        return Complaint("needs two classes at least, got one", "use sigmoid_cross_entropy for yes or no")
    if target is None:
        return None
    if not target.counts_classes:
        return Complaint(f"compares with classes, and its target is {_kind(target)}", "name a feature of kind `class`")
    if not _agree(logits[:-1], target.shape):
        place = f"a class for each of {_show(logits[:-1])} positions" if logits[:-1] else "one class an example"
        return Complaint(
            f"reads logits of {_show(logits)}, so it wants {place}, and its target is {_kind(target)}", _remedy(logits)
        )
    if target.classes is not None and target.classes > logits[-1]:
        message = f"has logits for {logits[-1]} classes, and its target has {target.classes}"
        return Complaint(message, f"make the last layer's size {target.classes}")
    if weights and len(weights) != logits[-1]:
        return Complaint(f"has {len(weights)} class_weights for {logits[-1]} classes", "write one for each class")
    return None


def _remedy(logits: Shape) -> str:
    if logits[:-1]:
        return "for one class an example, put `global_avg_pool` or `flatten` before the logits; for a map, a class_map"
    return "for a class of each pixel, end in logits of height x width x classes"


def same_shape(found: Shape, target: FeatureType | None, wanted: str) -> Complaint | None:
    """Whether a tensor and the numbers that it is compared with have one shape; a last axis of 1 may be left out."""
    if target is None or target.kind == "constant":
        return None
    if target.kind in ("image", "words") or (target.counts_classes and target.classes not in (None, 2)):
        return Complaint(
            f"compares with {wanted}, and its target is {_kind(target)}", "name a feature of kind `number`"
        )
    if _agree(_squeezed(found), _squeezed(target.shape)):
        return None
    return Complaint(
        f"reads a tensor of {_show(found)}, and its target is {_kind(target)}", "make the two of one shape"
    )


def spread(g: Toolkit, target: Any, tensor: Any) -> Any:
    """A target, a number or all but for a last axis of 1 in the tensor's shape, as float32 in that shape."""
    target = g.tf.cast(target, g.tf.float32)
    shape = g.tf.shape(tensor)
    return g.tf.reshape(target, shape) if target.shape.rank else g.tf.broadcast_to(target, shape)


def vectors(shapes: Sequence[Shape], count: int) -> Complaint | None:
    """Whether there are so many tensors, each a vector, and all of one length."""
    if len(shapes) != count:
        return Complaint(f"takes {count} tensor{'s' if count > 1 else ''}, got {len(shapes)}", "name them in a list")
    if any(len(shape) != 1 for shape in shapes):
        shown = " and ".join(map(_show, shapes))
        return Complaint(f"needs vectors, got {shown}", "put `global_avg_pool` or `flatten` before it")
    if len(set(shapes)) > 1:
        return Complaint(
            f"needs vectors of one length, got {' and '.join(map(_show, shapes))}", "use one block for both"
        )
    return None


def _agree(one: Shape, other: Shape) -> bool:
    """Whether two shapes can be the same, where an unknown size can be any."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(None in pair or pair[0] == pair[1] for pair in pairs)


def _squeezed(shape: Shape) -> Shape:
    return shape[:-1] if shape and shape[-1] == 1 else shape


def _show(shape: Shape) -> str:
    return "x".join("?" if size is None else str(size) for size in shape) or "one number"


def _kind(target: FeatureType) -> str:
    """A target in words: `a class`, `a class_map`, `numbers of 3`."""
    if target.kind == "tensor":
        return f"a tensor of {_show(target.shape)}"
    if target.kind == "known":
        return "whether a number is known"
    article = "" if target.kind in ("numbers", "words") else "an " if target.kind == "image" else "a "
    size = f" of {_show(target.shape)}" if target.kind in ("numbers", "words") else ""
    return f"{article}{target.kind}{size}"
