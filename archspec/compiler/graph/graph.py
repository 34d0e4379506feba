"""The graph between spec and TensorFlow: nodes with static shapes, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archspec.compiler.language.op import Op, Shape, Variable, WrongShape, show
from archspec.compiler.language.provenance import Values
from archspec.diagnostics import Findings, Span


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that the graph is fed; the shape is without the batch axis."""

    name: str
    shape: Shape
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation in the graph.

    `path` is its unique name (`Mixed_5b/Branch_1/Conv2d_0a_1x1/BatchNorm`), `layer` that of the layer that made it;
    `variable_path` is the prefix of its variables' names, root included; `inputs` are paths of nodes or graph inputs.
    """

    path: str
    op: Op
    inputs: tuple[str, ...]
    shape: Shape
    dtype: str = "float32"
    variable_path: str = ""
    layer: str = ""
    span: Span | None = field(default=None, compare=False)
    values: Values = field(default_factory=dict, compare=False, hash=False)


@dataclass(frozen=True)
class Graph:
    """Nodes in running order, with named end points.

    `endpoints` maps every layer path and alias to the path of the node whose output it is; `output` is the end of the
    main line, `heads` the outputs that hang off it.
    """

    name: str
    inputs: dict[str, Input]
    nodes: dict[str, Node]
    endpoints: dict[str, str]
    output: str
    heads: dict[str, str] = field(default_factory=dict)

    def shape(self, path: str) -> Shape:
        """The shape of a node's output or of a graph input."""
        return self.nodes[path].shape if path in self.nodes else self.inputs[path].shape

    def dtype(self, path: str) -> str:
        """The dtype of a node's output or of a graph input."""
        return self.nodes[path].dtype if path in self.nodes else self.inputs[path].dtype

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of a node's inputs."""
        return tuple(self.shape(path) for path in node.inputs)

    def variables(self) -> Iterator[tuple[str, Node, Variable]]:
        """(full name, node, variable) of every weight, once each: a shared one belongs to the first node."""
        seen: set[str] = set()
        for node in self.nodes.values():
            for variable in node.op.variables(*self.input_shapes(node)):
                name = "/".join(part for part in (node.variable_path, variable.name) if part)
                if name not in seen:
                    seen.add(name)
                    yield name, node, variable

    def macs(self, node: Node) -> int:
        """Multiply-accumulates of a node for one example."""
        return node.op.macs(*self.input_shapes(node))

    def ending_at(self, outputs: list[str]) -> Graph:
        """The part of the graph that these nodes need; end points and heads outside it are gone."""
        needed, stack = set(), list(outputs)
        while stack:
            path = stack.pop()
            if path not in needed:
                needed.add(path)
                stack.extend(self.nodes[path].inputs if path in self.nodes else ())
        nodes = {path: node for path, node in self.nodes.items() if path in needed}
        endpoints = {name: path for name, path in self.endpoints.items() if path in needed}
        heads = {name: path for name, path in self.heads.items() if path in outputs}
        return replace(self, nodes=nodes, endpoints=endpoints, heads=heads)


def verify(graph: Graph, findings: Findings) -> None:
    """Check what every graph must hold: known inputs, order, shapes that are inferred again to be the same."""
    ready: set[str] = set(graph.inputs)
    for path, node in graph.nodes.items():
        missing = [name for name in node.inputs if name not in ready]
        if missing or path != node.path:
            findings.add("AS390", f"{path} reads {', '.join(missing)} before it is made", node.span)
            return
        _verify_node(graph, node, findings)
        ready.add(path)
    for name, target in {**graph.endpoints, **graph.heads, "output": graph.output}.items():
        if target not in ready:
            findings.add("AS391", f"end point {name} stands for {target}, which is not in the graph")


def _verify_node(graph: Graph, node: Node, findings: Findings) -> None:
    try:
        shape = node.op.shape(*graph.input_shapes(node))
    except WrongShape as problem:
        findings.add("AS392", f"{node.path}: {node.op.NAME} {problem}", node.span)
        return
    dtype = node.op.dtype(*(graph.dtype(path) for path in node.inputs))
    if (shape, dtype) != (node.shape, node.dtype):
        said, found = f"{show(node.shape)} {node.dtype}", f"{show(shape)} {dtype}"
        findings.add("AS393", f"{node.path} is said to be {said} and is {found}", node.span)
