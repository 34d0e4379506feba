"""What losses and metrics want of the tensors and targets that they read, in the words of a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.toolkit import Toolkit
from archspec.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why something cannot work: the sentence after its name, and what to do.

    `key` is the field that it is about, empty where that is the form's main value.
    """

    message: str
    help: str
    key: str = ""


def classes_fit(
    logits: Shape, target: FeatureType | None, weights: Sequence[float] = (), ignore: int | None = None
) -> Complaint | None:
    """Whether logits […, classes] and class indices […] belong together, a factor for each class, one left out."""
    if not logits or logits[-1] is None:
        return Complaint(f"needs an axis of classes, got {_show(logits)}", "put a dense or 1x1 convolution before it")
    if logits[-1] < 2:
        return Complaint("needs two classes at least, got one", "use sigmoid_cross_entropy for yes or no")
    if target is None:
        return None
    if not target.counts_classes:
        return Complaint(f"compares with classes, and its target is {_kind(target)}", "name a feature of kind `class`")
    if len(logits) - 1 == len(target.shape) and not _agree(logits[:-1], target.shape):
        message = f"has logits at {_show(logits[:-1])} positions, and its target is {_kind(target)}"
        return Complaint(message, "bring both to one size: fewer strides, an `upsample`, or a smaller map")
    if not _agree(logits[:-1], target.shape):
        place = f"a class for each of {_show(logits[:-1])} positions" if logits[:-1] else "one class an example"
        return Complaint(
            f"reads logits of {_show(logits)}, so it wants {place}, and its target is {_kind(target)}", _remedy(logits)
        )
    if target.classes is not None and target.classes > logits[-1]:
        message = f"has logits for {logits[-1]} classes, and its target has {target.classes}"
        return Complaint(message, f"make the last layer's size {target.classes}")
    return _weights_fit(weights, logits[-1]) or _ignored_is_there(ignore, max(target.classes or 0, logits[-1]), target)


def _weights_fit(weights: Sequence[float], classes: int) -> Complaint | None:
    if weights and len(weights) != classes:
        message = f"has {len(weights)} class_weights for {classes} classes"
        return Complaint(message, "write one for each class", "class_weights")
    if weights and not any(weights):
        message = "has class_weights that are all 0, so that no example counts"
        return Complaint(message, "write 1 for the classes that should count", "class_weights")
    return None


def _ignored_is_there(ignore: int | None, classes: int, target: FeatureType) -> Complaint | None:
    if ignore is None or target.classes is None or 0 <= ignore < classes or ignore == target.ignore:
        return None
    message = f"ignores the class {ignore}, and there are the classes 0 to {classes - 1}"
    return Complaint(message, "name one of them, or take `ignore` out", "ignore")


def _remedy(logits: Shape) -> str:
    if logits[:-1]:
        return "for one class an example, put `global_avg_pool` or `flatten` before the logits; for a map, a class_map"
    return "for a class of each pixel, end in logits of height x width x classes"


def same_shape(
    found: Shape, target: FeatureType | None, wanted: str, between: tuple[float, float] | None = None
) -> Complaint | None:
    """Whether a tensor and the numbers that it is compared with have one shape; a last axis of 1 may be left out.

    `between` are the least and the largest number that can be compared with.
    """
    if target is None or target.kind == "constant":
        value = target.value if target is not None else None
        if value is None or between is None or between[0] <= value <= between[1]:
            return None
        return Complaint(f"compares with {wanted}, and its target is {value:g}", "write a number of these", "target")
    picture = between is None and target.kind == "image" and None not in target.shape
    if not picture and not _holds_numbers(target):
        return Complaint(
            f"compares with {wanted}, and its target is {_kind(target)}", "name a feature of kind `number`"
        )
    if _agree(_squeezed(found), _squeezed(target.shape)):
        return None
    return Complaint(
        f"reads a tensor of {_show(found)}, and its target is {_kind(target)}", "make the two of one shape"
    )


def counts_fit(counted: Shape, given: FeatureType) -> Complaint | None:
    """Whether a mask or weight is a number for each example, or for each of what is compared.

    The message is the end of a sentence that begins with the mask or weight.
    """
    if given.kind == "constant":
        return Complaint(
            "is one number, so that all examples count alike", "name a feature or end point, or take it out"
        )
    if not _holds_numbers(given):
        help = "name a feature of kind `number`, or one that is 0 or 1"
        return Complaint(f"is {_kind(given)}, and wants numbers that say how much an example counts", help)
    if not _squeezed(given.shape) or _agree(_squeezed(given.shape), _squeezed(counted)):
        return None
    compared = f", or {_show(counted)} as what is compared" if counted else ""
    return Complaint(f"is {_kind(given)}, and wants one number an example{compared}", "name one of that shape")


def _holds_numbers(feature: FeatureType) -> bool:
    """Whether its values are numbers, and not pixels or the indices of more than two classes."""
    return feature.kind not in ("image", "words") and not (feature.counts_classes and (feature.classes or 0) > 2)


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
    if target.kind in ("class_map", "image") and None not in target.shape:
        size = f" of {_show(target.shape)}"
    elif target.kind == "class" and target.classes is not None:
        size = f", one of {target.classes}"
    return f"{article}{target.kind}{size}"
