"""A mask: which positions are there, and which only fill a short sentence up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.op import ANY_DTYPE, Shape, WrongShape, show
from archspec.compiler.language.ops.axes import agree

MASKED = "whether the last input is a mask: a number for each position, 0 for one that is not there"
"""The meaning of a field `masked`."""


def without_mask(shapes: Sequence[Shape], masked: bool, most: int) -> tuple[Shape, ...]:
    """The shapes before the mask, `most` at the most; raises WrongShape where the last one is no mask for them."""
    if not masked and len(shapes) > most:
        help = "write `masked: true` where the last one is a mask"
        raise WrongShape(f"takes {most + 1} inputs only with a mask, got {show(shapes[-1])}", help)
    if not masked:
        return tuple(shapes)
    *others, mask = shapes
    if not others:
        help = "write `from: [sequence, mask]`; the numbers of words are a mask where the padding's number is 0"
        raise WrongShape(f"with `masked` needs a mask beside its input, got {show(mask)} alone", help, "masked")
    if not agree([mask, others[-1][:-1]]):
        message = f"needs a mask of {show(others[-1][:-1])}, a number for each position of {show(others[-1])}"
        raise WrongShape(f"{message}, got {show(mask)}", "give it the positions alone, without an axis of channels")
    return tuple(others)


def unmasked(dtypes: tuple[str, ...], masked: bool) -> tuple[str, ...]:
    """The dtypes before that of the mask, which may be any."""
    return dtypes[:-1] if masked and len(dtypes) > 1 and dtypes[-1] in ANY_DTYPE else dtypes


def there(tf: Any, mask: Any) -> Any:
    """Which positions are there: a bool tensor of the mask's shape."""
    return mask if mask.dtype == tf.bool else tf.not_equal(mask, tf.zeros([], mask.dtype))
