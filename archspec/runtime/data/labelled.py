"""Data sets of pictures that have a class each: the features `image` and `label`."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import class_type, image_type
from archspec.runtime.data.dataset import Dataset, Example


def array_dataset(name: str, split: str, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> Dataset:
    """Images in memory, uint8 [n, height, width, channels], with labels, integers [n]."""
    with tf.device("/cpu:0"):
        image_tensor, label_tensor = tf.constant(images), tf.constant(labels, tf.int64)

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        return {"image": image_tensor[index], "label": label_tensor[index]}

    known: dict[str, Any] = {"labels": labels.astype(np.int64), "class_names": {"label": names} if names else {}}
    known["identity"] = lambda index: images[index].tobytes()
    features = {"image": image_type(*images.shape[1:]), "label": class_type(len(names) or None)}
    return Dataset(name, split, len(images), features, read, lambda index: f"image {index} of its file", **known)
