"""What every graph must hold, inferred again and compared: called after the expansion and after every pass."""

from __future__ import annotations

from archspec.compiler.graph.graph import Graph, Node, Output
from archspec.compiler.language.op import WrongShape, show
from archspec.diagnostics import Findings


def verify(graph: Graph, findings: Findings) -> None:
    """Report what is wrong: unknown inputs, a wrong order, shapes that are inferred again to be others."""
    ready: set[str] = set(graph.inputs)
    for path, node in graph.nodes.items():
        missing = [name for name in node.inputs if name not in ready]
        if missing or path != node.path:
            findings.add("AS390", f"{path} reads {', '.join(missing)} before it is made", node.span)
            return
        _verify_node(graph, node, findings)
        ready.update(node.tensors if node.further else (path,))
    for name, target in {**graph.endpoints, **graph.heads, **graph.outputs, "output": graph.output}.items():
        if target not in ready:
            findings.add("AS391", f"end point {name} stands for {target}, which is not in the graph")


def _verify_node(graph: Graph, node: Node, findings: Findings) -> None:
    try:
        shapes = node.op.outputs(*graph.input_shapes(node))
    except WrongShape as problem:
        findings.add("AS392", f"{node.path}: {node.op.NAME} {problem}", node.span)
        return
    dtype = node.op.dtype(*map(graph.dtype, node.inputs))
    (first, shape), *more = shapes.items()
    further = tuple(Output(name, each, dtype) for name, each in more)
    if (shape, dtype, further) != (node.shape, node.dtype, node.further):
        there = [Output(first, node.shape, node.dtype), *node.further]
        found = [Output(first, shape, dtype), *further]
        findings.add("AS393", f"{node.path} is said to be {_shown(there)} and is {_shown(found)}", node.span)


def _shown(outputs: list[Output]) -> str:
    if len(outputs) == 1:
        return f"{show(outputs[0].shape)} {outputs[0].dtype}"
    return ", ".join(f"{output.name} {show(output.shape)} {output.dtype}" for output in outputs)
