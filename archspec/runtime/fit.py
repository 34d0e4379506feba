"""What only the data can tell, before the first step: whether classes and pictures fit the network, all at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.forms.metrics import Metric
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.forms.wants import Complaint
from archspec.compiler.training.inputs import feeds
from archspec.compiler.training.losses import complaint_at, complaints_of
from archspec.compiler.training.places import Places
from archspec.compiler.training.prepared import prepared
from archspec.dataclass import replace
from archspec.diagnostics import Diagnostic, Stop
from archspec.runtime.class_counts import other_classes, small_embeddings
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.labels import first_outside
from archspec.runtime.ends import node_path, picture_shapes
from archspec.runtime.named import READS
from archspec.runtime.preprocess.apply import Preparation

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def check_fit(program: Program, data: Dataset, section: Train | Evaluate, forms: Mapping[str, Any]) -> list[Diagnostic]:
    """Warnings about a section's data and the losses or metrics that count it; raises Stop with what does not fit."""
    found = [
        *_features(program, data, forms),
        *_pictures(program, data, section),
        *other_classes(program, data, forms),
        *small_embeddings(program, data),
    ]
    if not any(each.code == "AS638" for each in found):
        found += _compared(program, data, section, forms)
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


def _pictures(program: Program, data: Dataset, section: Train | Evaluate) -> Iterator[Diagnostic]:
    try:
        Preparation(data.features, section.preprocess, picture_shapes(program.graph, data.features))
    except Stop as problem:
        place = Places(program.values, {}).of(f"{section.NAME}.preprocess")
        yield from (replace(each, span=each.span or place) for each in problem.diagnostics)


def _compared(
    program: Program, data: Dataset, section: Train | Evaluate, forms: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """What lint says of targets, masks and weights, again: of classes and sizes that only the data has told."""
    features = prepared(data.features, section.preprocess, program.graph)
    places = Places(program.values, {})
    for name, form in forms.items():
        for complaint in complaints_of(form, program.graph, features):
            target = features.get(getattr(form, "target", None) or "")
            if complaint.key or target is None or target.kind != "class" or not _tells_classes(form, program.graph):
                yield complaint_at(form, complaint, _path(name, form, program), places)
        outside = _outside(form, data)
        if outside is not None:
            yield complaint_at(form, outside, _path(name, form, program), places)


def _outside(form: Any, data: Dataset) -> Complaint | None:
    """What is wrong with the numbers that a loss compares with, where it wants them within limits and all count."""
    feature = data.features.get(getattr(form, "target", None) or "")
    limits, masked = getattr(form, "BETWEEN", None), any(getattr(form, key, None) for key in ("mask", "sample_weight"))
    if limits is None or masked or feature is None or feature.kind not in ("number", "numbers"):
        return None
    found = first_outside(data, form.target, *limits)
    if found is None:
        return None
    message = f"compares with {form.TARGET}, and `{form.target}` is {found[1]:g} in {data.place(found[0])}"
    return Complaint(
        message, "divide the numbers by their largest, or use a loss of any numbers, such as huber", "target"
    )


def _tells_classes(form: Any, graph: Graph) -> bool:
    """Whether the number of its classes is held against the data's, with a better remedy."""
    return form.classes([graph.shape(node_path(graph, name)) for name in form.tensors]) is not None


def _path(name: str, form: Any, program: Program) -> str:
    """Where a loss or metric stands in the spec, by the name that it has in a training or an evaluation."""
    if isinstance(form, Metric):
        return f"eval.metrics.{name}"
    own = program.train.losses if program.train is not None else {}
    alike = [each for each, loss in own.items() if type(loss) is type(form) and loss.tensors == form.tensors]
    return f"train.losses.{name if name in own else next(iter(alike), name)}"


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
