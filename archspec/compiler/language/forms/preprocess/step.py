"""What every preprocess step says: the features and images that it takes, and the size of what it makes.

An image enters as float32 height x width x channels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from archspec.compiler.language.features import PIXELS
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.types import Feature

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
        goal = size_text(wanted)
        sentence = f"the preprocess steps ({listed}) end in images of {size_text(image)}, but the input is {goal}"
        found = [(sentence, f"end with a step to that size, such as resize: {goal}")]
    return found


def _wrong_steps(steps: Sequence[Preprocess], image: Size, channels: int) -> Iterator[str]:
    for step in steps:
        complaint = step.complaint(image, channels)
        if complaint:
            yield f"preprocess step {step.NAME} {complaint}"
        image = step.size_after(image)


def falling(**ranges: tuple[float, ...] | None) -> str | None:
    """A complaint about the first range whose low end is above its high end."""
    for name, found in ranges.items():
        if found is not None and found[0] > found[1]:
            return f"has {name} [{found[0]:g}, {found[1]:g}], whose first value is the larger one"
    return None


def each_side(size: Size, change: Callable[[int], int]) -> Size:
    """Both sides changed, where they are known."""
    height, width = size
    return None if height is None else change(height), None if width is None else change(width)


def size_text(size: Size) -> str:
    """A size as messages say it: `32x32`, `any size`."""
    return "any size" if size == (None, None) else "x".join("?" if side is None else str(side) for side in size)
