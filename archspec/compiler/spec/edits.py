"""change, insert and remove: edits of the layers that an extended spec brings, by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from archspec.compiler.language.ops import OPS
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.layers import OPERATIONS
from archspec.compiler.spec.records import items
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.diagnostics import Findings

Pair = tuple[Scalar, Node]

_FORMS = {
    "change": "write `change: {path: {field: value}}`",
    "insert": "write `insert: {after path: [name: {…}]}`",
    "remove": "write `remove: [path, path]`",
}


def edit(root: Mapping, edits: Mapping, findings: Findings) -> Mapping:
    """The document with the edits made; a path that is not there is an error."""
    if not _well_formed(edits, findings):
        return root
    for key, value in _pairs(edits.get("change")):
        root = _at(root, key, key.text, partial(_changed, value), findings)
    for key, value in _pairs(edits.get("insert")):
        place, _, path = key.text.partition(" ")
        if place not in ("before", "after") or not path:
            findings.add("AS116", f"`{key.text}` is not a place", key.span, help="write `after PATH` or `before PATH`")
            continue
        new = _children(value)
        root = _at(root, key, path, partial(_beside, place, new), findings)
    for item in items(edits.get("remove")):
        if isinstance(item, Scalar):
            root = _at(root, item, item.text, lambda pair: [], findings)
    return root


def _well_formed(edits: Mapping, findings: Findings) -> bool:
    """Whether `change` and `insert` are mappings, and `remove` is a list; reports what is not."""
    before = len(findings.items)
    wanted: dict[str, type[Node]] = {"change": Mapping, "insert": Mapping, "remove": Listing}
    for name, kind in wanted.items():
        node = edits.get(name)
        if node is not None and not isinstance(node, kind):
            findings.add(
                "AS102", f"`{name}` is a {'list' if kind is Listing else 'mapping'}", node.span, help=_FORMS[name]
            )
    for _, layers in _pairs(edits.get("insert")):
        if not isinstance(layers, Listing):
            findings.add("AS106", "inserted layers are a list", layers.span, help=_FORMS["insert"])
    return len(findings.items) == before


def _pairs(node: Node | None) -> tuple[Pair, ...]:
    return node.pairs if isinstance(node, Mapping) else ()


def _beside(place: str, new: list[Pair], pair: Pair) -> list[Pair]:
    return [*new, pair] if place == "before" else [pair, *new]


def _changed(change: Node, pair: Pair) -> list[Pair]:
    """The layer with some keys replaced; another operation replaces the whole layer."""
    key, old = pair
    if not isinstance(change, Mapping):
        return [(key, change)]
    if isinstance(old, Scalar):
        old = Mapping(((old, Scalar(None, "", old.span)),), old.span)
    operations = [k.text for k, _ in change.pairs if k.text in OPS or k.text in OPERATIONS]
    if not isinstance(old, Mapping) or any(name not in [k.text for k, _ in old.pairs] for name in operations):
        return [(key, change)]
    merged = {k.text: (k, v) for k, v in old.pairs}
    merged.update({k.text: (k, v) for k, v in change.pairs})
    return [(key, Mapping(tuple(merged.values()), change.span))]


def _at(root: Mapping, place: Scalar, path: str, new: Callable[[Pair], list[Pair]], findings: Findings) -> Mapping:
    """The document with the layer at a path replaced by others."""
    for section in ("layers", "heads"):
        key, body = root.key(section), root.get(section)
        if key is None or body is None:
            continue
        edited = _within(body, path, new)
        if edited is not None:
            return Mapping(tuple((k, edited if k.text == section else v) for k, v in root.pairs), root.span)
    known = [name for section in ("layers", "heads") for name in _paths(root.get(section), "")]
    help = nearest(path, known) or "layers inside a block are changed in the block"
    findings.add("AS117", f"the extended spec has no layer `{path}`", place.span, help=help)
    return root


def _within(node: Node, path: str, new: Callable[[Pair], list[Pair]]) -> Node | None:
    """The list or mapping with the layer at the path edited, or None where it is not in there."""
    pairs = _children(node)
    for index, (key, value) in enumerate(pairs):
        if key.text == path:
            return _rebuilt(node, [*pairs[:index], *new((key, value)), *pairs[index + 1 :]])
        silent = key.text.startswith("(") and not path.startswith("(")
        rest = path if silent else path.removeprefix(key.text + "/")
        if silent or rest != path:
            below = _below(value, rest, new)
            if below is not None:
                return _rebuilt(node, [*pairs[:index], (key, below), *pairs[index + 1 :]])
    return None


def _below(layer: Node, path: str, new: Callable[[Pair], list[Pair]]) -> Node | None:
    """The layer edited inside: its list, its `layers`, or its branches."""
    if isinstance(layer, Listing):
        return _within(layer, path, new)
    for key, value in _pairs(layer):
        if key.text == "layers" or (key.text in OPS and isinstance(value, Mapping)):
            edited = _within(value, path, new)
            if edited is not None and isinstance(layer, Mapping):
                return Mapping(tuple((k, edited if k is key else v) for k, v in layer.pairs), layer.span)
    return None


def _children(node: Node) -> list[Pair]:
    if isinstance(node, Mapping):
        return list(node.pairs)
    # A bare operation has no name to be found by; an empty one keeps its place in the list.
    return [
        item.pairs[0] if isinstance(item, Mapping) and item.pairs else (Scalar("", "", item.span), item)
        for item in items(node)
    ]


def _rebuilt(node: Node, pairs: list[Pair]) -> Node:
    if isinstance(node, Mapping):
        return Mapping(tuple(pairs), node.span)
    return Listing(tuple(v if k.text == "" else Mapping(((k, v),), k.span) for k, v in pairs), node.span)


def _paths(node: Node | None, prefix: str) -> Iterator[str]:
    for key, value in _children(node) if node is not None else ():
        path = f"{prefix}{key.text}"
        if key.text:
            yield path
        if isinstance(value, Listing):
            yield from _paths(value, path + "/")
        for inner, below in _pairs(value):
            if inner.text == "layers" or (inner.text in OPS and isinstance(below, Mapping)):
                yield from _paths(below, path + "/")
