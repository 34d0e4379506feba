"""Steps that change an image's values."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from archspec.compiler.language.forms.preprocess import color as forms

Change = Callable[[tf.Tensor], tf.Tensor]

_ORDERS = (
    ("brightness", "saturation", "hue", "contrast"),
    ("saturation", "brightness", "contrast", "hue"),
    ("contrast", "hue", "brightness", "saturation"),
    ("hue", "saturation", "contrast", "brightness"),
)
"""TF-Slim's four orders of inception_preprocessing.distort_color; without hue and contrast, two are left."""


def color_jitter(step: forms.ColorJitter, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The changes in one of TF-Slim's orders, clipped to [0, 1]; a grey image has neither saturation nor hue."""
    seeds = tf.random.experimental.stateless_split(seed, 5, alg="philox")
    changes = _changes(step, seeds, colored=image.shape[-1] == 3)
    orders = list(dict.fromkeys(tuple(name for name in order if name in changes) for order in _ORDERS))
    chosen = tf.random.stateless_uniform([], seeds[4], 0, len(orders), tf.int32, alg="philox")
    changed = tf.switch_case(chosen, [lambda order=order: _in_order(image, changes, order) for order in orders])
    return tf.clip_by_value(changed, 0.0, 1.0)


def _changes(step: forms.ColorJitter, seeds: tf.Tensor, colored: bool) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    saturation, contrast = step.saturation, step.contrast
    if step.brightness:
        changes["brightness"] = lambda image: image + _uniform(seeds[0], -step.brightness, step.brightness)
    if saturation is not None and colored:
        changes["saturation"] = lambda image: tf.image.adjust_saturation(image, _uniform(seeds[1], *saturation))
    if step.hue and colored:
        changes["hue"] = lambda image: tf.image.adjust_hue(image, _uniform(seeds[2], -step.hue, step.hue))
    if contrast is not None:
        changes["contrast"] = lambda image: tf.image.adjust_contrast(image, _uniform(seeds[3], *contrast))
    return changes


def _in_order(image: tf.Tensor, changes: dict[str, Change], order: tuple[str, ...]) -> tf.Tensor:
    for name in order:
        image = changes[name](image)
    return image


def _uniform(seed: tf.Tensor, low: float, high: float) -> tf.Tensor:
    """A float32 scalar, `low` itself where the two are equal."""
    return low + (high - low) * tf.random.stateless_uniform([], seed, alg="philox")


def random_brightness(step: forms.RandomBrightness, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One amount for all values."""
    return image + _uniform(seed, -step.amount, step.amount)


def random_contrast(step: forms.RandomContrast, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Each channel's distance from its own mean times one factor."""
    return tf.image.adjust_contrast(image, _uniform(seed, *step.factor))


def normalize(step: forms.Normalize, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(255 * image - mean) / scale."""
    return (image * 255.0 - tf.constant(step.mean)) / tf.constant(step.scale)


def standardize(step: forms.Standardize, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """(image - mean) / max(deviation, 1 / sqrt(number of values)), over the whole image."""
    return tf.image.per_image_standardization(image)
