"""How another library's tensor is laid out anew: cut into parts, reshaped, its axes in another order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from archspec.compiler.language.op import show

Shape = tuple[int, ...]


class Misfit(ValueError):
    """Why a tensor cannot be renamed or laid out as a rule says, as the end of a sentence."""


@dataclass(frozen=True)
class Layout:
    """First the shape, of which one size may be -1 and follows from the others; then the order of axes.

    `before` and `after` hold a letter for each axis, or several letters for an axis that is made of several, the last
    one of which runs fastest: `O(WHC) -> (HWC)O` with `sizes` {W: 2, H: 2}. No axes are no change.
    """

    shape: Shape | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)

    def laid_out(self, shape: Shape) -> Shape:
        """The shape that a tensor of this shape gets; raises Misfit."""
        found = self._reshaped(shape)
        if not self.before:
            return found
        sizes = self._sizes(found)
        return tuple(math.prod(sizes[letter] for letter in axis) for axis in self.after)

    def lay_out(self, value: np.ndarray) -> np.ndarray:
        """A tensor in its new shape and order of axes; raises Misfit."""
        found = value.reshape(self._reshaped(value.shape))
        if not self.before:
            return found
        sizes = self._sizes(found.shape)
        old, new = "".join(self.before), "".join(self.after)
        turned = found.reshape([sizes[letter] for letter in old]).transpose([old.index(letter) for letter in new])
        return np.ascontiguousarray(turned.reshape(self.laid_out(value.shape)))

    def _reshaped(self, shape: Shape) -> Shape:
        """The shape before the order of axes changes; raises Misfit."""
        if self.shape is None:
            return shape
        count, known = math.prod(shape), math.prod(size for size in self.shape if size != -1)
        sizes = tuple(count // known if size == -1 else size for size in self.shape)
        if math.prod(sizes) != count:
            raise Misfit(f"{show(shape)} cannot be laid out as {show(self.shape)}")
        return sizes

    def _sizes(self, shape: Shape) -> dict[str, int]:
        """The size of each letter; raises Misfit."""
        if len(self.before) != len(shape):
            raise Misfit(f"{show(shape)} has {len(shape)} axes, and `axes` has {len(self.before)}")
        found = dict(self.sizes)
        for axis, size in zip(self.before, shape, strict=True):
            known = math.prod(found[letter] for letter in axis if letter in found)
            unknown = [letter for letter in axis if letter not in found]
            if size % known or (not unknown and size != known):
                raise Misfit(f"an axis of {size} cannot be cut into {'x'.join(str(found.get(a, a)) for a in axis)}")
            found |= dict.fromkeys(unknown, size // known)
        return found


def part(shape: Shape, parts: int) -> Shape:
    """The shape of one of equal parts along the first axis; raises Misfit."""
    if parts > 1 and (not shape or shape[0] % parts):
        raise Misfit(f"{show(shape)} cannot be cut into {parts} equal parts along its first axis")
    return (shape[0] // parts, *shape[1:]) if parts > 1 else shape
