"""What a graph costs: a row for each layer, and totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.op import FLOATS, Shape, Sight, WrongShape
from archspec.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: its op, the shape it hands on, the elements of its variables, its multiply-accumulates.

    `macs` is None where the input's size is not known before run time.
    """

    name: str
    op: str
    output_shape: Shape
    params: int
    trainable: int
    macs: int | None
    numbers: str
    """The types in which it computes."""


def rows(graph: Graph, frozen: Callable[[str], bool] = lambda layer: False) -> list[Row]:
    """A row for each layer, in running order; the norm and activation behind an op count with it.

    `frozen` says which layers a training leaves as they are.
    """
    sizes: dict[str, list[tuple[int, bool]]] = {}
    for _, node, variable in graph.variables():
        trained = variable.trainable and not frozen(node.layer)
        sizes.setdefault(node.path, []).append((prod(variable.shape), trained))
    layers: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        # An operation without a name has a node of its own number, and is a row of its own.
        layers.setdefault(_row_name(node, graph), []).append(node)
    return [_row(name, nodes, sizes, graph) for name, nodes in layers.items()]


def _row_name(node: Node, graph: Graph) -> str:
    return node.layer if node.path.startswith(f"{node.layer}/") or node.path == node.layer else node.path


def _row(name: str, nodes: list[Node], sizes: dict[str, list[tuple[int, bool]]], graph: Graph) -> Row:
    own = [size for node in nodes for size in sizes.get(node.path, ())]
    computing = [node for node in nodes if node.op.NAME != "cast"]
    return Row(
        name,
        nodes[0].op.NAME,
        nodes[-1].shape,
        sum(size for size, _ in own),
        sum(size for size, trainable in own if trainable),
        _sum([_macs(graph, node) for node in nodes]),
        ", ".join(dict.fromkeys(node.op.computes_in(node.dtype) for node in computing or nodes)),
    )


def _macs(graph: Graph, node: Node) -> int | None:
    try:
        return graph.macs(node)
    except WrongShape:
        # The graph is built, so its shapes fit: what is wrong is only that a size is not known yet.
        return None


def _sum(numbers: Sequence[int | None]) -> int | None:
    """The sum; None where a number is not known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over all layers."""

    params: int
    trainable: int
    macs: int | None


def totals(table: list[Row]) -> Totals:
    """The sums of a table's columns."""
    return Totals(sum(r.params for r in table), sum(r.trainable for r in table), _sum([r.macs for r in table]))


SIZES = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "uint8": 1, "bool": 1}
"""Bytes of a number, by dtype."""


def bytes_of(graph: Graph, path: str) -> int | None:
    """Bytes of a tensor for one example; None where a size is not known before run time."""
    number = SIZES.get(graph.dtype(path))
    sizes = [size for size in graph.shape(path) if size is not None]
    return prod(sizes) * number if number is not None and len(sizes) == len(graph.shape(path)) else None


def activations(graph: Graph) -> int | None:
    """Bytes of all nodes' outputs for one example: what a training step keeps for its way back, at the most."""
    return _sum([bytes_of(graph, name) for name in _tensors(graph)])


def _tensors(graph: Graph) -> list[str]:
    return [name for node in graph.nodes.values() for name in node.tensors]


def peak(graph: Graph) -> int | None:
    """The most bytes of tensors that are needed at the same time, running node by node, for one example.

    None where a size is not known before run time.
    """
    last_reader = {name: node.path for node in graph.nodes.values() for name in node.inputs}
    kept = {*graph.ends, *graph.heads.values()}
    sizes = {name: bytes_of(graph, name) for name in (*graph.inputs, *_tensors(graph))}
    if None in sizes.values():
        return None
    alive: dict[str, int] = {path: sizes[path] or 0 for path in graph.inputs}
    most = sum(alive.values())
    for node in graph.nodes.values():
        alive.update({name: sizes[name] or 0 for name in node.tensors})
        most = max(most, sum(alive.values()))
        # What nothing reads goes as soon as it is made.
        done = {name for name in alive if last_reader.get(name, name) in (node.path, *node.tensors)} - kept
        alive = {path: size for path, size in alive.items() if path not in done}
    return most


def receptive_fields(graph: Graph) -> dict[str, Sight | None]:
    """What every node's elements see of the input; None where it is the whole input, or there is no feature map.

    size += (window - 1) * step and step *= stride along a path, the largest of all paths where they meet
    (Araujo, Norris and Sim 2019, https://distill.pub/2019/computing-receptive-fields).
    """
    fields: dict[str, Sight | None] = {
        name: _point(len(each.shape) - 1) if len(each.shape) > 1 and each.dtype in FLOATS else None
        for name, each in graph.inputs.items()
    }
    for node in graph.nodes.values():
        seen = [fields[name] for name in node.inputs]
        found = _seen(graph, node, [sight for sight in seen if sight is not None]) if None not in seen else None
        fields.update(dict.fromkeys(node.tensors, found))
    return fields


def _point(rank: int) -> Sight:
    return Sight((1,) * rank, (1,) * rank)


def _seen(graph: Graph, node: Node, seen: list[Sight]) -> Sight | None:
    if len({len(sight.size) for sight in seen}) != 1:
        return None
    sizes, steps = _largest([sight.size for sight in seen]), _largest([sight.step for sight in seen])
    return node.op.sees(Sight(sizes, steps), graph.shape(node.inputs[0]), node.shape)


def _largest(sizes: list[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(map(max, zip(*sizes, strict=True)))


def last_map(graph: Graph) -> str | None:
    """The last node that is a feature map of more than one position: what the classifier pools; None without one."""
    maps = [path for path, node in graph.nodes.items() if len(node.shape) > 2 and set(node.shape[:-1]) != {1}]
    return maps[-1] if maps else None
