"""Steps that change an image's height and width."""

from __future__ import annotations

import tensorflow as tf

from archspec.compiler.language.forms.preprocess import geometry as forms
from archspec.runtime.preprocess.decode import to_float

MOVES_PIXELS = {
    forms.RandomResizedCrop,
    forms.RandomFlip,
    forms.CentralCrop,
    forms.RandomCrop,
    forms.CropOrPad,
    forms.Pad,
}
"""Steps that take uint8 images too, with the same result. What a crop leaves out need not be made float32 first."""


def random_resized_crop(step: forms.RandomResizedCrop, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """TF-Slim's distorted_bounding_box_crop with the whole image as the object's box."""
    begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.shape(image),
        tf.constant([[[0.0, 0.0, 1.0, 1.0]]]),
        seed,
        min_object_covered=step.covered,
        aspect_ratio_range=step.aspect,
        area_range=step.area,
        max_attempts=step.attempts,
    )
    return _resize(to_float(tf.slice(image, begin, extent)), step.size)


def random_scale(step: forms.RandomScale, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Both sides times one factor, drawn evenly, to whole pixels."""
    low, high = step.factor
    factor = low + (high - low) * tf.random.stateless_uniform([], seed, alg="philox")
    size = tf.cast(tf.math.rint(tf.cast(tf.shape(image)[:2], tf.float32) * factor), tf.int32)
    return _resize(image, tf.maximum(size, 1))


def random_flip(step: forms.RandomFlip, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Left and right exchanged, half of the time."""
    return tf.image.stateless_random_flip_left_right(image, seed)


def central_crop(step: forms.CentralCrop, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """This part of each side, not of the area; the number of pixels left out is rounded down on each side."""
    return tf.image.central_crop(image, step.fraction)


def resize(step: forms.Resize, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Bilinear, without smoothing where it gets smaller."""
    return _resize(image, step.size, step.grid)


def resize_shorter(step: forms.ResizeShorter, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """TF-Slim's aspect_preserving_resize."""
    return _resize_shorter(image, tf.constant(step.side))


def random_resize_shorter(step: forms.RandomResizeShorter, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The length is drawn evenly from the whole numbers of the range."""
    low, high = step.side
    return _resize_shorter(image, tf.random.stateless_uniform([], seed, low, high + 1, tf.int32, alg="philox"))


def random_crop(step: forms.RandomCrop, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """A part of this size; an image that is smaller is an error that says so."""
    height, width = step.size
    fits = tf.reduce_all(tf.shape(image)[:2] >= [height, width])
    sentence = f"preprocess step random_crop: {height}x{width} is larger than the image there"
    with tf.control_dependencies([tf.debugging.Assert(fits, [sentence, tf.shape(image)])]):
        return tf.image.stateless_random_crop(image, [height, width, image.shape[-1]], seed)


def crop_or_pad(step: forms.CropOrPad, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The middle, or the image in the middle of zeros, for each side by itself."""
    return tf.image.resize_with_crop_or_pad(image, *step.size)


def pad(step: forms.Pad, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Zeros on all four sides."""
    sides = [step.amount, step.amount]
    return tf.pad(image, [sides, sides, [0, 0]])


def _resize(image: tf.Tensor, size: tf.Tensor | tuple[int, int], grid: str = "corner") -> tf.Tensor:
    # tf.image.resize has the grid with half-pixel centres only; TF1's is left in the kernel behind it.
    if image.dtype == tf.int32:
        nearest = tf.raw_ops.ResizeNearestNeighbor(
            images=image[tf.newaxis], size=size, half_pixel_centers=grid == "center"
        )
        return nearest[0]
    resized = tf.raw_ops.ResizeBilinear(images=image[tf.newaxis], size=size, half_pixel_centers=grid == "center")
    return resized[0]


def _resize_shorter(image: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = tf.cast(side, tf.float32) / tf.reduce_min(sides)
    return _resize(image, tf.cast(tf.math.rint(sides * scale), tf.int32))
