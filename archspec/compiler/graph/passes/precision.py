"""The graph in another precision: what can compute in 16 bits does, and the variables stay as they are."""

from __future__ import annotations

from archspec.compiler.graph.graph import Graph, Node, Output
from archspec.compiler.language.op import FLOATS, WrongShape, wide
from archspec.compiler.language.ops.cast import Cast
from archspec.dataclass import dataclass, field, replace


def in_precision(graph: Graph, dtype: str) -> Graph:
    """The graph with a `cast` to a type behind each float32 input, and behind what makes fractions of whole numbers.

    Each op after it computes in that type what it can: its `computes_in` and FLOAT32_PARTS say what not. A `cast` that
    the spec has stays, and where its type meets the other, both meet in float32. An op that does not take the type
    gets float32. Before: image -> conv -> relu. After: image -> image/bfloat16 -> conv -> relu, bfloat16 but for image.
    """
    read = {name for node in graph.nodes.values() for name in node.inputs}
    making = _Making(graph, dtype, {*graph.ends, *graph.heads.values()} - read)
    for name, given in graph.inputs.items():
        if given.dtype == "float32" and name in read:
            making.instead[name] = making.cast(name, dtype)
    for node in graph.nodes.values():
        making.add(node)
    return replace(graph, nodes=making.nodes)


@dataclass(frozen=True)
class _Making:
    """The nodes of the new graph so far.

    `ends` are handed out and read by no node; `instead` is the tensor that is read in the place of another.
    """

    graph: Graph
    dtype: str
    ends: set[str]
    nodes: dict[str, Node] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)

    def type_of(self, tensor: str) -> str:
        """The type of a tensor of the new graph."""
        return self.types[tensor] if tensor in self.types else self.graph.inputs[tensor].dtype

    def cast(self, tensor: str, dtype: str) -> str:
        """The tensor in another type: a node of its own, once."""
        path = f"{tensor.replace('.', '_')}/{dtype}"
        if path not in self.nodes:
            producer = self.graph.producer(tensor)
            layer, span = (path, None) if producer is None else (producer.layer, producer.span)
            self._enter(Node(path, Cast(to=dtype), (tensor,), self.graph.shape(tensor), dtype, "", layer, span))
        return path

    def add(self, node: Node) -> None:
        """The node, in the type that comes of its inputs."""
        inputs = [self.instead.get(name, name) for name in node.inputs]
        fractions = {self.type_of(name) for name in inputs} & set(FLOATS)
        refused = not _takes(node, [self.type_of(name) for name in inputs])
        # Probabilities that are handed out keep the digits that they were computed with.
        if refused or (node.op.FULL_PRECISION and self.ends.issuperset(node.tensors)):
            inputs = [self._widened(name) for name in inputs]
        made = node.op.dtype(*map(self.type_of, inputs))
        further = tuple(Output(each.name, each.shape, made) for each in node.further)
        node = replace(node, inputs=tuple(inputs), dtype=made, further=further)
        self._enter(node)
        if made == "float32" and (not fractions or (refused and len(fractions) == 1)):
            self.instead.update({tensor: self.cast(tensor, self.dtype) for tensor in node.tensors})

    def _widened(self, tensor: str) -> str:
        dtype = self.type_of(tensor)
        return tensor if wide(dtype) == dtype else self.cast(tensor, wide(dtype))

    def _enter(self, node: Node) -> None:
        self.nodes[node.path] = node
        self.types.update(dict.fromkeys(node.tensors, node.dtype))


def _takes(node: Node, dtypes: list[str]) -> bool:
    try:
        node.op.dtype(*dtypes)
    except WrongShape:
        return False
    return True
