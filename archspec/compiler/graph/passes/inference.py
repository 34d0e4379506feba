"""The graph as it is used after training: its outputs without heads and dropout."""

from __future__ import annotations

from archspec.compiler.graph.graph import Graph
from archspec.dataclass import replace


def for_inference(graph: Graph) -> Graph:
    """The main line without the ops that do nothing outside training.

    Before: x -> dropout -> y, end point Dropout_1b on the dropout, a head on x. After: x -> y, Dropout_1b on x.
    """
    graph = graph.ending_at(graph.ends)
    instead: dict[str, str] = {}
    nodes = {}
    for path, node in graph.nodes.items():
        inputs = tuple(instead.get(name, name) for name in node.inputs)
        if node.op.TRAINING_ONLY:
            instead[path] = inputs[0]
        else:
            nodes[path] = replace(node, inputs=inputs)
    endpoints = {name: instead.get(path, path) for name, path in graph.endpoints.items()}
    outputs = {name: instead.get(path, path) for name, path in graph.outputs.items()}
    output = instead.get(graph.output, graph.output)
    return replace(graph, nodes=nodes, endpoints=endpoints, output=output, heads={}, outputs=outputs)
