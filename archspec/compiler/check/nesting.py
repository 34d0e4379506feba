"""Fields written inside their form's value, as other tools nest them: `{conv2d: {filters: 8}}`."""

from __future__ import annotations

from archspec.compiler.language.fields import Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import closest
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar

LONGEST = 40
"""Characters of a value that a remedy repeats."""


def beside(cls: type[Form] | None, value: Node | None, registry: Registry) -> str | None:
    """How the fields in a form's value are written beside it; None where what stands there is not its fields."""
    if cls is None or not isinstance(value, Mapping) or not value.pairs:
        return None
    main = cls.MAIN
    names = {key.text: closest(key.text, cls.FIELDS) for key, _ in value.pairs}
    if main is None and getattr(cls, "ARITY", (1, 1)) != (1, 1):
        return None
    kinds = registry.families.get(main.type.family, {}) if main is not None else {}
    if main is not None and (main.type.text == "factors" or names.keys() & kinds.keys()):
        return None
    if not any(names.values()):
        return None
    said = {names[key.text] or key.text: _flow(inner) for key, inner in value.pairs}
    first = f"{cls.NAME}: {said.pop(main.name)}" if main is not None and main.name in said else cls.NAME
    return "{" + ", ".join([first, *(f"{name}: {text}" for name, text in said.items())]) + "}"


def _flow(node: Node) -> str:
    text = ""
    if isinstance(node, Scalar):
        text = node.text
    elif isinstance(node, Listing) and all(isinstance(item, Scalar) for item in node.items):
        text = f"[{', '.join(item.text for item in node.items if isinstance(item, Scalar))}]"
    return text if 0 < len(text) <= LONGEST and "\n" not in text else "…"
