"""A graph as plain data and back: what Keras writes into a .keras file beside the weights."""

from __future__ import annotations

from typing import Any

import archspec.compiler.language.ops  # noqa: F401  (enters every op into FAMILIES)
from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.language.fields import FAMILIES, Form


def graph_config(graph: Graph) -> dict[str, Any]:
    """The graph as JSON has it; without the places in the spec, which a file that travels can't point to."""
    nodes = [
        {
            "path": node.path,
            "op": _plain(node.op),
            "inputs": list(node.inputs),
            "shape": list(node.shape),
            "dtype": node.dtype,
            "variable_path": node.variable_path,
            "layer": node.layer,
        }
        for node in graph.nodes.values()
    ]
    inputs = [{"name": given.name, "shape": given.shape, "dtype": given.dtype} for given in graph.inputs.values()]
    ends = {"endpoints": dict(graph.endpoints), "output": graph.output, "heads": dict(graph.heads)}
    return {"name": graph.name, "inputs": inputs, "nodes": nodes, **ends}


def graph_of(config: dict[str, Any]) -> Graph:
    """The graph of `graph_config`."""
    inputs = {given["name"]: Input(**{**given, "shape": tuple(given["shape"])}) for given in config["inputs"]}
    nodes = {node["path"]: _node(node) for node in config["nodes"]}
    return Graph(config["name"], inputs, nodes, config["endpoints"], config["output"], config["heads"])


def _node(config: dict[str, Any]) -> Node:
    sizes = {"inputs": tuple(config["inputs"]), "shape": tuple(config["shape"])}
    return Node(**{**config, **sizes, "op": _form(config["op"])})


def _plain(value: Any) -> Any:
    """A field's value as JSON has it; a form as {"form": [family, name], field: value …}."""
    if isinstance(value, Form):
        fields = {name: _plain(each) for name, each in value.values().items()}
        return {"form": [value.FAMILY, value.NAME], **fields}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _form(value: Any) -> Any:
    """The value of `_plain`."""
    if isinstance(value, dict):
        family, name = value["form"]
        return FAMILIES[family][name](**{key: _form(each) for key, each in value.items() if key != "form"})
    return tuple(_form(each) for each in value) if isinstance(value, list) else value
