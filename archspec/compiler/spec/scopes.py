"""The nodes of scoped defaults to Scope records."""

from __future__ import annotations

from archspec.compiler.spec.records import Default, Scope, items
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Findings


def read_defaults(node: Node | None, where: str, findings: Findings) -> tuple[Scope | Scalar, ...]:
    """Scopes written in place, or named; several in a list, later ones inside earlier ones."""
    found: list[Scope | Scalar] = []
    for item in items(node):
        if isinstance(item, Scalar):
            found.append(item)
        elif isinstance(item, Mapping):
            found.append(read_scope(item, where, findings))
        else:
            findings.add("AS102", "`defaults` holds scopes or their names", item.span)
    return tuple(found)


def read_scope(node: Node, where: str, findings: Findings) -> Scope:
    """One scope: op, group, block or other form, then its fields."""
    defaults: list[Default] = []
    for target, fields in node.pairs if isinstance(node, Mapping) else ():
        if isinstance(fields, Mapping):
            defaults.extend(Default(target, key, value) for key, value in fields.pairs)
        else:
            findings.add("AS102", f"the defaults of `{target.text}` are a mapping from fields to values", fields.span)
    return Scope(where, tuple(defaults), node.span)
