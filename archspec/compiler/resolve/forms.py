"""Which form a node stands for, and what it writes for each of its fields."""

from __future__ import annotations

from archspec.compiler.language.fields import Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.diagnostics import Findings, Span

Fields = tuple[type[Form], dict[str, Node], Span]
"""A form, what is written for its fields, and where."""


def form_and_fields(family: str, node: Node, registry: Registry, findings: Findings) -> Fields | None:
    """The form that a node stands for, what it writes for its fields, and where; None after reporting a mistake."""
    known = registry.members(family)
    alone = known.get(family) if len(known) == 1 else None
    if alone is not None:
        return _with_fields(alone, _own_fields(alone, node, findings), node.span)
    if isinstance(node, Scalar):
        if "fixed" in known and isinstance(node.value, (int, float)):
            return known["fixed"], {"rate": node}, node.span
        return _with_fields(_known(family, node, registry, findings), {}, node.span)
    if isinstance(node, Listing):
        findings.add("AS102", f"here stands one {family}, not a list", node.span)
        return None
    key = next((k for k, _ in node.pairs if k.text in known), None)
    if key is not None:
        cls = known[key.text]
        return _with_fields(cls, _fields_of(cls, node, key, findings), key.span)
    if node.pairs:
        _known(family, node.pairs[0][0], registry, findings)
    else:
        findings.add("AS102", f"here stands one of {', '.join(known)}", node.span)
    return None


def _with_fields(cls: type[Form] | None, fields: dict[str, Node] | None, span: Span) -> Fields | None:
    return None if cls is None or fields is None else (cls, fields, span)


def _known(family: str, name: Scalar, registry: Registry, findings: Findings) -> type[Form] | None:
    known = registry.members(family)
    if name.text not in known:
        why, help = registry.why_not(name.text, family)
        help = help or nearest(name.text, known) or f"one of {', '.join(known)}"
        findings.add("AS104", f"there is no {family} `{name.text}`{why}", name.span, help=help)
    return known.get(name.text)


def _own_fields(cls: type[Form], node: Node, findings: Findings) -> dict[str, Node] | None:
    main = cls.MAIN
    if isinstance(node, Mapping):
        return _fields_of(cls, node, None, findings)
    if main is None:
        findings.add("AS102", f"`{cls.NAME}` is a mapping of fields", node.span)
        return None
    return {main.name: node}


def _fields_of(cls: type[Form], node: Mapping, operation: Scalar | None, findings: Findings) -> dict[str, Node] | None:
    main, found, broken = cls.MAIN, {}, False
    for key, value in node.pairs:
        if key is operation:
            if isinstance(value, Scalar) and value.value is None:
                continue
            if main is None:
                findings.add("AS102", f"`{cls.NAME}` has no main value", value.span)
                broken = True
            else:
                found[main.name] = value
        elif key.text in cls.FIELDS:
            found[key.text] = value
        else:
            unknown_field(cls, key, findings)
            broken = True
    return None if broken else found


def unknown_field(cls: type[Form], key: Scalar, findings: Findings) -> None:
    """Report a key that the form does not have."""
    help = nearest(key.text, cls.FIELDS) or f"it has {', '.join(cls.FIELDS) or 'no fields'}"
    findings.add("AS101", f"`{cls.NAME}` has no field `{key.text}`", key.span, help=help)
