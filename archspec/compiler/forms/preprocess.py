"""Steps from a decoded image to a network's input; their TensorFlow code stands in runtime/preprocess.py.

An image enters as float32 height x width x channels in [0, 1].
"""

from __future__ import annotations

from archspec.compiler.fields import Form, field
from archspec.compiler.types import Pair


class Preprocess(Form, family="preprocess"):
    """One step on one image."""


class RandomResizedCrop(Preprocess, name="random_resized_crop"):
    """A random part of the image, resized without regard to its aspect (Szegedy et al. 2014, TF-Slim's Inception)."""

    size: Pair = field(main=True, minimum=1, doc="output height and width", unit="pixels")
    area: tuple[float, float] = field(default=(0.05, 1.0), minimum=0, maximum=1, doc="part of the image's area")
    aspect: tuple[float, float] = field(default=(0.75, 1.33), above=0, doc="width over height of the part")
    covered: float = field(default=0.1, minimum=0, maximum=1, doc="least part of the object's box inside the crop")
    attempts: int = field(default=100, minimum=1, doc="tries before the whole image is taken")


class RandomFlip(Preprocess, name="random_flip"):
    """Left and right exchanged, half of the time."""


class ColorJitter(Preprocess, name="color_jitter"):
    """Random changes of colour in a random order, then clipped to [0, 1]; TF-Slim's fast mode without hue and contrast."""

    brightness: float = field(default=32 / 255, minimum=0, maximum=1, doc="largest amount added or taken away")
    saturation: tuple[float, float] | None = field(default=(0.5, 1.5), minimum=0, doc="factor")
    hue: float = field(default=0.0, minimum=0, maximum=0.5, doc="largest change; 0 leaves hue alone")
    contrast: tuple[float, float] | None = field(default=None, minimum=0, doc="factor; null leaves contrast alone")


class RandomBrightness(Preprocess, name="random_brightness"):
    """A random amount added to every value, not clipped."""

    amount: float = field(main=True, minimum=0, doc="largest amount, image values in [0, 1]")


class RandomContrast(Preprocess, name="random_contrast"):
    """Contrast changed by a random factor, not clipped."""

    factor: tuple[float, float] = field(main=True, minimum=0, doc="least and largest factor")


class CentralCrop(Preprocess, name="central_crop"):
    """The middle of the image."""

    fraction: float = field(main=True, above=0, maximum=1, doc="part of each side that is kept")


class Resize(Preprocess, name="resize"):
    """Resized without regard to its aspect, bilinear."""

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")
    grid: str = field(
        default="corner",
        choices=("corner", "center"),
        doc="corner: TF1's and TF-Slim's grid, samples start at the corner; center: half-pixel centres as in TF2",
    )


class ResizeShorter(Preprocess, name="resize_shorter"):
    """Resized with its aspect kept, so that the shorter side has this length (TF-Slim's VGG pipeline)."""

    side: int = field(main=True, minimum=1, doc="length of the shorter side", unit="pixels")


class RandomResizeShorter(Preprocess, name="random_resize_shorter"):
    """As resize_shorter, to a random length."""

    side: tuple[int, ...] = field(main=True, minimum=1, doc="least and largest length, both included", unit="pixels")


class RandomCrop(Preprocess, name="random_crop"):
    """A random part of this size, not resized."""

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")


class CropOrPad(Preprocess, name="crop_or_pad"):
    """The middle cut out or framed with zeros to this size."""

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")


class Pad(Preprocess, name="pad"):
    """Zeros on all four sides."""

    amount: int = field(main=True, minimum=0, doc="rows and columns added on each side", unit="pixels")


class Normalize(Preprocess, name="normalize"):
    """(255 * image - mean) / scale: Inception 127.5 and 127.5, LeNet 128 and 128, VGG the three means and 1."""

    mean: tuple[float, ...] = field(main=True, doc="for all channels, or one for each, on the scale 0 … 255")
    scale: float = field(default=1.0, above=0, doc="divisor, on the scale 0 … 255")


class Standardize(Preprocess, name="standardize"):
    """Each image to mean 0 and deviation 1, the deviation at least 1 / sqrt(number of values)."""
