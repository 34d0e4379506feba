"""The layers of a document as a tree that can be edited by path, indexed once."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.registry import Registry
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass, field

SECTIONS = ("layers", "heads")
"""The sections of a document that hold layers."""


@dataclass(slots=True, eq=False)
class Group:
    """A list or mapping of layers; what is no named layer in a list stays the node that it is."""

    node: Listing | Mapping
    owner: Cell | None
    entries: list[Cell | Node] = field(default_factory=list)
    edited: bool = False


@dataclass(slots=True, eq=False)
class Cell:
    """A named layer, the groups of layers inside it, and what the edits put beside it."""

    key: Scalar
    node: Node
    item: Node
    """What stands in the group for it: in a list the mapping of its one pair."""
    path: tuple[str, ...]
    group: Group
    inner: list[Group] = field(default_factory=list)
    before: list[Node] = field(default_factory=list)
    after: list[Node] = field(default_factory=list)
    gone: bool = False
    edited: bool = False


class Tree:
    """The layers and heads of a document, found by path; silent parts of a path may be left out."""

    def __init__(self, root: Mapping, registry: Registry, sections: tuple[str, ...] = SECTIONS) -> None:
        self.root = root
        self.registry = registry
        self.index: dict[str, list[Cell]] = {}
        self.unread: set[str] = set()
        """The keys of items that are no layer, which is reported where the document is checked."""
        self.groups = {name: self._group(node, None, ()) for name in sections if _holds_layers(node := root.get(name))}

    def _group(self, node: Node | None, owner: Cell | None, path: tuple[str, ...]) -> Group:
        assert isinstance(node, (Listing, Mapping))
        group = Group(node, owner)
        if isinstance(node, Mapping):
            group.entries += [self._cell(key, value, value, group, path) for key, value in node.pairs]
        for item in node.items if isinstance(node, Listing) else ():
            if isinstance(item, Mapping) and len(item.pairs) == 1:
                key, value = item.pairs[0]
                group.entries.append(self._cell(key, value, item, group, path))
            else:
                group.entries.append(item)
                self.unread.update(key.text for key, _ in (item.pairs if isinstance(item, Mapping) else ()))
        return group

    def _cell(self, key: Scalar, node: Node, item: Node, group: Group, above: tuple[str, ...]) -> Cell:
        cell = Cell(key, node, item, (*above, *key.text.split("/")), group)
        self.index.setdefault(_spoken(cell.path), []).append(cell)
        cell.inner = [self._group(inner, cell, cell.path) for inner in self._inside(node)]
        return cell

    def _inside(self, layer: Node) -> Iterator[Node]:
        """The groups of layers in a layer: its list, its `layers`, its branches."""
        if isinstance(layer, Listing):
            yield layer
        for key, value in layer.pairs if isinstance(layer, Mapping) else ():
            branches = key.text in self.registry.ops and isinstance(value, Mapping)
            if branches or (key.text == "layers" and _holds_layers(value)):
                yield value

    def find(self, path: str) -> list[Cell]:
        """The layers that a path may mean: one, or none, or several where silent parts are left out."""
        parts = tuple(path.split("/"))
        found = [cell for cell in self.index.get(_spoken(parts), ()) if not cell.gone and _follows(parts, cell.path)]
        return next(([cell] for cell in found if cell.path == parts), found)

    def replace(self, cell: Cell, node: Node) -> None:
        """Give a layer another content; layers inside it that are the same nodes as before keep their edits."""
        kept = {id(group.node): group for group in cell.inner}
        wanted = list(self._inside(node))
        for group in cell.inner:
            if not any(group.node is inner for inner in wanted):
                _forget(group)
        cell.inner = [kept.get(id(inner)) or self._group(inner, cell, cell.path) for inner in wanted]
        cell.node = node
        mark(cell)

    def paths(self) -> list[str]:
        """The path of every layer that is there."""
        return ["/".join(cell.path) for cells in self.index.values() for cell in cells if not cell.gone]

    def document(self) -> Mapping:
        """The document with its layers as they are now."""
        pairs = ((key, _rebuilt(self.groups[key.text]) if key.text in self.groups else node) for key, node in self.root)
        return Mapping(tuple(pairs), self.root.span)


def mark(cell: Cell) -> None:
    """Note that a layer, and so all around it, has to be written anew."""
    around: Cell | None = cell
    while around is not None and not (around.edited and around.group.edited):
        around.edited = around.group.edited = True
        around = around.group.owner


def remove(cell: Cell) -> None:
    """Take a layer out, with all that is in it."""
    mark(cell)
    _bury(cell)


def _bury(cell: Cell) -> None:
    cell.gone = True
    for group in cell.inner:
        _forget(group)


def _forget(group: Group) -> None:
    for entry in group.entries:
        if isinstance(entry, Cell):
            _bury(entry)


def _spoken(path: tuple[str, ...]) -> str:
    """A path without the silent parts before its last one."""
    return "/".join([*(part for part in path[:-1] if not part.startswith("(")), path[-1]])


def _follows(parts: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether the parts stand in the path in this order; what is between them is silent."""
    left = iter(path)
    return all(part in left for part in parts)


def _holds_layers(node: Node | None) -> bool:
    return isinstance(node, (Listing, Mapping))


def _rebuilt(group: Group) -> Node:
    if not group.edited:
        return group.node
    listed = isinstance(group.node, Listing)
    items: list[Node] = []
    for entry in group.entries:
        items += _items(entry, listed) if isinstance(entry, Cell) else [entry]
    if listed:
        return Listing(tuple(items), group.node.span)
    pairs = (pair for item in items if isinstance(item, Mapping) for pair in item.pairs)
    return Mapping(tuple(pairs), group.node.span)


def _items(cell: Cell, listed: bool) -> list[Node]:
    """What stands in a group in the place of a layer, each a mapping of one pair."""
    own = cell.item if listed and not cell.edited else Mapping(((cell.key, _written(cell)),), cell.key.span)
    return [*cell.before, *([] if cell.gone else [own]), *cell.after]


def _written(cell: Cell) -> Node:
    if not any(group.edited for group in cell.inner):
        return cell.node
    if isinstance(cell.node, Listing):
        return _rebuilt(cell.inner[0])
    assert isinstance(cell.node, Mapping)
    new = {id(group.node): _rebuilt(group) for group in cell.inner}
    return Mapping(tuple((key, new.get(id(value), value)) for key, value in cell.node.pairs), cell.node.span)
