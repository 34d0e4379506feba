"""Steps that change the values of a picture's pixels and move none."""

from __future__ import annotations

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.preprocess.step import Preprocess, Size, falling
from archspec.compiler.language.types import Numbers


class ColorJitter(Preprocess, name="color_jitter"):
    """Random changes of colour in a random order, then clipped to [0, 1]; as it stands, TF-Slim's fast mode."""

    EXAMPLE = "train: {preprocess: [{random_resized_crop: 224}, {color_jitter, hue: 0.1}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.color:color_jitter"

    brightness: float = field(default=32 / 255, minimum=0, maximum=1, doc="largest amount added or taken away")
    saturation: tuple[float, float] | None = field(default=(0.5, 1.5), minimum=0, doc="factor")
    hue: float = field(default=0.0, minimum=0, maximum=0.5, doc="largest change; 0 leaves hue alone")
    contrast: tuple[float, float] | None = field(default=None, minimum=0, doc="factor; null leaves contrast alone")

    def complaint(self, before: Size, channels: int) -> str | None:
        return falling(saturation=self.saturation, contrast=self.contrast)


class RandomBrightness(Preprocess, name="random_brightness"):
    """A random amount added to every value, not clipped."""

    EXAMPLE = "train: {preprocess: [{resize: 224}, {random_brightness: 0.25}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.color:random_brightness"

    amount: float = field(main=True, minimum=0, doc="largest amount, image values in [0, 1]")


class RandomContrast(Preprocess, name="random_contrast"):
    """Contrast changed by a random factor, not clipped."""

    EXAMPLE = "train: {preprocess: [{resize: 224}, {random_contrast: [0.2, 1.8]}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.color:random_contrast"

    factor: tuple[float, float] = field(main=True, minimum=0, doc="least and largest factor")

    def complaint(self, before: Size, channels: int) -> str | None:
        return falling(factor=self.factor)


class Normalize(Preprocess, name="normalize"):
    """(255 * image - mean) / scale: Inception 127.5 and 127.5, LeNet 128 and 128, VGG the three means and 1.

    PyTorch's means and deviations, which count from 0 to 1, are 255 times as much here:
    `{normalize: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375]}`.
    """

    EXAMPLE = "train: {preprocess: [{resize: 224}, {normalize: [123.68, 116.78, 103.94]}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.color:normalize"

    mean: tuple[float, ...] = field(main=True, doc="for all channels, or one for each, on the scale 0 … 255")
    scale: Numbers = field(default=1.0, above=0, doc="divisor, for all channels, or one for each, on the scale 0 … 255")

    def complaint(self, before: Size, channels: int) -> str | None:
        has = f"but the input has {channels} {'channel' if channels == 1 else 'channels'}"
        if len(self.mean) not in (1, channels):
            return f"has {len(self.mean)} means, {has}"
        if isinstance(self.scale, tuple) and len(self.scale) not in (1, channels):
            return f"has {len(self.scale)} scales, {has}"
        return None


class Standardize(Preprocess, name="standardize"):
    """Each image to mean 0 and deviation 1, the deviation at least 1 / sqrt(number of values)."""

    EXAMPLE = "train: {preprocess: [{resize: 224}, standardize]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.color:standardize"
