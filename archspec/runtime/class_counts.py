"""Whether the network has as many outputs and vectors as the data has classes and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.provenance import Resolved
from archspec.compiler.training.inputs import embedded
from archspec.diagnostics import Diagnostic, Span, Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labels import check_labels
from archspec.runtime.ends import node_path

if TYPE_CHECKING:
    from archspec.compiler.program import Program

_NAME = re.compile(r"\$\{?\s*(\w+)\s*\}?")


def small_embeddings(program: Program, data: Dataset) -> Iterator[Diagnostic]:
    """One finding for each embedding that has no vector for some of the numbers that the data feeds it."""
    for node, count, message in embedded(program.graph, data.features):
        span, help = _remedy(program, ("words", node.values["words"]), count)
        yield Diagnostic("AS622", f"{message} in {data}", span, help=help)


def other_classes(program: Program, data: Dataset, forms: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """One finding for each tensor whose number of classes is not the data's."""
    tensors: dict[tuple[str, str], tuple[str, int]] = {}
    for name, form in forms.items():
        tensor = node_path(program.graph, form.tensors[0])
        outputs = form.classes([program.graph.shape(tensor)])
        target = form.target if outputs is not None else None
        if outputs is None or not isinstance(target, str) or target not in data.features:
            continue
        if data.features[target].kind == "class":
            tensors.setdefault((tensor, target), (name, outputs))
    for (tensor, target), (name, outputs) in tensors.items():
        yield from _count(program, data, target, tensor, name, outputs)


def _count(program: Program, data: Dataset, target: str, tensor: str, name: str, outputs: int) -> Iterator[Diagnostic]:
    count = data.features[target].classes
    if count is None:
        try:
            check_labels(data, outputs, target)
        except Stop as problem:
            yield from problem.diagnostics
        return
    if count == outputs or (count < outputs and data.name == "sample"):
        # The sample is there to see a network run, and its ten classes are nobody's.
        return
    span, help = _remedy(program, _size_of(program.graph, tensor, outputs), count)
    has = f"{data} has {count} {'class' if count == 1 else 'classes'}"
    read = f"`{name}` reads {tensor}, which has {outputs} outputs"
    if count == 1:
        help = "there is something to tell apart from two classes on: look whether this is the data that was meant"
    if count > outputs:
        yield Diagnostic("AS705", f"{has}, and {read}", span, help=help)
    else:
        message = f"{has}, and {read}: {outputs - count} of them have no examples"
        yield Diagnostic("AS631", message, span, help=help, severity="warning")


def _size_of(graph: Graph, tensor: str, outputs: int) -> tuple[str, Resolved] | None:
    """(field, value) that makes a tensor have so many outputs: of the nearest layer before it that has such a field."""
    node: Node | None = graph.producer(tensor)
    while node is not None:
        found = next((pair for pair in node.values.items() if pair[1].value == outputs), None)
        if found is not None or len(node.inputs) != 1:
            return found
        node = graph.producer(node.inputs[0])
    return None


def _remedy(program: Program, place: tuple[str, Resolved] | None, count: int) -> tuple[Span | None, str]:
    """(where the number of outputs is said, what to do there): at the hyperparameter, where it is one."""
    if place is None:
        return None, f"give the network {count} outputs"
    field, resolved = place
    name = _NAME.fullmatch(resolved.origin.written.strip())
    if name is None or name[1] not in program.hyperparameters:
        return resolved.origin.span, f"make `{field}` {count}"
    span = program.hyperparameters[name[1]].origin.span
    return span or resolved.origin.span, f"write `{name[1]}: {count}` there, or say --set {name[1]}={count}"
