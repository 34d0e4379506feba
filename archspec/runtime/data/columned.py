"""A data set of features that lie in memory as arrays, or in a file for every example."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from archspec.runtime.data.columns import Made
from archspec.runtime.data.dataset import RAW, Dataset, Example


def columned(
    name: str, size: int, made: Made, place: Callable[[int], str], identity: Callable[[int], bytes]
) -> Dataset:
    """A data set without splits of its own, of what was made of columns."""
    with tf.device("/cpu:0"):
        arrays = {key: tf.constant(_in_dtype(array, made, key)) for key, array in made.arrays.items()}
        paths = {key: tf.constant(np.array(list(map(os.fsencode, found)), object)) for key, found in made.paths.items()}

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        return {
            **{key: array[index] for key, array in arrays.items()},
            **{key: tf.io.read_file(found[index]) for key, found in paths.items()},
        }

    classes = [key for key, feature in made.types.items() if feature.kind == "class"]
    labels = made.arrays[classes[0]] if len(classes) == 1 else None
    return Dataset(
        name, "", size, made.types, read, place, made.class_names, labels, identity=identity, paths=made.paths
    )


def _in_dtype(array: np.ndarray, made: Made, key: str) -> np.ndarray:
    """Pictures and maps stay as they are; they are made into what a batch holds after the steps."""
    kind = made.types[key].kind
    if kind in ("image", "class_map"):
        return array
    return array.astype(RAW.get(kind, tf.float32).as_numpy_dtype)
