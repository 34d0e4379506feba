"""What the walk says of a part, and needs to know of a node to say it."""

from __future__ import annotations

from archspec.compiler.check.subschemas import Part
from archspec.compiler.language.fields import FAMILIES, Field
from archspec.compiler.language.values import WrongValue
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.scalars import core_value
from archspec.diagnostics import Span

WRITTEN = {
    ("properties", "archspec"): "1 is the only version of the language that this archspec reads",
    ("properties", "inputs", "additionalProperties"): "write `{shape: [height, width, channels]}`",
    ("properties", "layers"): "layers that run in order are a list: write `- name: {…}` for each",
    ("$defs", "block"): "write `{parameters: {…}, layers: [ … ]}`, or another operation in place of `layers`",
}
"""How a part is written, for those that are often written otherwise."""


def thing_of(part: Part) -> str:
    """What a kind is called: an operation, or one of a family."""
    head, _, family = part.name.partition(".")
    return family if head == "form-of" else "operation"


def unknown_code(part: Part) -> tuple[str, str]:
    """The code for a key that is not known, and what such a key is called there."""
    if in_expectations(part):
        return "AS501", "key"
    if not part.path:
        return "AS101", "section"
    head, _, name = part.name.partition(".")
    return "AS101", "field" if head in ("scope", "form") or name in FAMILIES["op"] else "key"


def in_expectations(part: Part) -> bool:
    """Whether a part is one of `expect`."""
    return "expect" in part.path


def has_expression(node: Node) -> bool:
    """Whether an expression stands somewhere in it."""
    if isinstance(node, Scalar):
        return isinstance(node.value, str) and "$" in node.value
    if isinstance(node, Listing):
        return any(has_expression(item) for item in node.items)
    return any(has_expression(value) for _, value in node.pairs)


def start_of(node: Mapping) -> Span:
    """The place of its first key, or its own."""
    return node.pairs[0][0].span if node.pairs else node.span


def nearly(node: Node, declared: Field) -> str | None:
    """What to write in place of a value that is the right one in the wrong form."""
    if not isinstance(node, Scalar):
        return None
    unquoted = core_value(node.text) if node.quoted else node.value
    try:
        declared.read(unquoted)
        return f"take the quotes away: {node.text}"
    except WrongValue:
        whole = isinstance(unquoted, float) and unquoted.is_integer() and abs(unquoted) < 2**53
        return f"write {unquoted:.0f}" if whole and declared.type.text == "int" else None
