"""The graph between spec and TensorFlow: nodes with static shapes, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from archspec.compiler.language.forms.draws import Draw
from archspec.compiler.language.op import Op, Shape, Variable
from archspec.compiler.language.provenance import Values
from archspec.dataclass import dataclass, field, replace
from archspec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Input:
    """A tensor that the graph is fed; the shape is without the batch axis."""

    name: str
    shape: Shape
    dtype: str = "float32"
    draw: Draw | None = None
    """What it is drawn from where no data feeds it."""


@dataclass(frozen=True, slots=True)
class Output:
    """One of several outputs of a node: its name, shape and dtype."""

    name: str
    shape: Shape
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation in the graph.

    `path` is its unique name (`Mixed_5b/Branch_1/Conv2d_0a_1x1/BatchNorm`), `layer` that of the layer that made it;
    `variable_path` is the prefix of its variables' names, root included; `inputs` are tensors: graph inputs, and
    outputs of nodes. A node's main output goes by the node's path, with `shape` and `dtype`; each of its `further`
    outputs goes by path and name (`parts.1`).
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
    further: tuple[Output, ...] = ()

    @property
    def tensors(self) -> dict[str, Output]:
        """Every output by its tensor's name, the main one first."""
        main = {self.path: Output("", self.shape, self.dtype)}
        return main | {f"{self.path}.{output.name}": output for output in self.further}


Kind = tuple[int, tuple[Shape, ...]]
"""What an op, by its identity, is given: many nodes of a network are alike, and what their op answers is the same."""


Weight = tuple[str, Node, Variable]
"""The full name of a variable, a node that needs it, and what the node's op says of it."""


@dataclass(frozen=True)
class Graph:
    """Nodes in running order, with named end points.

    `endpoints` maps every layer path and alias to the tensor that it is; `output` is the end of the main line, `heads`
    the outputs that hang off it. `outputs` are the network's outputs by the names that the spec gives them, empty where
    it names none and `output` is the only one.
    """

    name: str
    inputs: dict[str, Input]
    nodes: dict[str, Node]
    endpoints: dict[str, str]
    output: str
    heads: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def producer(self, tensor: str) -> Node | None:
        """The node that makes a tensor; None for a graph input. Raises KeyError for what is neither."""
        if tensor in self.nodes:
            return self.nodes[tensor]
        return None if tensor in self.inputs else self.nodes[tensor.rpartition(".")[0]]

    def tensor(self, name: str) -> Input | Node | Output:
        """What has the shape and dtype of a tensor: a graph input, a node for its main output, or a further output."""
        found = self.nodes.get(name) or self.inputs.get(name)
        return found if found is not None else self.nodes[name.rpartition(".")[0]].tensors[name]

    def shape(self, tensor: str) -> Shape:
        """The shape of a node's output or of a graph input."""
        return self.tensor(tensor).shape

    def dtype(self, tensor: str) -> str:
        """The dtype of a node's output or of a graph input."""
        return self.tensor(tensor).dtype

    @property
    def ends(self) -> list[str]:
        """The tensors that the network is there for: its named outputs, or the end of the main line."""
        return list(dict.fromkeys(self.outputs.values())) or [self.output]

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of a node's inputs."""
        return tuple(map(self.shape, node.inputs))

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        return {}

    def kind(self, node: Node) -> Kind:
        """What tells a node apart from those that are alike."""
        found = self._kinds.get(node.path)
        if found is None:
            found = self._kinds[node.path] = id(node.op), self.input_shapes(node)
        return found

    @cached_property
    def _weights(self) -> tuple[Weight, ...]:
        """What every node needs, a shared variable with each of its nodes."""
        made: dict[Kind, tuple[Variable, ...]] = {}
        found: list[Weight] = []
        for node in self.nodes.values():
            kind = self.kind(node)
            if kind not in made:
                made[kind] = node.op.variables(*kind[1])
            found += [
                (f"{node.variable_path}/{each.name}" if node.variable_path else each.name, node, each)
                for each in made[kind]
            ]
        return tuple(found)

    @cached_property
    def _owned(self) -> tuple[Weight, ...]:
        return tuple(_first_of_each(self._weights))

    def variables(self, among: Container[str] | None = None) -> Iterator[Weight]:
        """Every weight, once each: a shared one belongs to the first node.

        `among` are paths of nodes, where not all nodes are meant.
        """
        if among is None:
            return iter(self._owned)
        return _first_of_each(weight for weight in self._weights if weight[1].path in among)

    @cached_property
    def _macs(self) -> dict[Kind, int]:
        return {}

    def macs(self, node: Node) -> int:
        """Multiply-accumulates of a node for one example."""
        kind = self.kind(node)
        if kind not in self._macs:
            self._macs[kind] = node.op.macs(*kind[1])
        return self._macs[kind]

    def leading_to(self, ends: list[str]) -> set[str]:
        """The paths of the nodes that these tensors need."""
        needed, stack = set[str](), list(ends)
        while stack:
            node = self.producer(stack.pop())
            if node is not None and node.path not in needed:
                needed.add(node.path)
                stack.extend(node.inputs)
        return needed

    def fed_only(self) -> Graph:
        """The graph without the inputs that no node and no output of its reads."""
        read = {*self.ends, *(tensor for node in self.nodes.values() for tensor in node.inputs)}
        return replace(self, inputs={name: given for name, given in self.inputs.items() if name in read})

    def ending_at(self, ends: list[str]) -> Graph:
        """The part of the graph that these tensors need; end points, heads and outputs outside it are gone."""
        needed = self.leading_to(ends)
        nodes = {path: node for path, node in self.nodes.items() if path in needed}
        there = {*self.inputs, *(tensor for node in nodes.values() for tensor in node.tensors)}
        endpoints = {name: tensor for name, tensor in self.endpoints.items() if tensor in there}
        heads = {name: tensor for name, tensor in self.heads.items() if tensor in ends}
        outputs = {name: tensor for name, tensor in self.outputs.items() if tensor in there}
        return replace(self, nodes=nodes, endpoints=endpoints, heads=heads, outputs=outputs)


def _first_of_each(weights: Iterable[Weight]) -> Iterator[Weight]:
    """Every variable once, with the first node that needs it."""
    seen: set[str] = set()
    for weight in weights:
        if weight[0] not in seen:
            seen.add(weight[0])
            yield weight
