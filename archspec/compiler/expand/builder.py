"""The graph while it is made: nodes appended one by one, each with its shape."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.compiler.expand.followers import Followers
from archspec.compiler.expand.names import Tensor
from archspec.compiler.graph.graph import Input, Node, Output
from archspec.compiler.language.budget import NODE, Budget
from archspec.compiler.language.notation import written
from archspec.compiler.language.op import Op, Shape, Variable, WrongShape, bounded, checked, show
from archspec.compiler.language.provenance import Values
from archspec.compiler.spec.records import Document
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Note, Span

MOST_NODES = 30_000
"""In one graph; the largest published networks have about 5,000."""

LONGEST_PATH = 1_000
"""Letters of a layer's path."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a tensor is from the input along each axis of positions: its stride, and the dilation that stands for
    strides taken away. Without a window before it there are no axes yet."""

    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()


Made = tuple[Node, tuple[Variable, ...], Reach]
"""A node with its variables and with how far its outputs are from the input."""


Inferred = tuple[Op, dict[str, Shape], str, tuple[Variable, ...]]
"""An op as it is for its inputs, the shapes of its outputs by name, their dtype, and its variables."""


@dataclass(slots=True)
class Builder:
    """Inputs, nodes and end points so far."""

    findings: Findings
    budget: Budget
    inputs: dict[str, Input] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, Span] = field(default_factory=dict)
    """The end points that `endpoint:` names, where it stands."""
    calls: dict[str, Values] = field(default_factory=dict)
    alike: dict[str, Span] = field(default_factory=dict)
    """Copies of a layer that all read one `from`, though they run one after the other: by path, where that stands."""
    reaches: dict[str, Reach] = field(default_factory=dict)
    weights: dict[str, tuple[Variable, ...]] = field(default_factory=dict)
    """The variables of each node, shared ones too."""
    owners: dict[str, tuple[Variable, Node]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of outermost layers whose variables are known to clash, so that a network in here twice is one finding."""
    named: list[tuple[str, str, Span]] = field(default_factory=list)
    """The layers that have become end points: path, tensor, and where they stand."""
    asked: list[object] = field(default_factory=list)
    """The scopes of names in which an expression has asked for the shape of a tensor."""
    networks: dict[str, tuple[Document, str]] = field(default_factory=dict)
    """The documents that are embedded, by file, and the variants that these files' names choose."""
    inferred: dict[tuple[int, tuple[Shape, ...], tuple[str, ...]], Inferred] = field(default_factory=dict, repr=False)
    """What ops, by their identity, have made of shapes and dtypes."""
    kept: list[Op] = field(default_factory=list, repr=False)
    """The ops whose identity stands in `inferred`, so that no others come to have it."""
    followers: Followers = field(default_factory=Followers, repr=False)
    special: int = 0
    """How often variables were another layer's, or nodes were cut away."""

    def shape(self, tensor: str) -> Shape:
        """The shape of a node's output or of an input."""
        return self._output(tensor).shape

    def known(self, tensors: Iterable[str]) -> dict[str, Input]:
        """Tensors as inputs of another graph."""
        return {tensor: Input(tensor, self.shape(tensor), self.dtype(tensor)) for tensor in tensors}

    def dtype(self, tensor: str) -> str:
        """The dtype of a node's output or of an input."""
        return self._output(tensor).dtype

    def _output(self, tensor: str) -> Input | Node | Output:
        found = self.inputs.get(tensor) or self.nodes.get(tensor)
        return found if found is not None else self.nodes[tensor.rpartition(".")[0]].tensors[tensor]

    def producer(self, tensor: str) -> Node | None:
        """The node that makes a tensor; None for an input."""
        if tensor in self.inputs:
            return None
        return self.nodes[tensor] if tensor in self.nodes else self.nodes[tensor.rpartition(".")[0]]

    @property
    def full(self) -> bool:
        """Whether the graph has as many nodes as a graph can have."""
        return len(self.nodes) > MOST_NODES

    def append(self, node: Node, shared: bool) -> Tensor:
        """Add a node, its shape and dtype inferred; its path, or None after reporting that its inputs do not fit."""
        try:
            op, outputs, dtype, variables = self._inferred(node)
        except WrongShape as problem:
            self._refuse_shapes(problem, node)
            return None
        shape, *more = outputs.values()
        further = tuple(Output(name, each, dtype) for name, each in zip(list(outputs)[1:], more, strict=True))
        where = node.variable_path, node.layer, node.span, node.values
        node = Node(node.path, op, node.inputs, shape, dtype, *where, further)
        if not self._take(node):
            return None
        self.special += shared
        self.weights[node.path] = variables
        self._own(node, variables, shared)
        return node.path

    def _refuse_shapes(self, problem: WrongShape, node: Node) -> None:
        """Report inputs that do not fit, at the value that asks for too much where the layer itself says it."""
        said = [(key, node.values[key]) for key in problem.about if key in node.values]
        own = (value.origin.span for _, value in said if value.origin.kind == "explicit")
        notes = [self._explained(tensor) for tensor in node.inputs]
        for key, value in said:
            if value.origin.kind not in ("explicit", "default"):
                text = f"{key}: {written(value.value)} is from {value.origin.where}"
                notes.append(Note(text, value.origin.span) if value.origin.span is not None else Note(text))
        place = next((span for span in own if span is not None), node.span)
        self.findings.add("AS301", f"`{node.op.NAME}` {problem}", place, *notes, help=problem.help)

    def _inferred(self, node: Node) -> Inferred:
        """What the op of a node makes of its inputs, found once for all nodes that are alike; raises WrongShape."""
        given = [self._output(tensor) for tensor in node.inputs]
        shapes = tuple([each.shape for each in given])
        key = id(node.op), shapes, tuple([each.dtype for each in given])
        if key not in self.inferred:
            op = node.op.normalized(*shapes)
            self.inferred[key] = op, bounded(op.outputs(*shapes)), op.dtype(*key[2]), checked(op.variables(*shapes))
            self.kept.append(node.op)
        return self.inferred[key]

    def has_room(self, made: Iterable[Made]) -> bool:
        """Whether nodes can be entered as they are: there is room, and the names of nodes and variables are free."""
        room = MOST_NODES - len(self.nodes)
        for count, (node, variables, _) in enumerate(made, 1):
            if count > room or len(node.path) > LONGEST_PATH or node.path in self.nodes or node.path in self.inputs:
                return False
            if any(f"{node.variable_path}/{variable.name}" in self.owners for variable in variables):
                return False
        return True

    def adopt(self, made: Iterable[Made]) -> None:
        """Enter nodes that are whole, for which there is room, with their variables and reaches."""
        for node, variables, reach in made:
            self.nodes[node.path] = node
            self.weights[node.path] = variables
            for variable in variables:
                self.owners[f"{node.variable_path}/{variable.name}"] = variable, node
            self.reaches.update(dict.fromkeys(node.tensors if node.further else (node.path,), reach))

    def _take(self, node: Node) -> bool:
        """Enter a node; False, with a finding, where its path is taken or the graph is full."""
        older = self.nodes.get(node.path)
        if older is not None or node.path in self.inputs:
            notes = [Note(f"{older.layer} has it", older.span)] if older is not None else []
            message = f"the name `{node.path}` is taken" if older is not None else f"`{node.path}` is an input"
            self.findings.add("AS302", message, node.span, *notes, help="give one of them another name")
            return False
        self.nodes[node.path] = node
        if self.full:
            help = "look at `repeat`"
            self.findings.add("AS310", f"the graph has more than {MOST_NODES:,} nodes", node.span, help=help)
        sizes = len(node.inputs) + len(node.shape)
        return self.budget.charge(NODE + sizes, node.span, self.findings)

    def cut(self, first: int, until: str) -> set[str]:
        """Take away the nodes, from the one of that number on, that a tensor does not need; the tensors they made."""
        new, needed, stack = set(list(self.nodes)[first:]), set[str](), [until]
        while stack:
            node = self.producer(stack.pop())
            if node is not None and node.path in new and node.path not in needed:
                needed.add(node.path)
                stack.extend(node.inputs)
        self.special += 1
        gone = {tensor for path in new - needed for tensor in self.nodes[path].tensors}
        for path in new - needed:
            del self.nodes[path]
        self.owners = {name: owner for name, owner in self.owners.items() if owner[1].path not in gone}
        self.endpoints = {name: tensor for name, tensor in self.endpoints.items() if tensor not in gone}
        return gone

    def _own(self, node: Node, variables: tuple[Variable, ...], shared: bool) -> None:
        for variable in variables:
            name = f"{node.variable_path}/{variable.name}"
            older, owner = self.owners.setdefault(name, (variable, node))
            fits = owner is not node and older.shape == variable.shape if shared else owner is node
            if not fits:
                self._refuse(name, variable, node, older, owner, shared)
                return

    def _refuse(self, name: str, variable: Variable, node: Node, older: Variable, owner: Node, shared: bool) -> None:
        pair = node.layer.partition("/")[0], owner.layer.partition("/")[0]
        if pair in self.refused:
            return
        self.refused.add(pair)
        note = Note(f"{owner.layer} has it, with shape {show(older.shape)}", owner.span)
        if not shared:
            help = "give one of them another name, or `share:` the other's variables"
            self.findings.add("AS302", f"two layers have the variable {name}", node.span, note, help=help)
        elif owner is node:
            message = f"{node.layer} has nothing to share {name} with"
            self.findings.add("AS309", message, node.span, help="give both layers the same fields")
        else:
            message = f"{node.layer} cannot share {name}: it needs shape {show(variable.shape)}"
            self.findings.add("AS309", message, node.span, note, help="both need inputs and filters of one size")

    def _explained(self, tensor: str) -> Note:
        """Where a tensor comes from, with the value that decided its size."""
        node = self.producer(tensor)
        if node is None:
            return Note(f"{tensor} is an input of {show(self.shape(tensor))}")
        made = next((n for n in self.nodes.values() if n.layer == node.layer and n.op.MAIN), node)
        main = made.op.MAIN
        text = f"{node.layer} is {made.op.NAME}, {show(node.shape)}"
        if main is not None and main.name in made.values:
            resolved = made.values[main.name]
            origin, where = resolved.origin, ""
            if origin.kind not in ("explicit", "default"):
                where = f" from {origin.where}{_line(origin.span, node.span)}"
            text += f", with {main.name}: {resolved.value}{where}"
        return Note(text, node.span)


def _line(span: Span | None, beside: Span | None) -> str:
    """`, line 12`, with the file where it is another one."""
    if span is None:
        return ""
    return f", {span.short if beside is not None and beside.file == span.file else span}"
