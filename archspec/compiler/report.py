"""What a graph costs: a row for each layer, and totals."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archspec.compiler.ir import Graph, Node
from archspec.compiler.op import Shape


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: its op, the shape it hands on, the elements of its variables, its multiply-accumulates."""

    name: str
    op: str
    output_shape: Shape
    params: int
    trainable: int
    macs: int


def rows(graph: Graph) -> list[Row]:
    """A row for each layer, in running order; the norm and activation behind an op count with it."""
    sizes: dict[str, list[tuple[int, bool]]] = {}
    for _, node, variable in graph.variables():
        sizes.setdefault(node.path, []).append((prod(variable.shape), variable.trainable))
    layers: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        # An operation without a name has a node of its own number, and is a row of its own.
        layers.setdefault(_row_name(node, graph), []).append(node)
    return [_row(name, nodes, sizes, graph) for name, nodes in layers.items()]


def _row_name(node: Node, graph: Graph) -> str:
    return node.layer if node.path.startswith(f"{node.layer}/") or node.path == node.layer else node.path


def _row(name: str, nodes: list[Node], sizes: dict[str, list[tuple[int, bool]]], graph: Graph) -> Row:
    own = [size for node in nodes for size in sizes.get(node.path, ())]
    return Row(
        name,
        nodes[0].op.NAME,
        nodes[-1].shape,
        sum(size for size, _ in own),
        sum(size for size, trainable in own if trainable),
        sum(graph.macs(node) for node in nodes),
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over all layers."""

    params: int
    trainable: int
    macs: int


def totals(table: list[Row]) -> Totals:
    """The sums of a table's columns."""
    return Totals(sum(r.params for r in table), sum(r.trainable for r in table), sum(r.macs for r in table))
