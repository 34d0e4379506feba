"""The operators of expressions, with bounds on what they make."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from archspec.compiler.language.expression.checks import number_of
from archspec.compiler.language.expression.environment import Value, WrongExpression, written

_MOST_BITS = 128
"""Binary digits of a power of whole numbers that is computed; what has more is too large by far."""


def computed(node: ast.BinOp, left: Value, right: Value) -> Value:
    """The value of an arithmetic operator on its two values; raises WrongExpression."""
    if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, (str, list)):
        return left + right
    function = _BINARY.get(type(node.op))
    if function is None:
        raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
    left, right = number_of(left, node.left), number_of(right, node.right)
    if isinstance(node.op, ast.Pow):
        _check_power(node, left, right)
    try:
        return function(left, right)
    except ZeroDivisionError:
        raise WrongExpression(f"`{ast.unparse(node)}` divides by zero") from None
    except OverflowError:
        raise WrongExpression(f"`{ast.unparse(node)}` is too large") from None


def _check_power(node: ast.BinOp, left: float, right: float) -> None:
    """Raises WrongExpression for a power that no number is, or that would take long to compute."""
    if left < 0 and right != int(right):
        reason = f"{written(left)} is negative, and {written(right)} no whole number"
        raise WrongExpression(f"`{ast.unparse(node)}` has no value: {reason}")
    whole = isinstance(left, int) and isinstance(right, int)
    if whole and right > 0 and int(left).bit_length() * right > _MOST_BITS and abs(left) > 1:
        raise WrongExpression(f"`{ast.unparse(node)}` is too large")


def _whole_quotient(left: float, right: float) -> int:
    """`//` gives a whole number, of fractions too."""
    return math.floor(left // right)


def holds(kind: ast.cmpop, left: Value, right: Value, node: ast.Compare) -> bool:
    """Whether one comparison of the chain `node` is true; raises WrongExpression."""
    try:
        return bool(_COMPARE[type(kind)](left, right))
    except (KeyError, TypeError):
        raise WrongExpression(f"`{ast.unparse(node)}` cannot be compared") from None


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: _whole_quotient,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
