"""Graph to Graph, one pass to a file; a pass keeps shapes, and end points that are still there keep their names.

inference: what training alone needs is gone. cut: a network that ends early. Passes are run by `run`, which verifies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from archspec.compiler.graph.graph import Graph
from archspec.compiler.graph.verify import verify
from archspec.diagnostics import Findings

Arguments = ParamSpec("Arguments")


def run(
    rewrite: Callable[Concatenate[Graph, Arguments], Graph],
    graph: Graph,
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Graph:
    """What a pass makes of a graph, every shape inferred again; raises RuntimeError, a bug, where it does not hold."""
    after, findings = rewrite(graph, *arguments, **named), Findings()
    verify(after, findings)
    if findings.errors:
        raise RuntimeError(f"the pass {rewrite.__name__} broke the graph: {findings.errors[0].message}")
    return after
