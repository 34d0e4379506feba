"""The plain value of a node: its expressions evaluated, checked against its field."""

from __future__ import annotations

from math import isfinite
from typing import Any

from archspec.compiler.language.expression import (
    Environment,
    NotKnown,
    Value,
    WrongExpression,
    evaluate,
    has_expression,
    interpolate,
)
from archspec.compiler.language.fields import Field
from archspec.compiler.language.values import WrongValue, shown
from archspec.compiler.resolve.written import Broken, Said
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.diagnostics import Findings, Span


def checked(declared: Field, value: Value, span: Span, what: str, findings: Findings) -> Any:
    """The value in the field's type; reports and raises Broken where it does not fit."""
    try:
        return declared.read(value)
    except WrongValue as problem:
        help = None
        if isinstance(value, float) and isfinite(value) and str(problem) == "a whole number":
            cut = "`//` divides to a whole number; int(…) cuts the fraction"
            help = f"write int(…), which makes {int(value)} of it" if value == int(value) else cut
        findings.add("AS102", f"{what} must be {problem}, got {shown(value)}", span, help=help)
        raise Broken from None


def value_of(node: Node, environment: Environment, findings: Findings) -> Value:
    """The node's plain value with expressions evaluated; reports and raises Broken."""
    if isinstance(node, Listing):
        return [value_of(item, environment, findings) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: value_of(value, environment, findings) for key, value in node.pairs}
    if not isinstance(node.value, str) or not has_expression(node.value):
        return node.value
    try:
        return interpolate(node.value, environment)
    except WrongExpression as problem:
        findings.add("AS201", str(problem), node.span, help=problem.help)
        raise Broken from None


def text_of(node: Scalar, environment: Environment, findings: Findings) -> str:
    """The scalar as text, with expressions written out (names, references, end points)."""
    value = value_of(node, environment, findings) if has_expression(node.text) else node.text
    return str(value)


def condition(node: Scalar, environment: Environment, findings: Findings) -> bool:
    """The value of a `when`, which is an expression by position; strictly boolean."""
    text = node.text if isinstance(node.value, str) else str(node.value)
    try:
        value = interpolate(text, environment) if has_expression(text) else evaluate(text, environment)
    except WrongExpression as problem:
        findings.add("AS201", str(problem), node.span, help=problem.help)
        raise Broken from None
    if not isinstance(value, bool):
        help = "names stand in `when` without `$`" if isinstance(value, str) and has_expression(text) else None
        findings.add("AS202", f"`when` must be true or false, got {shown(value)}", node.span, help=help)
        raise Broken
    return value


def quiet(said: Said) -> Any:
    """The value of a candidate that lost; an expression that cannot be evaluated here is shown as written."""
    try:
        return value_of(said.node, said.environment, Findings())
    except (Broken, NotKnown):
        return said.node.text if isinstance(said.node, Scalar) else "…"
