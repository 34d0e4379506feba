"""The functions of expressions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from archspec.compiler.language.expression.environment import Shape, Value, WrongExpression, written


class Unfit(ValueError):
    """The arguments do not fit a function; the text says why."""


def _axis(axis: int) -> Callable[[Shape], Value]:
    def read(shape: Shape) -> Value:
        if axis != -1 and len(shape) not in (3, 4):
            raise WrongExpression("only a tensor with height, width and channels has a height and a width")
        if shape[axis] is None:
            raise WrongExpression("that size is not known before run time")
        return shape[axis]

    return read


def _plain_number(value: Value) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unfit(f"{written(value)} is not a number")
    return value


def _of_one(function: Callable[[Any], Any]) -> Callable[[Value], Value]:
    return lambda value: function(_plain_number(value))


def _of_many(function: Callable[[list[Any]], Any]) -> Callable[..., Value]:
    """A function of numbers, or of one list of them."""

    def call(*values: Value) -> Value:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not numbers:
            raise Unfit("the list is empty")
        return function([_plain_number(number) for number in numbers])

    return call


def _sqrt(value: Value) -> float:
    if _plain_number(value) < 0:
        raise Unfit(f"{value} is negative")
    return math.sqrt(value)


def _len(value: Value) -> int:
    if not isinstance(value, (list, str)):
        raise Unfit(f"{written(value)} is neither a list nor text")
    return len(value)


def _round_to(value: Value, divisor: Value) -> int:
    """The nearest multiple of divisor, at least divisor and never below 0.9 value (MobileNet's make_divisible)."""
    if _plain_number(divisor) < 1 or int(divisor) != divisor:
        raise Unfit(f"{divisor} is not a whole number above 0")
    value, divisor = _plain_number(value), int(divisor)
    rounded: int = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


TENSOR_FUNCTIONS: dict[str, Callable[[Shape], Value]] = {
    "channels": _axis(-1),
    "height": _axis(-3),
    "width": _axis(-2),
    "shape": list,
    "given": bool,
}
ANY_NUMBER = 1_000
PLAIN_FUNCTIONS: dict[str, tuple[Callable[..., Value], int, int]] = {
    "min": (_of_many(min), 1, ANY_NUMBER),
    "max": (_of_many(max), 1, ANY_NUMBER),
    "sum": (_of_many(sum), 1, ANY_NUMBER),
    "len": (_len, 1, 1),
    "int": (_of_one(int), 1, 1),
    "float": (_of_one(float), 1, 1),
    "round": (_of_one(round), 1, 1),
    "floor": (_of_one(math.floor), 1, 1),
    "ceil": (_of_one(math.ceil), 1, 1),
    "abs": (_of_one(abs), 1, 1),
    "sqrt": (_sqrt, 1, 1),
    "round_to": (_round_to, 2, 2),
}
"""Each with the least and the most arguments it takes."""

FUNCTIONS = (*PLAIN_FUNCTIONS, *TENSOR_FUNCTIONS)
"""The names of the functions of the language."""
