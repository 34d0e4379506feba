"""Passes: what they change, and what they keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archspec.compiler.graph.graph import Graph
from archspec.compiler.graph.passes import run
from archspec.compiler.graph.passes.cut import cut
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.graph.verify import verify
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings
from tests.cases.zoo import WRITTEN


def test_dropout_and_heads_are_gone_and_names_stay(compiled: Callable[..., Program]) -> None:
    text = """
layers: [a: {conv2d: 4, kernel: 1}, d: {dropout: 0.5, endpoint: Kept}, b: {conv2d: 2, kernel: 1}, e: {dropout: 0.1}]
heads: {h: {from: a, layers: [c: {conv2d: 6, kernel: 1}]}}
"""
    graph = for_inference(compiled(text).graph)
    assert list(graph.nodes) == ["a", "b"]
    assert graph.nodes["b"].inputs == ("a",)
    assert (graph.endpoints["Kept"], graph.endpoints["e"], graph.output, graph.heads) == ("a", "b", "b", {})


def test_a_cut_ends_the_network_and_takes_what_hangs_off_it(compiled: Callable[..., Program]) -> None:
    text = """
layers: [a: {conv2d: 4, kernel: 1}, b: {conv2d: 2, kernel: 1, activation: relu}, c: {conv2d: 3, kernel: 1}]
heads: {h: {from: a, layers: [d: {conv2d: 6, kernel: 1}]}}
"""
    graph = compiled(text).graph
    main, head = cut(graph, "b"), cut(graph, "h")
    assert (list(main.nodes), main.output, main.heads) == (["a", "b", "b/relu"], "b/relu", {})
    assert (list(head.nodes), head.output, head.heads) == (["a", "h/d"], "h/d", {})
    for found in (main, head):
        findings = Findings()
        verify(found, findings)
        assert findings.items == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_inference_graph_is_whole_and_keeps_output_and_variables(path: Path) -> None:
    findings = Findings()
    program = compile_file(str(path), findings=findings)
    assert program is not None
    main, after = program.graph.ending_at(program.graph.ends), for_inference(program.graph)
    verify(after, findings)
    assert findings.items == []
    assert after.shape(after.output) == main.shape(main.output)
    assert [name for name, _, _ in after.variables()] == [name for name, _, _ in main.variables()]


def test_a_pass_that_breaks_the_graph_is_a_bug_that_names_it(compiled: Callable[..., Program]) -> None:
    graph = compiled("layers: [a: {conv2d: 4, kernel: 1}, b: relu]").graph

    def without_the_first(graph: Graph) -> Graph:
        return replace(graph, nodes={path: node for path, node in graph.nodes.items() if path != "a"})

    with pytest.raises(RuntimeError, match="the pass without_the_first broke the graph"):
        run(without_the_first, graph)
    assert run(for_inference, graph) == graph
