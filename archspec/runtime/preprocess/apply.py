"""Preprocess steps applied to the pictures and maps of one example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import PIXELS, FeatureType, image_type
from archspec.compiler.language.forms.preprocess.step import Moving, Preprocess, complaints
from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.files.kinds import READABLE
from archspec.files.regular import read_regular
from archspec.runtime.implementation import implementation
from archspec.runtime.preprocess import geometry
from archspec.runtime.preprocess.decode import decode, to_float, trouble, with_channels
from archspec.runtime.preprocess.maps import decode_map

ImageShape = tuple[int, int, int]
Steps = tuple[Preprocess, ...]


@dataclass(frozen=True)
class Preparation:
    """From the features of an example as they are read to those that a batch holds.

    `shapes` are those of the inputs that pictures feed. Other pictures get as many channels as the first of them.
    """

    features: Mapping[str, FeatureType]
    steps: Steps
    shapes: Mapping[str, ImageShape]

    def __post_init__(self) -> None:
        """Raise Stop where the steps do not lead to one size."""
        found = [problem for name, feature in self.features.items() for problem in self._problems(name, feature)]
        if found:
            raise Stop(*(Diagnostic("AS712", sentence, help=remedy) for sentence, remedy in dict.fromkeys(found)))

    def _problems(self, name: str, feature: FeatureType) -> list[tuple[str, str]]:
        if feature.kind not in PIXELS:
            return []
        size = feature.shape[0], feature.shape[1]
        if name in self.shapes:
            return complaints(self._steps_on(name), size, self.shapes[name])
        if None in self.size(name):
            return [(f"the preprocess steps leave `{name}` in any size", "end with a step to one size, such as resize")]
        return []

    def _steps_on(self, name: str) -> Steps:
        return tuple(step for step in self.steps if step.takes(name, self.features[name].kind))

    def size(self, name: str) -> tuple[int | None, int | None]:
        """Height and width of a picture or map after the steps."""
        size = self.features[name].shape[0], self.features[name].shape[1]
        for step in self._steps_on(name):
            size = step.size_after(size)
        return size

    def channels(self, name: str) -> int:
        """The channels of a picture."""
        known = self.shapes.get(name) or next(iter(self.shapes.values()), None)
        return known[-1] if known is not None else self.features[name].shape[-1] or 3

    def __call__(self, raw: Mapping[str, tf.Tensor], seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """The features of one example, inside a graph; `seed` is that of its random changes, int64 [2]."""
        values = {name: self._start(name, raw[name]) for name in self.features}
        pixels = [name for name, feature in self.features.items() if feature.kind in PIXELS]
        values = _of_one_size(values, [name for name in pixels if self._goes_with_a_map(name)])
        for number, step in enumerate(self.steps):
            own = tf.random.experimental.stateless_fold_in(seed, number, alg="philox")
            for name in pixels:
                if step.takes(name, self.features[name].kind):
                    values[name] = self._stepped(step, values[name], own)
        return {name: self._end(name, value) for name, value in values.items()}

    def _goes_with_a_map(self, name: str) -> bool:
        maps = any(feature.kind == "class_map" for feature in self.features.values())
        return maps and any(isinstance(step, Moving) for step in self._steps_on(name))

    def _start(self, name: str, value: tf.Tensor) -> tf.Tensor:
        feature = self.features[name]
        if feature.kind == "image":
            channels = self.channels(name)
            return decode(value, channels) if value.dtype == tf.string else with_channels(value, channels)
        if feature.kind == "class_map":
            classes = decode_map(value, feature) if value.dtype == tf.string else value
            # What steps fill with zeros is then what counts nowhere.
            return classes[..., tf.newaxis] - (feature.ignore or 0)
        return tf.ensure_shape(tf.cast(value, feature.dtype), feature.shape)

    @staticmethod
    def _stepped(step: Preprocess, value: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if type(step) not in geometry.MOVES_PIXELS:
            value = to_float(value)
        return implementation(step)(step, value, seed)

    def _end(self, name: str, value: tf.Tensor) -> tf.Tensor:
        feature = self.features[name]
        if feature.kind == "image":
            return tf.ensure_shape(to_float(value), self.shapes.get(name) or (*self.size(name), self.channels(name)))
        if feature.kind == "class_map":
            return tf.ensure_shape(value[..., 0] + (feature.ignore or 0), self.size(name))
        return value


def _of_one_size(values: dict[str, tf.Tensor], names: list[str]) -> dict[str, tf.Tensor]:
    """The values, after an error in the graph where pictures and maps that are moved together differ in size."""
    if len(names) < 2:
        return values
    first = tf.shape(values[names[0]])[:2]
    checks = [
        tf.debugging.Assert(
            tf.reduce_all(tf.shape(values[name])[:2] == first),
            [f"`{names[0]}` and `{name}` differ in size", first, tf.shape(values[name])[:2]],
        )
        for name in names[1:]
    ]
    with tf.control_dependencies([check for check in checks if check is not None]):
        return {name: tf.identity(value) for name, value in values.items()}


def preprocess_file(path: str, steps: Steps, shape: ImageShape, name: str = "image") -> np.ndarray:
    """A picture file as a network's input of this name: float32 height x width x channels. Raises Stop."""
    prepare = Preparation({name: image_type()}, steps, {name: shape})
    try:
        contents = read_regular(path)
    except OSError as error:
        raise stop("AS710", f"{path} cannot be read: {error.strerror}") from error
    try:
        with tf.device("/cpu:0"):
            prepared = prepare({name: tf.constant(contents)}, tf.zeros([2], tf.int64))
            return np.asarray(prepared[name])
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
