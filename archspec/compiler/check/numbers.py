"""Texts that are meant as numbers: fractions, powers, percents, digits in groups, what only looks like a minus."""

from __future__ import annotations

import re
from math import isfinite

from archspec.compiler.language.expression import Environment, WrongExpression, evaluate
from archspec.compiler.syntax.scalars import core_value

_SIGNS = str.maketrans(
    dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}\N{NON-BREAKING HYPHEN}", "-") | {"\xa0": " "}
)
_GROUPED = r"[-+]?[0-9]{1,3}(?:[_\u2009\u202f ,'][0-9]{3})+"
_ARITHMETIC = r"[-+(]*[0-9.](?:[0-9.eE()]|\s|[-+*/^%])*"


def as_number(text: str) -> str | None:
    """How a spec writes the number that a text is meant as; None where it is meant as none."""
    plain = text.translate(_SIGNS).strip()
    if _is_number(plain):
        return plain
    if re.fullmatch(_GROUPED, plain):
        return re.sub(r"[^-+0-9]", "", plain)
    if plain.endswith("%") and _is_number(plain[:-1].strip()):
        return f"{float(plain[:-1]) / 100:g}"
    if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", plain):
        return plain.replace(",", ".")
    if not re.fullmatch(_ARITHMETIC, plain) or not re.search(r"[0-9)]\s*[-+*/^]", plain):
        return None
    arithmetic = _spaced(plain.replace("^", "**"))
    try:
        evaluate(arithmetic, Environment())
    except WrongExpression:
        return None
    return f"$({arithmetic})"


def _is_number(text: str) -> bool:
    value = core_value(text)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _spaced(text: str) -> str:
    """`1/20` as `1 / 20`; a sign, and that of an exponent, stays where it is."""
    return " ".join(re.sub(r"(?<=[0-9)])\s*(\*\*|//|[+*/%-])\s*(?=[-+(0-9.])", r" \1 ", text).split())
