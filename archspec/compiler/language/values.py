"""The plain values that fields hold: how YAML's become ours, and how a message shows one."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from archspec.dataclass import dataclass


class WrongValue(ValueError):
    """The value does not fit; the text says what is allowed, to end the sentence `filters must be …`."""


def whole_number(value: object) -> int:
    """A whole number, which true and false are not; raises WrongValue."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue("a whole number")
    return value


def number(value: object) -> float:
    """A finite float, from a whole number too; raises WrongValue."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongValue("a number")
    if isinstance(value, float) and not isfinite(value):
        raise WrongValue("a finite number")
    try:
        return float(value)
    except OverflowError:
        raise WrongValue("a number below 1.8e308") from None


def boolean(value: object) -> bool:
    """True or false; raises WrongValue."""
    if not isinstance(value, bool):
        raise WrongValue("true or false")
    return value


def text_of(value: object) -> str:
    """A text; raises WrongValue."""
    if not isinstance(value, str):
        raise WrongValue("text")
    return value


def single(value: object) -> tuple[int]:
    """(length,) from 3: a size of an op along its one axis."""
    if isinstance(value, tuple) and len(value) == 1:
        return (whole_number(value[0]),)
    return (whole_number(value),)


def text_or_number(value: object) -> str | float:
    """A name or a number; raises WrongValue."""
    return value if isinstance(value, str) else number(value)


_SIZES_TEXT = {
    2: "a whole number, or height x width such as 1x7",
    3: "a whole number, or depth x height x width such as 1x3x3",
}


def pair(value: object) -> tuple[int, int]:
    """(height, width) from 3, "1x7" or [1, 7]."""
    height, width = _sizes(value, 2)
    return height, width


def triple(value: object) -> tuple[int, int, int]:
    """(depth, height, width) from 3, "1x3x3" or [1, 3, 3]."""
    depth, height, width = _sizes(value, 3)
    return depth, height, width


def _sizes(value: object, rank: int) -> tuple[int, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * rank
    if isinstance(value, str) and re.fullmatch(rf"[0-9]{{1,5}}(x[0-9]{{1,5}}){{{rank - 1}}}", value):
        return tuple(map(int, value.split("x")))
    if isinstance(value, (list, tuple)) and len(value) == rank and not any(map(_no_whole_number, value)):
        return tuple(value)
    raise WrongValue(_SIZES_TEXT[rank])


def _no_whole_number(value: object) -> bool:
    return isinstance(value, bool) or not isinstance(value, int)


Sides = tuple[tuple[int, int], ...]
"""How much is put before and after along each axis of positions."""


def sides(value: object) -> Sides:
    """((before, after), …) from 3, [1, 2] or [[0, 1], [0, 1]], for each axis; one pair alone holds for all of them."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    if not items:
        raise WrongValue(_SIDES_TEXT)
    return tuple(map(_before_and_after, items))


def _before_and_after(value: object) -> tuple[int, int]:
    before, after = value if isinstance(value, (list, tuple)) and len(value) == 2 else (value, value)
    try:
        return whole_number(before), whole_number(after)
    except WrongValue:
        raise WrongValue(_SIDES_TEXT) from None


def padding_of(rank: int) -> Callable[[object], str | Sides]:
    """A reader of paddings: a text, or what is put before and after along each of so many axes."""

    def read(value: object) -> str | Sides:
        if isinstance(value, str):
            return value
        found = sides(value)
        if isinstance(value, (list, tuple)) and len(found) != rank:
            raise WrongValue(f"{_SIDES_TEXT}, {rank} in all")
        return found if len(found) == rank else found * rank

    return read


def axes(value: object) -> tuple[int, ...]:
    """(axis, …) from -1 or [0, 1]."""
    if isinstance(value, (list, tuple)):
        return tuple_of(whole_number, _AXES_TEXT, None)(value)
    try:
        return (whole_number(value),)
    except WrongValue:
        raise WrongValue(_AXES_TEXT) from None


def parts(value: object) -> int | tuple[int, ...]:
    """How many parts, from 3, or how long each is, from [1, 1, 16]."""
    found = axes(value)
    return found if isinstance(value, (list, tuple)) else found[0]


def numbers(value: object) -> float | tuple[float, ...]:
    """A number, or several from [58.4, 57.1, 57.4]."""
    if isinstance(value, (list, tuple)):
        return tuple_of(number, "a number, or a list of them", None)(value)
    return number(value)


_AXES_TEXT = "a whole number, or a list of them"
_SIDES_TEXT = "a whole number, or a number or a pair, before and after, for each axis"


def tuple_of(reader: Callable[[object], Any], text: str, size: int | None) -> Callable[[object], tuple[Any, ...]]:
    """A reader of lists of `size` values, of any length where it is None; it raises WrongValue with `text`."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or (size is not None and len(value) != size):
            raise WrongValue(text)
        try:
            return tuple(reader(item) for item in value)
        except WrongValue:
            raise WrongValue(text) from None

    return read


def factors(value: object) -> dict[str, float]:
    """Names with their numbers; raises WrongValue."""
    if not isinstance(value, dict):
        raise WrongValue(_FACTORS_TEXT)
    try:
        return {text_of(name): number(factor) for name, factor in value.items()}
    except WrongValue:
        raise WrongValue(_FACTORS_TEXT) from None


_FACTORS_TEXT = "a mapping from names to numbers"
UNITS = "epochs?|steps?|minutes?|percent"
_DURATION = re.compile(rf"([0-9]+(?:\.[0-9]+)?) ({UNITS})")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of training: so many steps, epochs, minutes, or percent of the whole training."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def duration(value: object) -> Duration:
    """A length of training, from a number of steps or a text such as 2 epochs; raises WrongValue."""
    if isinstance(value, Duration):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return Duration(value, "steps")
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or float(match[1]) <= 0:
        raise WrongValue('a number of steps, or text such as "2 epochs" or "1000 steps"')
    return Duration(float(match[1]), match[2] if match[2] == "percent" else match[2].rstrip("s") + "s")


def shown(value: object) -> str:
    """A value as a message shows it."""
    if isinstance(value, str):
        return f'"{_cut(value)}"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (list, tuple)):
        return _cut(f"[{', '.join(map(shown, value))}]")
    if isinstance(value, dict):
        return _cut("{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}")
    if isinstance(value, float) and not isfinite(value):
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
