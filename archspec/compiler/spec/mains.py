"""A form's main value stands behind the form's own name or under its field's; where forms merge, both are one."""

from __future__ import annotations

from archspec.compiler.language.fields import Form
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar


def behind_name(node: Mapping, kind: str, cls: type[Form]) -> Mapping:
    """The mapping with what stands under the name of the main field behind the form's name, where nothing else does."""
    main = cls.MAIN
    if main is None or main.name == kind or getattr(cls, "ARITY", (1, 1)) != (1, 1):
        return node
    key, value = node.key(main.name), node.get(main.name)
    if key is None or value is None or not _is_free(node.get(kind)):
        return node
    if node.key(kind) is None:
        pairs = [(Scalar(kind, kind, k.span), v) if k is key else (k, v) for k, v in node.pairs]
    else:
        pairs = [(k, value if k.text == kind else v) for k, v in node.pairs if k is not key]
    return Mapping(tuple(pairs), node.span)


def _is_free(value: Node | None) -> bool:
    return value is None or (isinstance(value, Scalar) and value.value is None)
