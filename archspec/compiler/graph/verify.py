"""What every graph must hold, inferred again and compared: called after the expansion and after every pass."""

from __future__ import annotations

from archspec.compiler.graph.graph import Graph, Node, Output
from archspec.compiler.language.op import Op, Shape, WrongShape, show
from archspec.diagnostics import Findings

Inferred = dict[tuple[int, tuple[Shape, ...], tuple[str, ...]], tuple[Shape, str, tuple[Output, ...]]]
"""What an op, by its identity, makes of shapes and dtypes: many nodes of a network are alike."""


def verify(graph: Graph, findings: Findings) -> None:
    """Report what is wrong: unknown inputs, a wrong order, shapes that are inferred again to be others."""
    ready: set[str] = set(graph.inputs)
    inferred: Inferred = {}
    for path, node in graph.nodes.items():
        missing = [name for name in node.inputs if name not in ready]
        if missing or path != node.path:
            findings.add("AS390", f"{path} reads {', '.join(missing)} before it is made", node.span)
            return
        _verify_node(graph, node, inferred, findings)
        ready.update(node.tensors if node.further else (path,))
    for name, target in {**graph.endpoints, **graph.heads, **graph.outputs, "output": graph.output}.items():
        if target not in ready:
            findings.add("AS391", f"end point {name} stands for {target}, which is not in the graph")


def _verify_node(graph: Graph, node: Node, inferred: Inferred, findings: Findings) -> None:
    key = *graph.kind(node), tuple(map(graph.dtype, node.inputs))
    if key not in inferred:
        try:
            inferred[key] = _infer(node.op, *key[1:])
        except WrongShape as problem:
            findings.add("AS392", f"{node.path}: {node.op.NAME} {problem}", node.span)
            return
    shape, dtype, further = inferred[key]
    if (shape, dtype, further) != (node.shape, node.dtype, node.further):
        first = next(iter(node.op.outputs(*key[1])))
        there = [Output(first, node.shape, node.dtype), *node.further]
        found = [Output(first, shape, dtype), *further]
        findings.add("AS393", f"{node.path} is said to be {_shown(there)} and is {_shown(found)}", node.span)


def _infer(op: Op, shapes: tuple[Shape, ...], dtypes: tuple[str, ...]) -> tuple[Shape, str, tuple[Output, ...]]:
    """The main output's shape, the dtype, and the further outputs; raises WrongShape."""
    outputs, dtype = op.outputs(*shapes), op.dtype(*dtypes)
    shape, *more = outputs.values()
    return shape, dtype, tuple(Output(name, each, dtype) for name, each in zip(list(outputs)[1:], more, strict=True))


def _shown(outputs: list[Output]) -> str:
    if len(outputs) == 1:
        return f"{show(outputs[0].shape)} {outputs[0].dtype}"
    return ", ".join(f"{output.name} {show(output.shape)} {output.dtype}" for output in outputs)
