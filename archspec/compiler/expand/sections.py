"""The sections `train` and `eval` to forms, with the provenance of every value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archspec.compiler.expand.expansion import Expanded
from archspec.compiler.expand.names import WrongReference, bare, means
from archspec.compiler.language.fields import FAMILIES, Form
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.forms.training import Piecewise
from archspec.compiler.language.provenance import Resolved, Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Resolver, Written, unknown_field
from archspec.compiler.spec.records import Document
from archspec.compiler.syntax.nodes import Mapping
from archspec.diagnostics import Span


@dataclass(frozen=True)
class Sections:
    """The sections of a document, where it has them."""

    train: Train | None = None
    eval: Evaluate | None = None
    values: Values = field(default_factory=dict)


def read_sections(document: Document, expanded: Expanded, resolver: Resolver) -> Sections:
    """Resolve the sections and the tensors that they name; what is wrong is reported."""
    values: Values = {}
    found: dict[str, Any] = {}
    for name, node in document.sections.items():
        section = _section(name, node, expanded, resolver, values)
        if section is not None:
            found[name] = section
    return Sections(found.get("train"), found.get("eval"), values)


def _section(name: str, node: Mapping, expanded: Expanded, resolver: Resolver, values: Values) -> Form | None:
    cls, context = FAMILIES["section"][name], expanded.context
    span = node.pairs[0][0].span if node.pairs else node.span
    written: dict[str, Written] = {}
    for key, value in node.pairs:
        if key.text in cls.FIELDS:
            written[key.text] = Written(value, context.environment, "explicit", f"the section {name}")
        else:
            unknown_field(cls, key, resolver.findings)
    own: Values = {}
    form = resolver.form(cls, written, context.frames, span, own)
    if form is None:
        return None
    form = _with_tensors(form, own, expanded, resolver)
    _check_patterns(form, own, expanded, resolver)
    values.update({f"{name}.{key}": resolved for key, resolved in own.items()})
    _check(form, own, span, resolver)
    return form


def _with_tensors(form: Form, values: Values, expanded: Expanded, resolver: Resolver) -> Form:
    """The section with its losses and metrics naming end points of the graph by their full paths."""
    changes: dict[str, object] = {}
    if expanded.graph is None:
        return form
    for group, reads in (("losses", "logits"), ("metrics", "predictions")):
        if group in form.FIELDS:
            changes[group] = {
                name: _named(part, reads, values.get(f"{group}.{name}.{reads}"), expanded, resolver)
                for name, part in getattr(form, group).items()
            }
    return form.replace(**changes)


def _named(part: Form, reads: str, resolved: Resolved | None, expanded: Expanded, resolver: Resolver) -> Form:
    name, graph = getattr(part, reads), expanded.graph
    assert graph is not None
    if name in graph.endpoints:
        return part
    span = resolved.origin.span if resolved is not None else None
    try:
        bundle = expanded.context.names.bundle(name)
    except WrongReference as problem:
        notes = [problem.note] if problem.note else []
        resolver.findings.add(problem.code, f"`{part.NAME}` reads `{name}`: {problem}", span, *notes, help=problem.help)
        return part
    found = next((key for key, path in graph.endpoints.items() if bundle and path == bundle.first), None)
    if found is None:
        resolver.findings.add("AS303", f"`{part.NAME}` reads `{name}`, which is no layer", span)
        return part
    return part.replace(**{reads: found})


def _check_patterns(form: Form, values: Values, expanded: Expanded, resolver: Resolver) -> None:
    """Report a pattern in `freeze`, `scale` or `skip` that means no layer."""
    if not isinstance(form, Train) or expanded.graph is None:
        return
    layers = {node.layer for node in expanded.graph.nodes.values()}
    skip = form.initialize.skip if form.initialize is not None else ()
    for key, patterns in (("freeze", form.freeze), ("scale", form.scale), ("initialize.skip", skip)):
        for pattern in patterns:
            if not any(means(pattern, layer) for layer in layers):
                help = nearest(pattern, [*layers, *map(bare, layers)]) or "name a layer by its path, or several with *"
                message = f"`{key}` names `{pattern}`, and there is no such layer"
                resolver.findings.add("AS605", message, values[key].origin.span, help=help)


def _check(form: Form, values: Values, span: Span, resolver: Resolver) -> None:
    """What no single field can tell."""
    if isinstance(form, Train) and not form.losses:
        resolver.findings.add("AS601", "`train` has no loss", span, help="write `losses: {main: {…}}`")
    rate = form.optimizer.rate if isinstance(form, Train) else None
    if isinstance(rate, Piecewise) and len(rate.rates) != len(rate.boundaries) + 1:
        where = values["optimizer.rate.rates"].origin.span
        message = f"{len(rate.rates)} rates need {len(rate.rates) - 1} boundaries, got {len(rate.boundaries)}"
        resolver.findings.add("AS602", message, where, help="there is a boundary between each two rates")
