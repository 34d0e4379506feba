"""Maps of classes decoded: pictures whose grey values or palette indices are the classes' numbers."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.features import FeatureType
from archspec.runtime.preprocess.header import read_header

_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")


def decode_map(contents: tf.Tensor, feature: FeatureType) -> tf.Tensor:
    """int32 [height, width] inside a graph; `map_trouble` explains an error."""

    def classes(encoded: bytes | np.ndarray) -> np.ndarray:
        return _classes(encoded if isinstance(encoded, bytes) else bytes(encoded.item()), feature)

    return tf.ensure_shape(tf.numpy_function(classes, [contents], tf.int32, stateful=False), [None, None])


def map_trouble(contents: bytes, feature: FeatureType) -> str | None:
    """Why a map cannot be decoded, as the end of a sentence that begins with its file; None if it can."""
    try:
        _classes(contents, feature)
    except ValueError as error:
        return str(error)
    return None


def _classes(contents: bytes, feature: FeatureType) -> np.ndarray:
    """The map; raises ValueError, whose text is the end of a sentence."""
    header = read_header(contents)
    try:
        with Image.open(BytesIO(contents)) as picture:
            mode, values = picture.mode, np.array(picture)
    except Exception as error:
        # A damaged file can make Pillow raise anything at all.
        raise ValueError(f"is a damaged {header.format} file: {error}") from error
    if mode not in _MODES:
        raise ValueError(f"is a picture in colours ({mode}), and a map has one number a pixel: a grey or palette PNG")
    found = values.astype(np.int32)
    wrong = (found < 0) | (found >= (feature.classes or 2**16))
    if feature.ignore is not None:
        wrong &= found != feature.ignore
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        value, most = int(found[row, column]), (feature.classes or 2**16) - 1
        raise ValueError(f"has the value {value} in row {row}, column {column}, and its classes are 0 to {most}")
    return found
