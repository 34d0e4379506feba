"""Encoded images decoded: JPEG, PNG, BMP, WebP, and the first picture of a GIF.

Sixteen bits a channel become eight, an alpha channel is dropped, CMYK becomes RGB. An orientation in EXIF data is not
followed, as in all of TensorFlow's image code: such pictures should be turned when a data set is made.
"""

from __future__ import annotations

import tensorflow as tf


def decode(contents: tf.Tensor, channels: int) -> tf.Tensor:
    """A uint8 image height x width x channels, from 1 for grey to 3 for RGB and 4 with alpha."""
    if channels != 1:
        return _decode(contents, channels)
    # Only JPEG and PNG can be decoded to grey; the others take the way over RGB.
    start = tf.strings.substr(contents, 0, 3)
    direct = tf.reduce_any(start == [b"\xff\xd8\xff", b"\x89PN"])
    return tf.cond(direct, lambda: _decode(contents, 1), lambda: with_channels(_decode(contents, 3), 1))


def _decode(contents: tf.Tensor, channels: int) -> tf.Tensor:
    image = tf.io.decode_image(contents, channels=channels, expand_animations=False)
    image.set_shape([None, None, channels])
    return image


def with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    """A uint8 image with its 1 or 3 channels made into 1 or 3."""
    there = image.shape[-1]
    if there == channels:
        return image
    return tf.image.grayscale_to_rgb(image) if there == 1 else tf.image.rgb_to_grayscale(image)


def to_float(image: tf.Tensor) -> tf.Tensor:
    """The image as float32 in [0, 1]; one that is so already stays as it is."""
    return tf.image.convert_image_dtype(image, tf.float32)
