"""Steps from a decoded image to a network's input; their TensorFlow code stands in runtime/preprocess.

An image enters as float32 height x width x channels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from archspec.compiler.language.features import PIXELS
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.types import Feature, Pair

Size = tuple[int | None, int | None]
"""Height and width in pixels, None where images differ."""


class Preprocess(Form, family="preprocess"):
    """One step on an example.

    IMPLEMENTATION names its code, `module:function`, which is imported when it runs: a function of the form, an image
    (float32 height x width x channels) and a seed (int64 [2]). A moving step is also given maps, int32 height x width
    x 1, and makes the same draw of the same seed and size.
    """

    IMPLEMENTATION: ClassVar[str] = ""
    KINDS: ClassVar[tuple[str, ...]] = ("image",)
    """The kinds of features that it works on."""

    on: tuple[Feature, ...] = field(default=(), doc="the features that it works on; by default all that it can")

    def takes(self, name: str, kind: str) -> bool:
        """Whether it works on a feature of this name and kind."""
        return name in self.on if self.on else kind in self.KINDS

    def size_after(self, before: Size) -> Size:
        """The size of what it makes of images of a size."""
        return before

    def complaint(self, before: Size, channels: int) -> str | None:
        """Why it cannot work on such images, as the end of a sentence that begins with the step; None if it can."""
        return None


class Moving(Preprocess):
    """A step that moves pixels: one draw for every picture and map of an example; maps take the nearest value."""

    KINDS = PIXELS


class RandomScale(Moving, name="random_scale"):
    """Resized by a random factor, the same for both sides."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_scale"

    factor: tuple[float, float] = field(main=True, above=0, doc="least and largest factor of both sides")

    def size_after(self, before: Size) -> Size:
        return None, None

    def complaint(self, before: Size, channels: int) -> str | None:
        return _falling(factor=self.factor)


class RandomResizedCrop(Moving, name="random_resized_crop"):
    """A random part of the image, resized without regard to its aspect (Szegedy et al. 2014, TF-Slim's Inception)."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_resized_crop"

    size: Pair = field(main=True, minimum=1, doc="output height and width", unit="pixels")
    area: tuple[float, float] = field(default=(0.05, 1.0), minimum=0, maximum=1, doc="part of the image's area")
    aspect: tuple[float, float] = field(default=(0.75, 1.33), above=0, doc="width over height of the part")
    covered: float = field(default=0.1, minimum=0, maximum=1, doc="least part of the object's box inside the crop")
    attempts: int = field(default=100, minimum=1, doc="tries before the whole image is taken")

    def size_after(self, before: Size) -> Size:
        return self.size

    def complaint(self, before: Size, channels: int) -> str | None:
        return _falling(area=self.area, aspect=self.aspect)


class RandomFlip(Moving, name="random_flip"):
    """Left and right exchanged, half of the time."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_flip"


class ColorJitter(Preprocess, name="color_jitter"):
    """Random changes of colour in a random order, then clipped to [0, 1]; as it stands, TF-Slim's fast mode."""

    IMPLEMENTATION = "archspec.runtime.preprocess.color:color_jitter"

    brightness: float = field(default=32 / 255, minimum=0, maximum=1, doc="largest amount added or taken away")
    saturation: tuple[float, float] | None = field(default=(0.5, 1.5), minimum=0, doc="factor")
    hue: float = field(default=0.0, minimum=0, maximum=0.5, doc="largest change; 0 leaves hue alone")
    contrast: tuple[float, float] | None = field(default=None, minimum=0, doc="factor; null leaves contrast alone")

    def complaint(self, before: Size, channels: int) -> str | None:
        return _falling(saturation=self.saturation, contrast=self.contrast)


class RandomBrightness(Preprocess, name="random_brightness"):
    """A random amount added to every value, not clipped."""

    IMPLEMENTATION = "archspec.runtime.preprocess.color:random_brightness"

    amount: float = field(main=True, minimum=0, doc="largest amount, image values in [0, 1]")


class RandomContrast(Preprocess, name="random_contrast"):
    """Contrast changed by a random factor, not clipped."""

    IMPLEMENTATION = "archspec.runtime.preprocess.color:random_contrast"

    factor: tuple[float, float] = field(main=True, minimum=0, doc="least and largest factor")

    def complaint(self, before: Size, channels: int) -> str | None:
        return _falling(factor=self.factor)


