"""What only the data can tell, before the first step: whether classes and pictures fit the network, all at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.forms.preprocess.step import Preprocess
from archspec.compiler.language.provenance import Resolved
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import Diagnostic, Span, Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labels import check_labels
from archspec.runtime.ends import node_path, picture_shapes
from archspec.runtime.named import READS
from archspec.runtime.preprocess.apply import Preparation

if TYPE_CHECKING:
    from archspec.compiler.program import Program

_NAME = re.compile(r"\$\{?\s*(\w+)\s*\}?")


def check_fit(
    program: Program, data: Dataset, steps: tuple[Preprocess, ...], forms: Mapping[str, Any]
) -> list[Diagnostic]:
    """Warnings about a data set and the losses or metrics that count it; raises Stop with all that does not fit."""
    found = [*_features(program, data, forms), *_pictures(program.graph, data, steps), *_classes(program, data, forms)]
    errors = [each for each in found if each.severity == "error"]
    if errors:
        raise Stop(*errors)
    return found


def trained_on_too(data: Dataset, held_out: Dataset) -> list[Diagnostic]:
    """A warning where files of the evaluation's examples are among those of the training's."""
    own = set(_files(data))
    twice = [path for path in _files(held_out) if path in own]
    if not twice:
        return []
    message = f"{len(twice)} of the files that {held_out} is evaluated on are trained on too, such as {twice[0]}"
    help = "keep some apart with `held_out: 0.1` in the training data, or the scores say nothing of new pictures"
    return [Diagnostic("AS639", message, help=help, severity="warning")]


def _files(data: Dataset) -> Iterator[str]:
    """Where each example's files lie, by whatever name their folders go."""
    folder = cache(os.path.realpath)
    for paths in data.paths.values():
        yield from (os.path.join(folder(os.path.dirname(path)), os.path.basename(path)) for path in paths)


def _pictures(graph: Graph, data: Dataset, steps: tuple[Preprocess, ...]) -> Iterator[Diagnostic]:
    try:
        Preparation(data.features, steps, picture_shapes(graph, data.features))
    except Stop as problem:
        yield from problem.diagnostics


def _features(program: Program, data: Dataset, forms: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What the network, losses and metrics need, and the data does not have: it is other data than the spec's."""
    graph = program.graph
    named = {getattr(form, key, None) for form in forms.values() for key in READS}
    names = {name for name in named if isinstance(name, str) and name not in {*graph.inputs, *graph.endpoints}}
    fed = feeds(graph.inputs, data.features)
    names |= {name for name, given in graph.inputs.items() if given.draw is None and name not in fed}
    missing = sorted(names - data.features.keys())
    if missing:
        message = f"{data} has no {' and no '.join(missing)}"
        help = f"its examples have {', '.join(data.features)}; the spec says what they should have"
        yield Diagnostic("AS638", message, help=help)


def _classes(program: Program, data: Dataset, forms: Mapping[str, Any]) -> Iterator[Diagnostic]:
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
    read = f"`{name}` reads {tensor}, which has {outputs} outputs"
    if count > outputs:
        yield Diagnostic("AS705", f"{data} has {count} classes, and {read}", span, help=help)
    else:
        message = f"{data} has {count} classes, and {read}: {outputs - count} of them have no examples"
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
