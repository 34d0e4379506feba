"""What an unquoted YAML scalar means: YAML 1.2's core schema."""

from __future__ import annotations

import re

from archspec.compiler.syntax.nodes import Plain

LONGEST_INTEGER = 250
"""Characters of an integer; so every one fits a float. What is longer is text."""

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_BASES = {"0o": 8, "0x": 16}


def core_value(text: str) -> Plain:
    """What an unquoted scalar means in YAML 1.2's core schema: 1e-4 is a number, no is text, 010 is ten."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if not (first.isascii() and (first.isdigit() or first in "+-.")):
        return text
    if _INTEGER.fullmatch(text):
        return int(text, _BASES.get(text[:2], 10)) if len(text) <= LONGEST_INTEGER else text
    return float(text) if _FLOAT.fullmatch(text) else text
