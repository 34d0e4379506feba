"""The value and the origin of every field of a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archspec.compiler.language.expression import Environment, NotKnown, Value, has_expression
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.provenance import Candidate, Origin, Resolved, Values
from archspec.compiler.language.values import shown
from archspec.compiler.resolve.forms import form_and_fields
from archspec.compiler.resolve.values import checked, condition, quiet, text_of, value_of
from archspec.compiler.resolve.written import Broken, Frames, Said, origin_of
from archspec.compiler.spec.sources import History, Speaker
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.diagnostics import Findings, Span


@dataclass
class Resolver:
    """Finds the value of every field; remembers which defaults reached something."""

    findings: Findings
    reached: set[Span] = field(default_factory=set)
    history: History = field(default_factory=History)

    def form(self, cls: type[Form], said: dict[str, Said], frames: Frames, span: Span, values: Values) -> Form:
        """An instance of the form with every field resolved; `values` receives where each came from.

        Raises Broken after reporting what is wrong, all fields looked at; NotKnown where a tensor has an error.
        """
        found: dict[str, Any] = {}
        broken = unknown = False
        for name, declared in cls.FIELDS.items():
            try:
                found[name] = self._field(cls, declared, said.get(name), frames, span, values)
            except Broken:
                broken = True
            except NotKnown:
                unknown = True
        if broken:
            raise Broken
        if unknown:
            raise NotKnown
        return cls(**found)

    def _field(
        self, cls: type[Form], declared: Field, said: Said | None, frames: Frames, span: Span, values: Values
    ) -> Any:
        candidates = list(self.candidates(cls, declared.name, said, frames))
        if not candidates:
            return self._default(cls, declared, span, values)
        winner = candidates[0]
        value = self._read(cls, declared, winner, frames, values)
        lost = [Candidate(quiet(c), origin_of(c)) for c in candidates[1:]]
        if not declared.required:
            lost.append(Candidate(declared.default, _own(cls)))
        values[declared.name] = Resolved(value, origin_of(winner), tuple(lost))
        return value

    def _default(self, cls: type[Form], declared: Field, span: Span, values: Values) -> Any:
        if declared.required:
            how = f"`{{{cls.NAME}: …}}`" if cls.main() is declared else f"`{declared.name}: …`"
            if cls.FAMILY == "op" and cls.main() is not declared:
                how += f" on the layer, or in the defaults of `{cls.NAME}`"
            self.findings.add("AS103", f"`{cls.NAME}` needs `{declared.name}`", span, help=f"write {how}")
            raise Broken
        values[declared.name] = Resolved(declared.default, _own(cls))
        return declared.default

    def candidates(self, cls: type[Form], name: str, said: Said | None, frames: Frames) -> Iterator[Said]:
        """Everything that says a value for the field, the winner first."""
        if said is not None:
            yield from self.layered(said)
        for frame in reversed(frames):
            for target in (cls.NAME, *cls.GROUPS):
                for default in frame.scope.defaults:
                    if default.target.text == target and default.field.text == name:
                        self.reached.add(default.field.span)
                        yield from self.layered(Said(default.value, frame.environment, "scope", frame.scope.where))

    def layered(self, said: Said) -> Iterator[Said]:
        """What is said, by whom, and what it stands over: the extended spec's value, a variant's, the spec's own."""
        span = said.node.span
        speaker = self.history.speakers.get(span, Speaker())
        yield Said(said.node, said.environment, speaker.kind or said.kind, speaker.where or said.where)
        for node, other in self.history.under.get(span, ()):
            yield Said(node, said.environment, other.kind or said.kind, other.where or said.where)

    def _read(self, cls: type[Form], declared: Field, said: Said, frames: Frames, values: Values) -> Any:
        if declared.type.family:
            return self._forms(cls, declared, said, frames, values)
        value = self.value(said.node, said.environment)
        what = f"`{declared.name}` of `{cls.NAME}`"
        return checked(declared, value, said.node.span, what, self.findings)

    def _forms(self, cls: type[Form], declared: Field, said: Said, frames: Frames, values: Values) -> Any:
        """The form or forms that a field holds."""
        node, family = said.node, getattr(cls, "ALLOWED", {}).get(declared.name, declared.type.family)
        if isinstance(node, Scalar) and node.value is not None and has_expression(node.text):
            node = self._substituted(node, said.environment)
        if isinstance(node, Scalar) and node.value is None:
            if not declared.type.optional:
                self.findings.add("AS102", f"`{declared.name}` of `{cls.NAME}` cannot be null", node.span)
                raise Broken
            return None
        if declared.type.many == "list":
            nodes = node.items if isinstance(node, Listing) else (node,)
            return tuple(
                self._one(family, n, said, frames, values, f"{declared.name}.{i}") for i, n in enumerate(nodes)
            )
        if declared.type.many == "map":
            return self._map(declared, node, said, frames, values)
        return self._one(family, node, said, frames, values, declared.name)

    def _substituted(self, node: Scalar, environment: Environment) -> Scalar:
        value = self.value(node, environment)
        if isinstance(value, (list, dict)):
            message = f"an expression for a form gives its name, got {shown(value)}"
            self.findings.add("AS102", message, node.span, help="write lists and mappings in place")
            raise Broken
        return Scalar(value, "" if value is None else str(value), node.span)

    def _map(self, declared: Field, node: Node, said: Said, frames: Frames, values: Values) -> dict[str, Form]:
        if not isinstance(node, Mapping):
            help = f"write `{declared.name}: {{name: {{…}}}}`"
            self.findings.add("AS102", f"`{declared.name}` is a mapping from names", node.span, help=help)
            raise Broken
        found = {}
        for key, value in node.pairs:
            body, present = self._when(value, said.environment)
            if present:
                path = f"{declared.name}.{key.text}"
                found[key.text] = self._one(declared.type.family, body, said, frames, values, path)
        return found

    def _when(self, node: Node, environment: Environment) -> tuple[Node, bool]:
        """The node without its `when`, and whether that holds."""
        when = node.get("when") if isinstance(node, Mapping) else None
        if when is None or not isinstance(node, Mapping):
            return node, True
        rest = Mapping(tuple((k, v) for k, v in node.pairs if k.text != "when"), node.span)
        return rest, isinstance(when, Scalar) and self.condition(when, environment)

    def _one(self, family: str, node: Node, said: Said, frames: Frames, values: Values, path: str) -> Form:
        """One form from `name`, `{name: main, field: value}`, or a plain number where `fixed` is meant."""
        cls, fields, span = form_and_fields(family, node, self.findings)
        inner: Values = {}
        explicit = {k: Said(v, said.environment, said.kind, said.where) for k, v in fields.items()}
        form = self.form(cls, explicit, frames, span, inner)
        values.update({f"{path}.{name}": resolved for name, resolved in inner.items()})
        return form

    def value(self, node: Node, environment: Environment) -> Value:
        """The node's plain value with expressions evaluated; reports and raises Broken."""
        return value_of(node, environment, self.findings)

    def text(self, node: Scalar, environment: Environment) -> str:
        """The scalar as text, with expressions written out; reports and raises Broken."""
        return text_of(node, environment, self.findings)

    def condition(self, node: Scalar, environment: Environment) -> bool:
        """The value of a `when`; reports and raises Broken."""
        return condition(node, environment, self.findings)


def _own(cls: type[Form]) -> Origin:
    return Origin("default", f"the default of {cls.NAME}")
