"""Steps that move pixels: crops, sizes, flips; every picture and map of an example moves alike."""

from __future__ import annotations

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.preprocess.step import Moving, Size, each_side, falling, size_text
from archspec.compiler.language.types import Pair


class RandomScale(Moving, name="random_scale"):
    """Resized by a random factor, the same for both sides."""

    EXAMPLE = "train: {preprocess: [{random_scale: [0.5, 2.0]}, {crop_or_pad: 224}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_scale"

    factor: tuple[float, float] = field(main=True, above=0, doc="least and largest factor of both sides")

    def size_after(self, before: Size) -> Size:
        return None, None

    def complaint(self, before: Size, channels: int) -> str | None:
        return falling(factor=self.factor)


class RandomResizedCrop(Moving, name="random_resized_crop"):
    """A random part of the image, resized without regard to its aspect (Szegedy et al. 2014, TF-Slim's Inception)."""

    EXAMPLE = "train: {preprocess: [{random_resized_crop: 224, area: [0.08, 1.0]}, random_flip]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_resized_crop"

    size: Pair = field(main=True, minimum=1, doc="output height and width", unit="pixels")
    area: tuple[float, float] = field(default=(0.05, 1.0), minimum=0, maximum=1, doc="part of the image's area")
    aspect: tuple[float, float] = field(default=(0.75, 1.33), above=0, doc="width over height of the part")
    covered: float = field(default=0.1, minimum=0, maximum=1, doc="least part of the object's box inside the crop")
    attempts: int = field(default=100, minimum=1, doc="tries before the whole image is taken")

    def size_after(self, before: Size) -> Size:
        return self.size

    def complaint(self, before: Size, channels: int) -> str | None:
        return falling(area=self.area, aspect=self.aspect)


class RandomFlip(Moving, name="random_flip"):
    """Left and right exchanged, half of the time."""

    EXAMPLE = "train: {preprocess: [{resize: 224}, random_flip]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_flip"


class CentralCrop(Moving, name="central_crop"):
    """The middle of the image."""

    EXAMPLE = "eval: {preprocess: [{central_crop: 0.875}, {resize: 224}], metrics: {top_1: {accuracy: Logits}}}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:central_crop"

    fraction: float = field(main=True, above=0, maximum=1, doc="part of each side that is kept")

    def size_after(self, before: Size) -> Size:
        return each_side(before, lambda side: side - 2 * int((side - side * self.fraction) / 2))


class Resize(Moving, name="resize"):
    """Resized without regard to its aspect, bilinear."""

    EXAMPLE = "train: {preprocess: [{resize: 224, grid: center}]}"

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

    EXAMPLE = "eval: {preprocess: [{resize_shorter: 256}, {crop_or_pad: 224}], metrics: {top_1: {accuracy: Logits}}}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:resize_shorter"

    side: int = field(main=True, minimum=1, doc="length of the shorter side", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return (self.side, self.side) if before[0] is not None and before[0] == before[1] else (None, None)


class RandomResizeShorter(Moving, name="random_resize_shorter"):
    """As resize_shorter, to a random length."""

    EXAMPLE = "train: {preprocess: [{random_resize_shorter: [256, 512]}, {random_crop: 224}, random_flip]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_resize_shorter"

    side: tuple[int, ...] = field(main=True, minimum=1, doc="least and largest length, both included", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return None, None

    def complaint(self, before: Size, channels: int) -> str | None:
        if len(self.side) != 2:
            return f"needs two lengths, the least and the largest, and has {len(self.side)}"
        return falling(side=self.side)


class RandomCrop(Moving, name="random_crop"):
    """A random part of this size, not resized."""

    EXAMPLE = "train: {preprocess: [{resize: 256}, {random_crop: 224}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:random_crop"

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return self.size

    def complaint(self, before: Size, channels: int) -> str | None:
        fits = all(there is None or there >= wanted for there, wanted in zip(before, self.size, strict=True))
        return None if fits else f"is larger than the image, which is {size_text(before)} there"


class CropOrPad(Moving, name="crop_or_pad"):
    """The middle cut out or framed with zeros to this size."""

    EXAMPLE = "train: {preprocess: [{crop_or_pad: 224}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:crop_or_pad"

    size: Pair = field(main=True, minimum=1, doc="height and width", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return self.size


class Pad(Moving, name="pad"):
    """Zeros on all four sides."""

    EXAMPLE = "train: {preprocess: [{resize: 216}, {pad: 8}, {random_crop: 224}]}"

    IMPLEMENTATION = "archspec.runtime.preprocess.geometry:pad"

    amount: int = field(main=True, minimum=0, doc="rows and columns added on each side", unit="pixels")

    def size_after(self, before: Size) -> Size:
        return each_side(before, lambda side: side + 2 * self.amount)
