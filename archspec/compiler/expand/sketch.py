"""The graph while it is made: nodes appended one by one, each with its shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.compiler.expand.names import Tensor
from archspec.compiler.graph.graph import Input, Node, Output
from archspec.compiler.language.op import Op, Shape, Variable, WrongShape, show
from archspec.compiler.language.provenance import Values
from archspec.diagnostics import Findings, Note, Span

MOST_NODES = 100_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a tensor is from the input along each axis of positions: its stride, and the dilation that stands for
    strides taken away. Without a window before it there are no axes yet."""

    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()


@dataclass(slots=True)
class Sketch:
    """Inputs, nodes and end points so far."""

    findings: Findings
    inputs: dict[str, Input] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, Span] = field(default_factory=dict)
    """The end points that `endpoint:` names, where it stands."""
    calls: dict[str, Values] = field(default_factory=dict)
    reaches: dict[str, Reach] = field(default_factory=dict)
    owners: dict[str, tuple[Variable, Node]] = field(default_factory=dict)
    full: bool = False
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of outermost layers whose variables are known to clash, so that a network in here twice is one finding."""

    def shape(self, tensor: str) -> Shape:
        """The shape of a node's output or of an input."""
        return self._output(tensor).shape

    def _dtype(self, tensor: str) -> str:
        return self._output(tensor).dtype

    def _output(self, tensor: str) -> Output:
        if tensor in self.inputs:
            return Output("", self.inputs[tensor].shape, self.inputs[tensor].dtype)
        path = tensor if tensor in self.nodes else tensor.rpartition(".")[0]
        return self.nodes[path].tensors[tensor]

    def append(
        self,
        path: str,
        op: Op,
        inputs: list[str],
        variable_path: str,
        layer: str,
        span: Span,
        values: Values,
        shared: bool,
    ) -> Tensor:
        """Add a node; its path, or None after reporting that the inputs do not fit the op."""
        if len(self.nodes) >= MOST_NODES:
            if not self.full:
                self.findings.add(
                    "AS310", f"the graph has more than {MOST_NODES:,} nodes", span, help="look at `repeat`"
                )
            self.full = True
            return None
        shapes = [self.shape(tensor) for tensor in inputs]
        try:
            op = op.normalized(*shapes)
            outputs = op.outputs(*shapes)
            dtype = op.dtype(*map(self._dtype, inputs))
            variables = op.variables(*shapes)
        except WrongShape as problem:
            notes = [self._explained(tensor) for tensor in inputs]
            self.findings.add("AS301", f"`{op.NAME}` {problem}", span, *notes, help=problem.help)
            return None
        path = self._free(path)
        shape, *_ = outputs.values()
        further = tuple(Output(name, each, dtype) for name, each in list(outputs.items())[1:])
        node = Node(path, op, tuple(inputs), shape, dtype, variable_path, layer, span, values, further)
        self.nodes[path] = node
        self._own(node, variables, shared)
        return path

    def _free(self, path: str) -> str:
        """The path, with a number behind it where an unnamed operation has it already."""
        candidate, number = path, 1
        while candidate in self.nodes or candidate in self.inputs:
            candidate, number = f"{path}_{number}", number + 1
        return candidate

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
        node = self.nodes.get(tensor)
        if node is None:
            return Note(f"{tensor} is an input of {show(self.shape(tensor))}")
        made = next((n for n in self.nodes.values() if n.layer == node.layer and n.op.main()), node)
        main = made.op.main()
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