class CentralCrop(Moving, name="central_crop"):
    """The middle of the image."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:central_crop"

    fraction: float = field(main=True, above=0, maximum=1, doc="part of each side that is kept")

    def size_after(self, before: Size) -> Size:
        return _each(before, lambda side: side - 2 * int((side - side * self.fraction) / 2))


class Resize(Moving, name="resize"):
    """Resized without regard to its aspect, bilinear."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:resize"

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")
    grid: str = field(
        default="corner",
        choices=("corner", "center"),
        doc="corner: TF1's and TF-Slim's grid, samples start at the corner; center: half-pixel centres as in TF2",
    )

    def size_after(self, before: Size) -> Size:
        return self.size


class ResizeShorter(Moving, name="resize_shorter"):
    """Resized with its aspect kept, so that the shorter side has this length (TF-Slim's VGG pipeline)."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:resize_shorter"

    side: int = field(main=True, minimum=1, doc="length of the shorter side", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return (self.side, self.side) if before[0] is not None and before[0] == before[1] else (None, None)


class RandomResizeShorter(Moving, name="random_resize_shorter"):
    """As resize_shorter, to a random length."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_resize_shorter"

    side: tuple[int, ...] = field(main=True, minimum=1, doc="least and largest length, both included", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return None, None

    def complaint(self, before: Size, channels: int) -> str | None:
        if len(self.side) != 2:
            return f"needs two lengths, the least and the largest, and has {len(self.side)}"
        return _falling(side=self.side)


class RandomCrop(Moving, name="random_crop"):
    """A random part of this size, not resized."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_crop"

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return self.size

    def complaint(self, before: Size, channels: int) -> str | None:
        fits = all(there is None or there >= wanted for there, wanted in zip(before, self.size, strict=True))
        return None if fits else f"is larger than the image, which is {_size_text(before)} there"


class CropOrPad(Moving, name="crop_or_pad"):
    """The middle cut out or framed with zeros to this size."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:crop_or_pad"

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return self.size


class Pad(Moving, name="pad"):
    """Zeros on all four sides."""

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:pad"

    amount: int = field(main=True, minimum=0, doc="rows and columns added on each side", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return _each(before, lambda side: side + 2 * self.amount)


class Normalize(Preprocess, name="normalize"):
    """(255 * image - mean) / scale: Inception 127.5 and 127.5, LeNet 128 and 128, VGG the three means and 1."""

    IMPLEMENTATION = "archspec.runtime.preprocess.color:normalize"

    mean: tuple[float, ...] = field(main=True, doc="for all channels, or one for each, on the scale 0 … 255")
    scale: float = field(default=1.0, above=0, doc="divisor, on the scale 0 … 255")

    def complaint(self, before: Size, channels: int) -> str | None:
        if len(self.mean) in (1, channels):
            return None
        return f"has {len(self.mean)} means, but the input has {channels} {'channel' if channels == 1 else 'channels'}"


class Standardize(Preprocess, name="standardize"):
    """Each image to mean 0 and deviation 1, the deviation at least 1 / sqrt(number of values)."""

    IMPLEMENTATION = "archspec.runtime.preprocess.color:standardize"


def complaints(steps: Sequence[Preprocess], image: Size, shape: tuple[int, ...]) -> list[tuple[str, str]]:
    """Why steps do not lead from images of a size to an input (height, width, channels): sentences with a remedy."""
    if len(shape) != 3 or shape[-1] not in (1, 3, 4):
        return [(f"images cannot be an input of shape {'x'.join(map(str, shape))}", "use height x width x 1, 3 or 4")]
    found = [(sentence, "change the step's value") for sentence in _wrong_steps(steps, image, shape[-1])]
    for step in steps:
        image = step.size_after(image)
    wanted = shape[0], shape[1]
    if not found and image != wanted:
        listed = ", ".join(step.NAME for step in steps) or "none"
        goal = _size_text(wanted)
        sentence = f"the preprocess steps ({listed}) end in images of {_size_text(image)}, but the input is {goal}"
        found = [(sentence, f"end with a step to that size, such as resize: {goal}")]
    return found


def _wrong_steps(steps: Sequence[Preprocess], image: Size, channels: int) -> Iterator[str]:
    for step in steps:
        complaint = step.complaint(image, channels)
        if complaint:
            yield f"preprocess step {step.NAME} {complaint}"
        image = step.size_after(image)


def _falling(**ranges: tuple[float, ...] | None) -> str | None:
    """A complaint about the first range whose low end is above its high end."""
    for name, found in ranges.items():
        if found is not None and found[0] > found[1]:
            return f"has {name} [{found[0]:g}, {found[1]:g}], whose first value is the larger one"
    return None


def _each(size: Size, change: Callable[[int], int]) -> Size:
    height, width = size
    return None if height is None else change(height), None if width is None else change(width)


def _size_text(size: Size) -> str:
    return "any size" if size == (None, None) else "x".join("?" if side is None else str(side) for side in size)
