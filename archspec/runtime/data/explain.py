"""Which example an error from the input pipeline is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.naming import printable
from archspec.runtime.preprocess.apply import reason
from archspec.runtime.preprocess.decode import trouble
from archspec.runtime.preprocess.maps import map_trouble
from archspec.runtime.preprocess.whole import looks_whole

_STEP = re.compile(r"(preprocess step [^\]]*)\] \[(\d+) (\d+)")
"""What `geometry.random_crop` says, and the size of the image."""

_SIZES = re.compile(r"(`[^`]+` and `[^`]+` differ in size)\] \[(\d+) (\d+)\] \[(\d+) (\d+)")
"""What `apply` says of pictures and maps."""

_TAIL = 2**12


def explain_data_error(exception: BaseException, dataset: Dataset, indices: Iterable[int] | None = None) -> Stop | None:
    """The sentence for a user behind an error that iterating over batches raised; None if no example is at fault.

    `indices` narrows the search: those of the order for the step whose batch did not come. Without it every
    example is read again until one fails.
    """
    if not isinstance(exception, tf.errors.OpError):
        return None
    for index in range(dataset.size) if indices is None else indices:
        found = _mistake(dataset, int(index))
        if found is not None:
            return found
    return _step_mistake(exception, dataset) or _size_mistake(exception, dataset)


def _mistake(dataset: Dataset, index: int) -> Stop | None:
    """What is wrong with one example, found by reading it alone."""
    found = example_mistake(dataset, index)
    if found is None:
        return None
    message = f"example {index} of {dataset}, {found.place}, {found.sentence}"
    return stop(found.code, message, help="repair it or take it away")


@dataclass(frozen=True)
class Mistake:
    """What is wrong with an example: a code, where it lies, and the end of a sentence that begins with that place."""

    code: str
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place} {self.sentence}"


def example_mistake(dataset: Dataset, index: int, *, quickly: bool = False) -> Mistake | None:
    """What is wrong with one example; `quickly`: a picture is not decoded if it looks whole."""
    place = dataset.place(index)
    try:
        wrong = dataset.record_trouble(index) if dataset.record_trouble is not None else None
        if wrong is not None:
            return Mistake("AS716", place, wrong)
        with tf.device("/cpu:0"):
            found = dataset.read(tf.constant(index, tf.int64), tf.zeros([2], tf.int64))
    except (tf.errors.OpError, OSError, ValueError) as error:
        why = str(error) if isinstance(error, OSError) else reason(error)
        return Mistake("AS710", place, f"cannot be read: {why}")
    for name, feature in dataset.features.items():
        wrong_feature = _feature_mistake(name, feature, found[name], quickly)
        if wrong_feature is not None:
            return _placed(dataset, index, name, *wrong_feature)
    return None


def _placed(dataset: Dataset, index: int, name: str, code: str, sentence: str) -> Mistake:
    """A mistake of a feature, which has a file of its own or is one of several."""
    if name in dataset.paths:
        return Mistake(code, printable(dataset.paths[name][index]), sentence)
    alike = [one for one in dataset.features.values() if one.kind == dataset.features[name].kind]
    which = f"has the {dataset.features[name].kind} `{name}`, which " if len(alike) > 1 and code == "AS711" else ""
    return Mistake(code, dataset.place(index), which + sentence)


def _feature_mistake(name: str, feature: FeatureType, value: tf.Tensor, quickly: bool) -> tuple[str, str] | None:
    """The code for what is wrong with a feature, and the end of a sentence."""
    if feature.kind == "class" and feature.classes is not None and not 0 <= int(value) < feature.classes:
        return "AS705", f"has the {name} {int(value)}, and the data set's classes are 0 to {feature.classes - 1}"
    if value.dtype != tf.string:
        return None
    contents = value.numpy()
    if feature.kind == "class_map":
        wrong = map_trouble(contents, feature)
    else:
        whole = quickly and looks_whole(contents, contents[-_TAIL:], len(contents))
        wrong = None if whole else trouble(contents, 3)
    return None if wrong is None else ("AS711", wrong)


def _step_mistake(exception: tf.errors.OpError, dataset: Dataset) -> Stop | None:
    """What a step says of an image that it could not work on, if that is the error."""
    found = _STEP.search(exception.message)
    if found is None:
        return None
    sentence, height, width = found.groups()
    return stop("AS713", f"{sentence}, {height}x{width}, in {dataset}", help="put a resize before this step")


def _size_mistake(exception: tf.errors.OpError, dataset: Dataset) -> Stop | None:
    """What is said of a picture and a map of different sizes, if that is the error."""
    found = _SIZES.search(exception.message)
    if found is None:
        return None
    names, *sizes = found.groups()
    message = f"{names} in {dataset}: {sizes[0]}x{sizes[1]} and {sizes[2]}x{sizes[3]} (height x width)"
    return stop("AS713", message, help="a map has a value for every pixel of its picture, upright as that is seen")
