"""What a section names: tensors by full path, targets, patterns of layers; what is not there is reported."""

from __future__ import annotations

from typing import Any, TypeVar

from archspec.compiler.expand.names import Names, WrongReference, bare, means
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.budget import Budget
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.training.places import Places
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings, Span

_Form = TypeVar("_Form", bound=Form)


@dataclass(frozen=True)
class References:
    """What can be named: the graph's end points, the names of the main line, the features of an example."""

    graph: Graph
    names: Names
    features: dict[str, FeatureType]
    places: Places
    findings: Findings
    budget: Budget

    def tensor(self, name: str, reader: str, span: Span | None) -> str:
        """The full path of an end point; as it is written after reporting that there is none."""
        if name in self.graph.endpoints:
            return name
        try:
            bundle = self.names.bundle(name)
        except WrongReference as problem:
            notes = [problem.note] if problem.note else []
            self.findings.add(problem.code, f"`{reader}` reads `{name}`: {problem}", span, *notes, help=problem.help)
            return name
        tensor = bundle.first if bundle is not None else None
        found = next((key for key, path in self.graph.endpoints.items() if path == tensor), tensor)
        if found is None:
            self.findings.add("AS303", f"`{reader}` reads `{name}`, which is no layer", span)
            return name
        return found

    def target(self, name: object, reader: str, span: Span | None) -> object:
        """A feature, an input, an end point's full path, or a number; reports a name that is none of them."""
        if not isinstance(name, str) or name in self.features or name in self.graph.inputs:
            return name
        try:
            bundle = None if name in self.graph.endpoints else self.names.bundle(name)
        except WrongReference:
            known = [*self.features, *self.graph.inputs, *self.graph.endpoints]
            help = nearest(name, known) or f"the examples have {', '.join(self.features) or 'no features'}"
            message = f"`{reader}` compares with `{name}`, which is no feature, input or end point"
            self.findings.add("AS608", message, span, help=help)
            return name
        tensor = bundle.first if bundle is not None else None
        return next((key for key, path in self.graph.endpoints.items() if path == tensor), name)

    def pattern(self, text: str, key: str, span: Span | None) -> str:
        """The pattern; one that means no layer is reported.

        What `initialize` skips may be in the checkpoint alone, which is not opened before training.
        """
        if key.endswith("initialize.skip"):
            return text
        if not self.budget.charge(len(self.graph.nodes) * (1 + len(text) // 16), span, self.findings):
            return text
        layers = {node.layer for node in self.graph.nodes.values()}
        # What a checkpoint gives may go by its variables' names, which its user knows.
        variables = {name for name, _, _ in self.graph.variables()} if ".initialize." in f".{key}" else set()
        if not any(means(text, name) for name in layers | variables):
            help = nearest(text, [*layers, *map(bare, layers)]) or "name a layer by its path, or several with *"
            self.findings.add("AS605", f"`{key}` names `{text}`, and there is no such layer", span, help=help)
        return text

    def only_class(self) -> str | None:
        """The one feature that is a class, which a target left out means; None where there is none or several."""
        found = [name for name, feature in self.features.items() if feature.kind == "class"]
        return found[0] if len(found) == 1 else None


def with_references(form: _Form, path: str, names: References) -> _Form:
    """The form, and all forms in it, with what it names looked up."""
    changes = {name: _value(form, declared, f"{path}.{name}", names) for name, declared in form.FIELDS.items()}
    found = form.replace(**changes)
    return _with_default_target(found, path, names)


def _value(form: Form, declared: Field, path: str, names: References) -> Any:
    value: Any = getattr(form, declared.name)
    if isinstance(value, Form):
        return with_references(value, path, names)
    if declared.type.family and isinstance(value, tuple):
        return tuple(with_references(each, f"{path}.{number}", names) for number, each in enumerate(value))
    if declared.type.family and isinstance(value, dict):
        return {key: with_references(each, f"{path}.{key}", names) for key, each in value.items()}
    if not declared.type.refers or value is None:
        return value
    return _looked_up(form, declared, value, path, names)


def _looked_up(form: Form, declared: Field, value: Any, path: str, names: References) -> Any:
    span = names.places.of(path)
    if declared.type.refers == "tensor":
        several = isinstance(value, tuple)
        found = tuple(names.tensor(each, form.NAME, span) for each in (value if several else (value,)))
        return found if several else found[0]
    if declared.type.refers == "target":
        return names.target(value, form.NAME, span)
    if declared.type.refers == "pattern":
        key = path.partition(".")[2]
        for each in (value,) if isinstance(value, str) else value:
            names.pattern(each, key, span)
    return value


def _with_default_target(form: _Form, path: str, names: References) -> _Form:
    """A loss or metric with the target that it leaves out, and what its target says is to be ignored."""
    if "target" not in form.FIELDS:
        return form
    target = getattr(form, "target", None)
    if target is None:
        target = names.only_class()
        if target is None:
            classes = [name for name, feature in names.features.items() if feature.kind == "class"]
            several = f"the examples have {len(classes)} classes ({', '.join(classes)})" if classes else ""
            message = f"`{form.NAME}` needs `target`: {several or 'the examples have no class'}"
            help = f"write `target: NAME`; there are {', '.join(names.features) or 'no features'}"
            names.findings.add("AS609", message, names.places.of(path), help=help)
            return form
        form = form.replace(target=target)
    feature = names.features.get(target) if isinstance(target, str) else None
    if feature is not None and feature.ignore is not None and getattr(form, "ignore", 0) is None:
        return form.replace(ignore=feature.ignore)
    return form
