"""Encoded pictures decoded: JPEG, PNG, BMP, WebP and GIF, upright, the first picture of an animation.

Sixteen bits a channel become eight, CMYK becomes RGB. A network of one or three channels sees no alpha channel: the
colours below it count. A network of four sees 255 where a picture has none.

TensorFlow's decoders are fast for JPEG and PNG; they don't follow EXIF's orientation, take some CMYK for its negative,
and the indices of a palette for grey. So a look at the header decides who decodes, and how the picture is turned.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from archspec.files.limits import PIXELS, limit
from archspec.runtime.preprocess.header import read_header
from archspec.runtime.preprocess.pillow import decode_with_pillow

_PILLOW = 0
_TURNED = 5
"""Orientations from here on exchange height and width."""

_REVERSED = [[False, False, False]] * 2 + [
    [False, True, False],
    [True, True, False],
    [True, False, False],
    [False, False, False],
    [False, True, False],
    [True, True, False],
    [True, False, False],
]
"""By orientation, which axes run backwards after the exchange."""


def decode(contents: tf.Tensor, channels: int) -> tf.Tensor:
    """A uint8 image height x width x channels: 1 for grey, 3 for RGB, 4 with alpha. `trouble` explains an error."""

    def looked_at() -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(_way, [contents], tf.int32, stateful=False), [])

    way = tf.cond(_is_plain(contents), lambda: 1, looked_at)
    image = tf.cond(
        way == _PILLOW,
        lambda: tf.numpy_function(_with_pillow, [contents, channels], tf.uint8, stateful=False),
        lambda: _upright(_with_tensorflow(contents, channels), way),
    )
    image.set_shape([None, None, channels])
    return image


def trouble(contents: bytes, channels: int) -> str | None:
    """Why a picture cannot be decoded, as the end of a sentence that begins with its file; None if it can."""
    try:
        header = read_header(contents)
        if not header.direct:
            decode_with_pillow(contents, channels)
            return None
        with tf.device("/cpu:0"):
            decode(tf.constant(contents), channels)
    except ValueError as error:
        return str(error)
    except tf.errors.InvalidArgumentError:
        return f"is a damaged {header.format} file, or was cut off"
    return None


def _is_plain(contents: tf.Tensor) -> tf.Tensor:
    """Whether this is a JPEG of the most frequent kind, which needs no look by Python, whose threads wait for another.

    It has a JFIF marker and at once the quantization tables, so no EXIF data; and one or three channels.
    """
    start = tf.strings.substr(contents, 0, 22) + b"\0" * 22
    jfif = tf.strings.substr(start, 0, 6) == b"\xff\xd8\xff\xe0\0\x10"
    tables = tf.strings.substr(start, 20, 2) == b"\xff\xdb"
    return tf.cond(jfif & tables, lambda: _is_small_rgb_or_grey(contents), lambda: False)


def _is_small_rgb_or_grey(contents: tf.Tensor) -> tf.Tensor:
    shape = tf.io.extract_jpeg_shape(contents, tf.int64)
    return (shape[2] < 4) & (shape[0] * shape[1] <= limit(PIXELS))


def _way(contents: bytes | np.ndarray) -> np.int32:
    """The orientation of a picture that TensorFlow decodes, otherwise _PILLOW."""
    header = read_header(_bytes(contents))
    return np.int32(header.orientation if header.direct else _PILLOW)


def _with_pillow(contents: bytes | np.ndarray, channels: np.int32) -> np.ndarray:
    return decode_with_pillow(_bytes(contents), int(channels))


def _bytes(contents: bytes | np.ndarray) -> bytes:
    """TensorFlow hands a string on as bytes within a graph, and as an array outside."""
    return contents if isinstance(contents, bytes) else bytes(contents.item())


def _with_tensorflow(contents: tf.Tensor, channels: int) -> tf.Tensor:
    jpeg = tf.strings.substr(contents, 0, 1) == b"\xff"
    return tf.cond(jpeg, lambda: _jpeg(contents, channels), lambda: _png(contents, channels))


def _jpeg(contents: tf.Tensor, channels: int) -> tf.Tensor:
    return with_channels(tf.io.decode_jpeg(contents, channels=min(channels, 3)), channels)


def _png(contents: tf.Tensor, channels: int) -> tf.Tensor:
    # TensorFlow's own way to grey weighs a PNG's colours otherwise than a JPEG's.
    return with_channels(tf.io.decode_png(contents, channels=max(channels, 3)), channels)


def _upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """The picture as it was seen, from one as it is stored."""

    def turned() -> tf.Tensor:
        exchanged = tf.cond(orientation >= _TURNED, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
        return tf.raw_ops.Reverse(tensor=exchanged, dims=tf.gather(_REVERSED, orientation))

    return tf.cond(orientation == 1, lambda: image, turned)


def with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    """A uint8 image with its 1, 3 or 4 channels made into 1, 3 or 4."""
    there = image.shape[-1]
    if there == channels:
        return image
    color = tf.repeat(image, 3, axis=-1) if there == 1 else image[..., :3]
    if channels == 1:
        return _grey(color)
    if channels == 3:
        return color
    return tf.pad(color, [[0, 0], [0, 0], [0, 1]], constant_values=tf.constant(255, tf.uint8))


def _grey(color: tf.Tensor) -> tf.Tensor:
    """Luma as in ITU-R BT.601 and Pillow's, rounded."""
    weights = tf.constant([19595, 38470, 7471])
    total = tf.reduce_sum(tf.cast(color, tf.int32) * weights, -1, keepdims=True)
    return tf.cast(tf.bitwise.right_shift(total + 0x8000, 16), tf.uint8)


def to_float(image: tf.Tensor) -> tf.Tensor:
    """The image as float32 in [0, 1]; one that is so already stays as it is, and a map (int32) too."""
    if image.dtype == tf.int32:
        return image
    return tf.image.convert_image_dtype(image, tf.float32)
