"""Texts with expressions in them."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate
from tokenize import OP, TokenError, generate_tokens

from archspec.compiler.language.expression.checks import bounded
from archspec.compiler.language.expression.environment import Environment, Value, WrongExpression, written
from archspec.compiler.language.expression.evaluation import evaluate
from archspec.compiler.language.expression.syntax import LONGEST

_NAME = re.compile(r"\$([A-Za-z_]\w*)")


def has_expression(text: str) -> bool:
    """Whether there is a `$name` or a `$(…)` in the text."""
    return "$" in text and ("$(" in text or _NAME.search(text) is not None)


def interpolate(text: str, environment: Environment) -> Value:
    """The text with its expressions evaluated; an expression that is the whole text keeps its type."""
    parts = split(text)
    if len(parts) == 1 and parts[0][0]:
        return evaluate(parts[0][1], environment)
    text = "".join(written(evaluate(part, environment)) if is_code else part for is_code, part in parts)
    return bounded(text, environment.budget)


_LONGEST_TEXT = 10_000
"""Letters of a text that has expressions in it."""


@lru_cache(maxsize=10_000)
def split(text: str) -> tuple[tuple[bool, str], ...]:
    """The text as (is an expression, text) parts; raises WrongExpression for a `$(` that is not closed."""
    if len(text) > _LONGEST_TEXT:
        message = f"a text with expressions in it has at most {_LONGEST_TEXT:,} letters, this one has {len(text):,}"
        raise WrongExpression(message)
    parts: list[tuple[bool, str]] = []
    position = 0
    while position < len(text):
        start = text.find("$", position)
        name = _NAME.match(text, start) if start >= 0 else None
        if start >= 0 and text.startswith("$(", start):
            end = _closing(text, start + 1)
            code = text[start + 2 : end]
        elif name:
            end = name.end() - 1
            code = name[1]
        else:
            end = len(text) - 1 if start < 0 else start
            parts.append((False, text[position : end + 1]))
            position = end + 1
            continue
        if start > position:
            parts.append((False, text[position:start]))
        parts.append((True, code))
        position = end + 1
    return tuple(parts)


def _closing(text: str, opening: int) -> int:
    """Where the parenthesis is closed, as Python reads the text: one inside quotes closes nothing."""
    # What is longer is refused anyway, and a text may have thousands of expressions.
    window = text[opening : opening + LONGEST + 2]
    shown = text if len(text) <= LONGEST else f"{text[opening - 1 : opening + 40]}…"
    unclosed = WrongExpression(f"`$(` is not closed in `{shown}`", "write the closing parenthesis")
    if len(text) - opening > len(window):
        help = "write the closing parenthesis, or make functions of parts of it"
        unclosed = WrongExpression(f"`$(` is not closed within {LONGEST} letters in `{shown}`", help)
    depth, lines = 0, window.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=opening))
    try:
        for token in generate_tokens(iter([*lines, ""]).__next__):
            depth += {"(": 1, ")": -1}.get(token.string, 0) if token.type == OP else 0
            if depth == 0:
                return starts[token.start[0] - 1] + token.start[1]
    except (TokenError, SyntaxError):
        raise unclosed from None
    raise unclosed
