"""A graph to its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.graph.text.regular import regular_layer, regular_variables
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.op import show

NAME = re.compile(r"(?:[A-Za-z0-9_.+/-]|\([A-Za-z0-9_.+-]*\))+")
"""A path that needs no quotes; parentheses mark its silent parts."""


def print_graph(graph: Graph) -> str:
    """The graph's text; `parse_graph` gives an equal graph."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield f"graph {_name(graph.name)}"
    yield from (_input(given) for given in graph.inputs.values())
    earlier: dict[str, Node] = {}
    for node in graph.nodes.values():
        yield _node(node, graph.name, earlier)
        earlier[node.path] = node
    for path in dict.fromkeys(graph.endpoints.values()):
        names = ", ".join(_name(name) for name, target in graph.endpoints.items() if target == path)
        yield f"endpoint {names} = {_name(path)}"
    yield from (f"head {_name(name)} = {_name(path)}" for name, path in graph.heads.items())
    yield f"output {_name(graph.output)}"
    yield from (f"output {_name(name)} = {_name(tensor)}" for name, tensor in graph.outputs.items())


def _input(given: Input) -> str:
    draw = f" ~ {given.draw.NAME}{_fields(given.draw, '')}" if given.draw is not None else ""
    return f"input {_name(given.name)}: {show(given.shape)}{_dtype(given.dtype)}{draw}"


def _node(node: Node, root: str, earlier: dict[str, Node]) -> str:
    layer = regular_layer(node.path, earlier)
    variables = regular_variables(node.path, node.layer, node.op, root)
    parts = [
        f"{_name(node.path)} = {node.op.NAME}({', '.join(map(_name, node.inputs))})",
        _fields(node.op, " "),
        f": {show(node.shape)}{_dtype(node.dtype)}",
        *(f"; {_name(output.name)}: {show(output.shape)}{_dtype(output.dtype)}" for output in node.further),
        "" if node.variable_path == variables else f" @ {_name(node.variable_path)}",
        "" if node.layer == layer else f" of {_name(node.layer)}",
    ]
    return "".join(parts)


def _dtype(dtype: str) -> str:
    return "" if dtype == "float32" else f" {_name(dtype)}"


def _fields(form: Form, before: str) -> str:
    said = [
        f"{name}: {_value(value, form.FIELDS[name])}"
        for name, value in form.values().items()
        if value != form.FIELDS[name].default
    ]
    return f"{before}{{{', '.join(said)}}}" if said else ""


def _value(value: Any, declared: Field) -> str:
    if isinstance(value, tuple):
        sizes = declared.type.text in ("Single", "Pair", "Triple")
        return show(value) if sizes else f"[{', '.join(_value(item, declared) for item in value)}]"
    if isinstance(value, Form):
        return f"{value.NAME}{_fields(value, '')}"
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else _name(value)


def _name(name: str) -> str:
    return name if NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)
