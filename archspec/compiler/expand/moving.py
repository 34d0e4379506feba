"""From one call of a block to another like it: paths, tensors, nodes, and the names that can be referred to."""

from __future__ import annotations

from collections.abc import Mapping as Readable

from archspec.compiler.expand.context import Target
from archspec.compiler.expand.names import Bundle, Entry, Names, Tensor
from archspec.compiler.graph.graph import Node
from archspec.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """From the paths and inputs of one call to those of another."""

    old: Target
    new: Target
    tensors: Readable[Tensor, Tensor]

    def path(self, path: str) -> str:
        """A path of a layer, node or call."""
        return self.new.path + path[len(self.old.path) :]

    def variable_path(self, path: str) -> str:
        """The prefix of variables."""
        old, new = self.old.variable_path, self.new.variable_path
        rest = path[len(old) :] if old else f"/{path}"
        return new + rest if new else rest[1:]

    def tensor(self, tensor: Tensor) -> Tensor:
        """A tensor: an input of the call, or one that it made."""
        return self.tensors[tensor] if tensor in self.tensors or tensor is None else self.path(tensor)

    def bundle(self, bundle: Bundle) -> Bundle:
        """What a layer hands on."""
        return Bundle(tuple((name, self.tensor(tensor)) for name, tensor in bundle.outputs), bundle.listed)

    def node(self, node: Node) -> Node:
        """A node, with the same op, shape and origins."""
        inputs = tuple(self.tensor(tensor) or "" for tensor in node.inputs)
        paths = self.variable_path(node.variable_path), self.path(node.layer)
        return Node(
            self.path(node.path), node.op, inputs, node.shape, node.dtype, *paths, node.span, node.values, node.further
        )


def enter_names(old: Names, new: Names, move: Move) -> None:
    """Enter the names in the inside of one call into that of another, where its inputs are bound already."""
    _enter(old, new, move, {id(old): new})


def _enter(old: Names, new: Names, move: Move, copies: dict[int, Names]) -> None:
    """Enter the names of one scope, and of those below it, into another; inputs that are bound there stay."""
    for leaf, entry in old.entries.items():
        if leaf not in new.entries:
            below = _copied(entry.below, move, copies)
            bundle = move.bundle(entry.bundle) if entry.bundle is not None else None
            path = move.variable_path(entry.variable_path) if entry.variable_path else ""
            new.entries[leaf] = Entry(bundle, below, path, entry.span, entry.absent)
    for name, scopes in old.through.items():
        seen = new.through.setdefault(name, {})
        for scope in scopes.values():
            copy = _copied(scope, move, copies)
            seen[id(copy)] = copy


def _copied(old: Names, move: Move, copies: dict[int, Names]) -> Names:
    if id(old) not in copies:
        parent, around = copies.get(id(old.parent)), copies.get(id(old.around))
        copies[id(old)] = Names(parent, around)
        _enter(old, copies[id(old)], move, copies)
    return copies[id(old)]
