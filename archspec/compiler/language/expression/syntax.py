"""The text of an expression as Python's syntax tree."""

from __future__ import annotations

import ast
from functools import lru_cache

from archspec.compiler.language.expression.environment import WrongExpression

LONGEST = 300
"""Characters in one expression."""


def check_length(code: str) -> None:
    """Raises WrongExpression for a text of more than LONGEST characters."""
    if len(code) > LONGEST:
        raise WrongExpression(f"the expression has {len(code)} characters; {LONGEST} is the limit")


@lru_cache(maxsize=10_000)
def parsed(code: str) -> ast.expr:
    """The syntax tree of an expression, which nobody may change; raises WrongExpression."""
    if not code.strip():
        raise WrongExpression("the expression is empty", "write what it computes, or take it out")
    try:
        return ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise WrongExpression(f"`{code.strip()}` is not an expression") from None
