"""A graph's text back to the graph."""

from __future__ import annotations

from collections.abc import Callable, Container

from archspec.compiler.graph.graph import Graph, Input, Node, Output
from archspec.compiler.graph.text.line import Line, WrongLine
from archspec.compiler.graph.text.regular import regular_layer, regular_variables
from archspec.compiler.language.registry import Registry, builtin
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span


def parse_graph(text: str, file: str, findings: Findings, registry: Registry | None = None) -> Graph | None:
    """The graph of a text whose ops are a registry's, archspec's own by default; None after mistakes, line by line."""
    registry = builtin() if registry is None else registry
    reading, before = _Reading(), len(findings.errors)
    for number, content in enumerate(text.split("\n"), 1):
        line = Line(content, registry)
        try:
            if content.strip():
                _line(line, reading)
        except WrongLine as problem:
            span = Span(file, number, problem.column, number, max(problem.column + 1, line.position + 1))
            findings.add(problem.code, str(problem), span)
    if len(findings.errors) > before:
        return None
    missing = [word for word, value in (("graph", reading.name), ("output", reading.output)) if value is None]
    if missing:
        findings.add("AS384", f"there is no line `{missing[0]} …`", Span(file, 1, 1, 1, 1))
        return None
    assert reading.name is not None and reading.output is not None
    ends = reading.endpoints, reading.output, reading.heads, reading.outputs
    return Graph(reading.name, reading.inputs, reading.nodes, *ends)


@dataclass
class _Reading:
    """What the lines so far have said."""

    name: str | None = None
    output: str | None = None
    inputs: dict[str, Input] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def _line(line: Line, reading: _Reading) -> None:
    start = line.position
    word = line.name()
    # A node may be called like a word that begins another line: what comes after tells.
    if word in _WORDS and not line.at("="):
        _WORDS[word](line, reading)
    else:
        line.position = start
        _node(line, reading)
    line.end()


def _graph(line: Line, reading: _Reading) -> None:
    if reading.name is not None:
        raise line.wrong("AS383", "there is a graph already")
    reading.name = line.name()


def _input(line: Line, reading: _Reading) -> None:
    name = _new(line, reading.inputs, reading.nodes)
    line.expect(":")
    shape, dtype = line.shape(), line.dtype()
    draw = line.form_of("draw") if line.skip("~") else None
    reading.inputs[name] = Input(name, shape, dtype, draw)  # type: ignore[arg-type]  # what enters this family is a Draw


def _node(line: Line, reading: _Reading) -> None:
    path = _new(line, reading.inputs, reading.nodes)
    line.expect("=")
    kind = line.one_of(line.registry.ops, "operation")
    line.expect("(")
    inputs = line.listed(line.name, ")")
    op = line.form(line.registry.ops[kind])
    line.expect(":")
    shape, dtype, further = line.shape(), line.dtype(), []
    while line.skip(";"):
        name = line.name()
        line.expect(":")
        further.append(Output(name, line.shape(), line.dtype()))
    variables = line.name() if line.skip("@") else None
    layer = line.name() if line.skip("of ") else regular_layer(path, reading.nodes)
    if variables is None:
        variables = regular_variables(path, layer, op, reading.name or "")
    reading.nodes[path] = Node(path, op, inputs, shape, dtype, variables, layer, further=tuple(further))


def _endpoint(line: Line, reading: _Reading) -> None:
    names = [_new(line, reading.endpoints)]
    while line.skip(","):
        names.append(_new(line, reading.endpoints))
    line.expect("=")
    path = line.name()
    reading.endpoints.update(dict.fromkeys(names, path))


def _head(line: Line, reading: _Reading) -> None:
    name = _new(line, reading.heads)
    line.expect("=")
    reading.heads[name] = line.name()


def _output(line: Line, reading: _Reading) -> None:
    start = line.column
    name = line.name()
    if line.skip("="):
        if name in reading.outputs:
            raise WrongLine("AS383", start, f"`{name}` is here twice")
        reading.outputs[name] = line.name()
    elif reading.output is not None:
        raise WrongLine("AS383", start, "there is an output already")
    else:
        reading.output = name


def _new(line: Line, *taken: Container[str]) -> str:
    """A name that is not taken."""
    start = line.column
    name = line.name()
    if any(name in names for names in taken):
        raise WrongLine("AS383", start, f"`{name}` is here twice")
    return name


_WORDS: dict[str, Callable[[Line, _Reading], None]] = {
    "graph": _graph,
    "input": _input,
    "endpoint": _endpoint,
    "head": _head,
    "output": _output,
}
