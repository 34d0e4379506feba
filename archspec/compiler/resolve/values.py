"""The plain value of a node: its expressions evaluated, checked against its field; UNKNOWN where that has an error."""

from __future__ import annotations

from math import isfinite
from typing import Any

from archspec.compiler.language.budget import LETTERS
from archspec.compiler.language.expression import (
    UNKNOWN,
    Environment,
    NotKnown,
    Shape,
    Value,
    WrongExpression,
    evaluate,
    has_expression,
    interpolate,
)
from archspec.compiler.language.fields import Field
from archspec.compiler.language.op import show
from archspec.compiler.language.values import WrongValue, shown
from archspec.compiler.resolve.written import Written
from archspec.compiler.syntax.nodes import Listing, Node, Scalar, plain
from archspec.diagnostics import Findings, Note


def checked(declared: Field, value: Value, written: Written, what: str, findings: Findings) -> Any:
    """The value in the field's type; UNKNOWN after reporting that it does not fit, with the tensors it was made of."""
    if value is UNKNOWN:
        return UNKNOWN
    try:
        return declared.read(value)
    except WrongValue as problem:
        help = declared.meaning
        if isinstance(value, float) and isfinite(value) and str(problem) == "a whole number":
            cut = "`//` divides to a whole number; int(…) cuts the fraction"
            help = f"write int(…), which makes {int(value)} of it" if value == int(value) else cut
        if "-$" in str(plain(written.node)):
            help = "write the sign inside the expression: `$(-x)`; outside it is text"
        notes = tensors_read(written.node, written.environment)
        findings.add("AS102", f"{what} must be {problem}, got {shown(value)}", written.node.span, *notes, help=help)
        return UNKNOWN


def tensors_read(node: Node, environment: Environment) -> list[Note]:
    """The shape of every tensor that the expressions of a node name, for a message about their value."""
    shapes: dict[str, Shape | None] = {}

    def recorded(reference: str) -> Shape | None:
        assert environment.tensor is not None
        shapes[reference] = environment.tensor(reference)
        return shapes[reference]

    if environment.tensor is not None:
        value_of(node, environment.with_tensors(recorded), None)
    called = environment.called or (lambda reference: "")
    return [
        Note(f"`{name}` here is {', '.join(part for part in (called(name), show(shape)) if part)}")
        for name, shape in shapes.items()
        if shape is not None
    ]


def value_of(node: Node, environment: Environment, findings: Findings | None) -> Value:
    """The node's plain value with expressions evaluated; UNKNOWN after an error, which goes to the findings."""
    if isinstance(node, Scalar):
        text = node.value
        return _evaluated(node, text, environment, findings) if isinstance(text, str) and "$" in text else text
    if isinstance(node, Listing):
        environment.budget.spend(len(node.items) // LETTERS)
        values = [value_of(item, environment, findings) for item in node.items]
        return UNKNOWN if UNKNOWN in values else values
    named = {key.text: value_of(value, environment, findings) for key, value in node.pairs}
    return UNKNOWN if UNKNOWN in named.values() else named


def _evaluated(node: Scalar, text: str, environment: Environment, findings: Findings | None) -> Value:
    if not has_expression(text):
        return text
    try:
        return interpolate(text, environment)
    except NotKnown:
        return UNKNOWN
    except WrongExpression as problem:
        if findings is not None:
            _report(problem, node, environment, findings)
        return UNKNOWN


def _report(problem: WrongExpression, node: Scalar, environment: Environment, findings: Findings) -> None:
    if environment.budget.exhausted:
        environment.budget.report(node.span, findings)
    else:
        findings.add("AS201", str(problem), node.span, help=problem.help)


def text_of(node: Scalar, environment: Environment, findings: Findings) -> str | None:
    """The scalar as text, with expressions written out (names, references, end points); None after an error."""
    if not has_expression(node.text):
        return node.text
    value = value_of(node, environment, findings)
    return None if value is UNKNOWN else str(value)


def condition(node: Scalar, environment: Environment, findings: Findings) -> bool | None:
    """The value of a `when`, which is an expression by position; strictly boolean; None after an error."""
    if isinstance(node.value, bool):
        return node.value
    text = node.text if isinstance(node.value, str) else str(node.value)
    try:
        value = interpolate(text, environment) if has_expression(text) else evaluate(text, environment)
    except NotKnown:
        return None
    except WrongExpression as problem:
        _report(problem, node, environment, findings)
        return None
    if not isinstance(value, bool):
        help = "names stand in `when` without `$`" if isinstance(value, str) and has_expression(text) else None
        findings.add("AS202", f"`when` must be true or false, got {shown(value)}", node.span, help=help)
        return None
    return value


def quiet(written: Written) -> Any:
    """The value of a candidate that lost; an expression that cannot be evaluated here is shown as written."""
    value = value_of(written.node, written.environment, None)
    if value is not UNKNOWN:
        return value
    return written.node.text if isinstance(written.node, Scalar) else "…"
