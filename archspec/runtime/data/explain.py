"""Which example an error from the input pipeline is about."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.dataset import Dataset
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

    `indices` narrows the search: those of `order.step_indices` for the step whose batch did not come. Without it every
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
    code, sentence = found
    place = f"example {index} of {dataset}, {dataset.place(index)},"
    return stop(code, f"{place} {sentence}", help="repair it or take it away")


def example_mistake(dataset: Dataset, index: int, *, quickly: bool = False) -> tuple[str, str] | None:
    """The code for what is wrong with one example, and the end of a sentence that begins with its place.

    `quickly`: a picture is not decoded if it looks whole.
    """
    try:
        wrong = dataset.record_trouble(index) if dataset.record_trouble is not None else None
        if wrong is not None:
            return "AS716", wrong
        with tf.device("/cpu:0"):
            found = dataset.read(tf.constant(index, tf.int64), tf.zeros([2], tf.int64))
    except (tf.errors.OpError, OSError, ValueError) as error:
        return "AS710", f"cannot be read: {error if isinstance(error, OSError) else reason(error)}"
    several = len(dataset.features) > 2
    for name, feature in dataset.features.items():
        mistake = _feature_mistake(name if several else "", feature, found[name], quickly)
        if mistake is not None:
            return mistake
    return None


def _feature_mistake(name: str, feature: FeatureType, value: tf.Tensor, quickly: bool) -> tuple[str, str] | None:
    """What is wrong with a feature; its name, if given, begins the sentence's end."""
    if feature.kind == "class" and feature.classes is not None and not 0 <= int(value) < feature.classes:
        what = f"has the {name or 'label'} {int(value)}"
        return "AS705", f"{what}, and the data set's classes are 0 to {feature.classes - 1}"
    if value.dtype != tf.string:
        return None
    contents, where = value.numpy(), f"has the {feature.kind} `{name}`, which " if name else ""
    if feature.kind == "class_map":
        wrong = map_trouble(contents, feature)
    else:
        whole = quickly and looks_whole(contents, contents[-_TAIL:], len(contents))
        wrong = None if whole else trouble(contents, 3)
    return None if wrong is None else ("AS711", where + wrong)


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
