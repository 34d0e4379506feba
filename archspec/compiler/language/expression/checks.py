"""What a value in an expression must be, and what is said where it is not."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

from archspec.compiler.language.budget import LETTERS, Budget
from archspec.compiler.language.expression.environment import Value, WrongExpression, written
from archspec.compiler.language.expression.functions import ANY_NUMBER, FUNCTIONS
from archspec.compiler.language.suggestions import nearest

CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
"""Names that mean the same everywhere."""

_LARGEST = 2**63
_LONGEST_VALUE = 10_000
_MOST_OFFERED = 20


def number_of(value: Value, node: ast.expr) -> Any:
    """The value, which must be a number; raises WrongExpression."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongExpression(f"`{ast.unparse(node)}` is {written(value)}, not a number")
    return value


def boolean_of(value: Value, node: ast.expr) -> bool:
    """The value, which must be true or false; raises WrongExpression."""
    if not isinstance(value, bool):
        raise WrongExpression(f"`{ast.unparse(node)}` is {written(value)}, neither true nor false")
    return value


def bounded(value: Value, budget: Budget) -> Value:
    """The value, if it is not too large; raises WrongExpression. Its making costs steps by its size."""
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    if isinstance(value, (str, list)):
        size = _size(value, _LONGEST_VALUE)
        if size > _LONGEST_VALUE:
            raise WrongExpression(f"the value is longer than {_LONGEST_VALUE:,}")
        budget.spend(size // LETTERS)
    endless = isinstance(value, float) and not math.isfinite(value)
    if endless or (isinstance(value, int) and abs(value) > _LARGEST):
        raise WrongExpression("the number is too large")
    return value


def _size(value: Value, most: int) -> int:
    """Letters and items of a value as it is written out, where lists may share their parts; stops above `most`."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, list):
        return 1
    size = len(value)
    for item in value:
        if size > most:
            break
        size += _size(item, most - size) if isinstance(item, (str, list)) else 0
    return size


def offer(name: str, values: Mapping[str, Value]) -> str:
    """What may have been meant by a name that is not known."""
    if name in FUNCTIONS:
        return f"a function is called inside parentheses: $({name}(…))"
    if name.lower() in ("yes", "no", "on", "off"):
        return f"`{name}` is a text in YAML 1.2; write true or false"
    known = [key for key in values if key not in ("true", "false", "null", "variant")]
    return nearest(name, known) or _known(known)


def _known(names: list[str]) -> str:
    """What there is, where nothing is spelt like it; of many only the first."""
    some = ", ".join(names[:_MOST_OFFERED]) + (", …" if len(names) > _MOST_OFFERED else "")
    return f"known here: {some}" if names else "no names are known here"


def check_count(name: str, count: int, least: int, most: int) -> None:
    """Raises WrongExpression where a function is given more or fewer arguments than it takes."""
    if least <= count <= most:
        return
    takes = f"at least {least} argument" if most == ANY_NUMBER else f"{most} argument{'' if most == 1 else 's'}"
    raise WrongExpression(f"`{name}` takes {takes}, got {count}")
