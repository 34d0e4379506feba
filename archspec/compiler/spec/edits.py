"""change, insert and remove: edits of the layers that an extended spec brings, by path."""

from __future__ import annotations

from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.layers import OPERATIONS
from archspec.compiler.spec.mains import behind_name
from archspec.compiler.spec.records import items
from archspec.compiler.spec.tree import Cell, Tree, mark, remove
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings

_FORMS = {
    "change": "write `change: {path: {field: value}}`",
    "insert": "write `insert: {after path: [name: {…}]}`",
    "remove": "write `remove: [path, path]`",
}

_MOST_GUESSES = 20
"""Unknown paths for which a likely one is looked for; each look goes through all paths."""


def edit(root: Mapping, edits: Mapping, registry: Registry, findings: Findings) -> Mapping:
    """The document with the edits made; a path that is not there is an error."""
    if not any(edits.get(name) for name in _FORMS) or not _well_formed(edits, findings):
        return root
    work = _Edits(Tree(root, registry), registry, findings)
    for key, value in _pairs(edits.get("change")):
        work.change(key, value)
    for key, value in _pairs(edits.get("insert")):
        work.insert(key, value)
    for item in items(edits.get("remove")):
        work.remove(item)
    return work.tree.document()


@dataclass
class _Edits:
    """Edits of one document, one after the other."""

    tree: Tree
    registry: Registry
    findings: Findings
    unknown: int = 0

    def change(self, key: Scalar, value: Node) -> None:
        cell = self.found(key, key.text)
        if cell is not None:
            self.tree.replace(cell, changed(cell.node, value, self.registry))

    def insert(self, key: Scalar, value: Node) -> None:
        place, _, path = key.text.partition(" ")
        if place not in ("before", "after") or not path:
            help = "write `after PATH` or `before PATH`"
            self.findings.add("AS116", f"`{key.text}` is not a place", key.span, help=help)
            return
        cell = self.found(key, path)
        if cell is None or not self.fits(cell, value):
            return
        if place == "before":
            cell.before += items(value)
        else:
            cell.after[:0] = items(value)
        mark(cell)

    def fits(self, cell: Cell, new: Node) -> bool:
        """Whether what is inserted can stand beside a layer: branches all have a name."""
        unnamed = [item for item in items(new) if not (isinstance(item, Mapping) and len(item.pairs) == 1)]
        if isinstance(cell.group.node, Listing) or not unnamed:
            return True
        message = "what stands among branches or heads has a name"
        self.findings.add("AS107", message, unnamed[0].span, help="write `- name: {…}`")
        return False

    def remove(self, item: Node) -> None:
        if not isinstance(item, Scalar):
            self.findings.add("AS102", "`remove` is a list of paths", item.span, help=_FORMS["remove"])
            return
        cell = self.found(item, item.text)
        if cell is not None:
            remove(cell)

    def found(self, place: Scalar, path: str) -> Cell | None:
        """The one layer at a path; None after reporting that there is none, or more than one."""
        cells = self.tree.find(path)
        if len(cells) > 1:
            places = " and ".join(cell.key.span.short for cell in cells[:2])
            message, help = f"`{path}` may mean two layers, at {places}", "write the path with its parentheses"
            self.findings.add("AS305", message, place.span, help=help)
        elif not cells and path.rpartition("/")[2] not in self.tree.unread:
            self.unknown += 1
            near = nearest(path, self.tree.paths()) if self.unknown <= _MOST_GUESSES else None
            help = near or "layers inside a block are changed in the block"
            self.findings.add("AS117", f"the extended spec has no layer `{path}`", place.span, help=help)
        return cells[0] if len(cells) == 1 else None


def changed(old: Node, change: Node, registry: Registry) -> Node:
    """The layer with some keys replaced; another operation replaces the whole layer."""
    if not isinstance(change, Mapping):
        return change
    old = as_mapping(old)
    operations = [k.text for k, _ in change.pairs if k.text in registry.ops or k.text in OPERATIONS]
    if any(old.get(name) is None for name in operations):
        return change
    op = next((k.text for k, _ in old.pairs if k.text in registry.ops), None)
    if op is not None:
        old, change = (behind_name(node, op, registry.ops[op]) for node in (old, change))
    merged = {k.text: (k, v) for k, v in old.pairs}
    merged.update({k.text: (k, v) for k, v in change.pairs})
    return Mapping(tuple(merged.values()), change.span)


def as_mapping(layer: Node) -> Mapping:
    """A bare operation, or a list of layers, with room for keys beside it."""
    if isinstance(layer, Mapping):
        return layer
    if isinstance(layer, Scalar):
        return Mapping(((layer, Scalar(None, "", layer.span)),), layer.span)
    return Mapping(((Scalar("layers", "layers", layer.span), layer),), layer.span)


def _well_formed(edits: Mapping, findings: Findings) -> bool:
    """Whether `change` and `insert` are mappings, and `remove` is a list; reports what is not."""
    before = len(findings.items)
    wanted: dict[str, type[Node]] = {"change": Mapping, "insert": Mapping, "remove": Listing}
    for name, kind in wanted.items():
        node = edits.get(name)
        if node is not None and not isinstance(node, kind):
            what = "list" if kind is Listing else "mapping"
            findings.add("AS102", f"`{name}` is a {what}", node.span, help=_FORMS[name])
    for _, layers in _pairs(edits.get("insert")):
        if not isinstance(layers, Listing):
            findings.add("AS106", "inserted layers are a list", layers.span, help=_FORMS["insert"])
    return len(findings.items) == before


def _pairs(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if isinstance(node, Mapping) else ()
