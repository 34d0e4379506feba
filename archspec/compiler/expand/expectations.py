"""`expect`: unit tests in the spec; numbers and shapes that the compiled graph must have."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from math import prod

from archspec.compiler.expand.expansion import Expanded
from archspec.compiler.expand.names import WrongReference
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.op import WrongShape, show
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.spec.records import Document
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar, plain
from archspec.diagnostics import Findings

Frozen = Callable[[str], bool]
"""Whether a training leaves a layer as it is."""


def _elements(graph: Graph) -> int:
    return sum(prod(variable.shape) for _, _, variable in graph.variables())


def _trainable(graph: Graph, frozen: Frozen) -> int:
    trained = (each for _, node, each in graph.variables() if each.trainable and not frozen(node.layer))
    return sum(prod(variable.shape) for variable in trained)


def _macs(graph: Graph) -> int:
    inference = graph.ending_at(graph.ends)
    return sum(inference.macs(node) for node in inference.nodes.values())


COUNTS: dict[str, Callable[[Graph, Frozen], int]] = {
    "params": lambda graph, frozen: _elements(graph),
    "trainable": _trainable,
    "variables": lambda graph, frozen: sum(1 for _ in graph.variables()),
    "macs": lambda graph, frozen: _macs(graph),
}
"""What can be expected as a number: of the training graph, heads included; macs of the inference graph."""

_BOUND = r"(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([kMG]?)"
_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


def check_expectations(
    document: Document, variant: str, expanded: Expanded, frozen: Frozen, findings: Findings
) -> None:
    """Report every expectation of the document, and of the variant in force, that does not hold.

    The document's own expectations are about its hyperparameters as written: settings that change them silence it.
    """
    chosen = next(
        (v for v in document.variants if v.name == variant), document.variants[0] if document.variants else None
    )
    for expect in (document.expect, chosen.expect if chosen is not None else None):
        if expect is not None and not document.changed:
            _check(expect, expanded, frozen, findings)


def _check(expect: Mapping, expanded: Expanded, frozen: Frozen, findings: Findings) -> None:
    graph = expanded.graph
    assert graph is not None
    for key, node in expect.pairs:
        if key.text in COUNTS:
            try:
                _count(key.text, COUNTS[key.text](graph, frozen), node, findings)
            except WrongShape as problem:
                help = "expect it where the input's sizes are known"
                findings.add("AS503", f"{key.text} cannot be counted: an operation {problem}", node.span, help=help)
        elif key.text == "shapes" and isinstance(node, Mapping):
            for name, shape in node.pairs:
                _shape(name, shape, expanded, findings)
        else:
            known = [*COUNTS, "shapes"]
            help = nearest(key.text, known) or f"expect knows {', '.join(known)}"
            findings.add("AS501", f"`expect` has no key `{key.text}`", key.span, help=help)


def _count(name: str, found: int, node: Node, findings: Findings) -> None:
    expected = plain(node)
    bound = re.fullmatch(_BOUND, expected) if isinstance(expected, str) else None
    if bound:
        holds = _COMPARE[bound[1]](found, float(bound[2]) * _UNITS[bound[3]])
    elif isinstance(expected, int) and not isinstance(expected, bool):
        holds = found == expected
    else:
        message = f"`{name}` must be a whole number or a bound, got {shown(expected)}"
        findings.add("AS502", message, node.span, help='write 27145970, or "<= 6G"')
        return
    if not holds:
        wanted = expected if bound else f"{expected:,}"
        findings.add("AS503", f"expected {name} {wanted}, found {found:,}", node.span)


def _shape(name: Scalar, node: Node, expanded: Expanded, findings: Findings) -> None:
    graph, expected = expanded.graph, plain(node)
    assert graph is not None
    path = graph.endpoints.get(name.text)
    if path is None:
        try:
            bundle = expanded.context.names.bundle(name.text)
        except WrongReference as problem:
            findings.add(problem.code, f"expected a shape of `{name.text}`: {problem}", name.span, help=problem.help)
            return
        path = bundle.first if bundle is not None else None
    shape = list(graph.shape(path)) if path is not None else None
    if shape is not None and shape != expected:
        written = show(expected) if isinstance(expected, list) else shown(expected)
        findings.add("AS503", f"expected {name.text} of {written}, found {show(shape)}", node.span)
