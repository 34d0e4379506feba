"""The TensorFlow code of every preprocess form, and steps applied to one image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms import preprocess as forms
from archspec.compiler.language.forms.preprocess import Preprocess, complaints
from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.runtime.preprocess import color, geometry
from archspec.runtime.preprocess.decode import decode, to_float, trouble, with_channels
from archspec.runtime.preprocess.kinds import READABLE
from archspec.runtime.regular import read_regular

STEPS: dict[type[Preprocess], Callable[[Any, tf.Tensor, tf.Tensor], tf.Tensor]] = {
    forms.RandomResizedCrop: geometry.random_resized_crop,
    forms.RandomFlip: geometry.random_flip,
    forms.ColorJitter: color.color_jitter,
    forms.RandomBrightness: color.random_brightness,
    forms.RandomContrast: color.random_contrast,
    forms.CentralCrop: geometry.central_crop,
    forms.Resize: geometry.resize,
    forms.ResizeShorter: geometry.resize_shorter,
    forms.RandomResizeShorter: geometry.random_resize_shorter,
    forms.RandomCrop: geometry.random_crop,
    forms.CropOrPad: geometry.crop_or_pad,
    forms.Pad: geometry.pad,
    forms.Normalize: color.normalize,
    forms.Standardize: color.standardize,
}
"""By form: a function of the form, an image (float32 height x width x channels) and a seed (int64 [2])."""


def prepare(image: tf.Tensor, steps: tuple[Preprocess, ...], shape: tuple[int, int, int], seed: tf.Tensor) -> tf.Tensor:
    """A network's input, float32 of this shape, from an encoded (string scalar) or a uint8 image, inside a graph."""
    channels = shape[-1]
    image = decode(image, channels) if image.dtype == tf.string else with_channels(image, channels)
    for number, step in enumerate(steps):
        if type(step) not in geometry.MOVES_PIXELS:
            image = to_float(image)
        image = STEPS[type(step)](step, image, tf.random.experimental.stateless_fold_in(seed, number, alg="philox"))
    return tf.ensure_shape(to_float(image), shape)


def check_steps(steps: tuple[Preprocess, ...], image: tuple[int, int, int] | None, shape: tuple[int, int, int]) -> None:
    """Nothing, if the steps lead from images (of this shape, if they all have one) to an input; raises Stop."""
    found = complaints(steps, image[:2] if image else (None, None), shape)
    if found:
        raise Stop(*(Diagnostic("AS712", sentence, help=remedy) for sentence, remedy in found))


def preprocess_file(path: str, steps: tuple[Preprocess, ...], shape: tuple[int, int, int]) -> np.ndarray:
    """A picture file as a network's input: float32 height x width x channels. Raises Stop."""
    check_steps(steps, None, shape)
    try:
        contents = read_regular(path)
    except OSError as error:
        raise stop("AS710", f"{path} cannot be read: {error.strerror}") from error
    try:
        with tf.device("/cpu:0"):
            return prepare(tf.constant(contents), steps, shape, tf.zeros([2], tf.int64)).numpy()
    except (tf.errors.InvalidArgumentError, ValueError) as error:
        wrong = trouble(contents, shape[-1])
        if wrong is not None:
            raise stop("AS711", f"{path} {wrong}", help=READABLE) from error
        raise stop("AS713", f"{path}: {reason(error)}", help="put a resize before this step") from error


def reason(error: tf.errors.OpError | ValueError) -> str:
    """What TensorFlow said, without the names of its own parts, or a ValueError's own text."""
    if isinstance(error, ValueError):
        return str(error)
    text = error.message.split("}} ", 1)[-1].split(" [Op:", 1)[0]
    return text.strip().splitlines()[0].removeprefix("ValueError: ") if text.strip() else type(error).__name__
