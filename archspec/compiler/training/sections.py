"""The sections `train` and `eval` to forms, with the provenance of every value, and checked against graph and data."""

from __future__ import annotations

import os
from typing import Any

from archspec.compiler.expand import Expanded
from archspec.compiler.language.budget import SETTING
from archspec.compiler.language.features import FeatureType, class_type, image_type
from archspec.compiler.language.fields import Form
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.provenance import Values
from archspec.compiler.resolve import Resolver, Written, unknown_field
from archspec.compiler.spec.records import Document
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.training.batches import check_batch
from archspec.compiler.training.idle import check_without_evaluation
from archspec.compiler.training.inputs import check_inputs
from archspec.compiler.training.losses import check_losses, check_metrics
from archspec.compiler.training.optimizers import check_optimizers
from archspec.compiler.training.paths import counted_from
from archspec.compiler.training.places import Places
from archspec.compiler.training.prepared import prepared
from archspec.compiler.training.references import References, with_references
from archspec.compiler.training.schedules import check_every, check_length
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Span


@dataclass(frozen=True)
class Sections:
    """The sections of a document, where it has them."""

    train: Train | None = None
    eval: Evaluate | None = None
    values: Values = field(default_factory=dict)


def read_sections(document: Document, expanded: Expanded, resolver: Resolver) -> Sections:
    """Resolve the sections and check them, without those whose `when` is false; what is wrong is reported."""
    values: Values = {}
    found: dict[str, Any] = {}
    for name, node in document.sections.items():
        when = node.get("when")
        if isinstance(when, Scalar) and not resolver.condition(when, expanded.context.environment):
            continue
        section = _section(name, node, document, expanded, resolver, values)
        if section is not None:
            found[name] = section
    sections = Sections(found.get("train"), found.get("eval"), values)
    return sections if expanded.graph is None else _checked(sections, document, expanded, resolver)


def _section(
    name: str, node: Mapping, document: Document, expanded: Expanded, resolver: Resolver, values: Values
) -> Form | None:
    cls, context = resolver.registry.families["section"][name], expanded.context
    written: dict[str, Written] = {}
    for key, value in node.pairs:
        if key.text in cls.FIELDS:
            written[key.text] = Written(value, context.environment, "explicit", f"the section {name}")
        elif key.text != "when":
            unknown_field(cls, key, resolver.findings)
    own: Values = {}
    if not context.environment.budget.charge(SETTING * _size(node), _start(node), resolver.findings):
        return None
    form = resolver.form(cls, written, context.frames, _start(node), own)
    if form is None:
        return None
    values.update({f"{name}.{key}": resolved for key, resolved in own.items()})
    return counted_from(os.path.dirname(document.file), form, "", own)


def _size(node: Node) -> int:
    """How many values stand in it, itself included."""
    if isinstance(node, Scalar):
        return 1
    return 1 + sum(map(_size, node.items if isinstance(node, Listing) else [value for _, value in node.pairs]))


def _start(node: Mapping) -> Span:
    return node.pairs[0][0].span if node.pairs else node.span


def _checked(sections: Sections, document: Document, expanded: Expanded, resolver: Resolver) -> Sections:
    """The sections with their tensors by full path and targets filled in."""
    graph, findings, budget = expanded.graph, resolver.findings, expanded.context.environment.budget
    assert graph is not None
    places = Places(sections.values, {name: _start(node) for name, node in document.sections.items()})
    train, evaluate = sections.train, sections.eval
    training, evaluation = features_of(train, None, places), features_of(train, evaluate, places)
    parts = len(train.losses) + len(train.all_optimizers) if train is not None else 0
    budget.charge(parts * len(graph.nodes), places.of("train.losses"), findings)
    if budget.exhausted:
        return sections
    if train is not None:
        training = prepared(training, train.preprocess, graph)
        names = References(graph, expanded.context.names, training, places, findings, budget)
        train = with_references(train, "train", names)
        check_losses(train, graph, training, places, findings)
        check_optimizers(train, graph, places, findings)
        check_length(train, places, findings)
        check_inputs("train", train, graph, training, places, findings)
        check_batch(train, places, findings)
        check_without_evaluation(train, evaluate, places, findings)
    if evaluate is not None:
        evaluation = prepared(evaluation, evaluate.preprocess, graph)
        names = References(graph, expanded.context.names, evaluation, places, findings, budget)
        evaluate = with_references(evaluate, "eval", names)
        check_every(train, evaluate, places, findings)
        check_metrics(train, evaluate, graph, evaluation, places, findings)
        check_inputs("eval", evaluate, graph, evaluation, places, findings)
    return Sections(train, evaluate, sections.values)


def features_of(train: Train | None, evaluate: Evaluate | None, places: Places) -> dict[str, FeatureType]:
    """The features of the examples that a section reads, as far as they are known before any data is."""
    if evaluate is not None and evaluate.data is not None:
        return evaluate.data.example()
    if train is not None and places.values["train.data"].origin.kind != "default":
        return train.data.example()
    # Nothing is said of the data, so the command line may: pictures with a class each, of a number not known yet.
    return {"image": image_type(), "label": class_type()}
