"""Scoped defaults: a value and its origin for every field of a form.

Explicit beats the nearest scope, which beats those around it, which beat the form's own default; within one scope the
op beats its group. null is a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archspec.compiler.expression import (
    Environment,
    NotKnown,
    Value,
    WrongExpression,
    has_expression,
    interpolate,
    nearest,
)
from archspec.compiler.fields import FAMILIES, Field, Form
from archspec.compiler.provenance import Candidate, Origin, Resolved, Values
from archspec.compiler.source import Listing, Mapping, Node, Scalar
from archspec.compiler.spec.records import Scope
from archspec.compiler.types import WrongValue, shown
from archspec.diagnostics import Findings, Span


@dataclass(frozen=True)
class Frame:
    """A scope in force: its defaults, and the environment that they were written in."""

    scope: Scope
    environment: Environment


Frames = tuple[Frame, ...]
"""Scopes around a layer, from the outermost to the nearest."""


@dataclass(frozen=True)
class Said:
    """A value written for a field, with the environment to evaluate it in."""

    node: Node
    environment: Environment
    kind: str = "explicit"
    where: str = "the layer"


class Broken(Exception):
    """A value has an error that is reported already; what needs it is left out."""


@dataclass
class Resolver:
    """Finds the value of every field; remembers which defaults reached something."""

    findings: Findings
    reached: set[Span] = field(default_factory=set)

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
            yield said
        for frame in reversed(frames):
            for target in (cls.NAME, *cls.GROUPS):
                for default in frame.scope.defaults:
                    if default.target.text == target and default.field.text == name:
                        self.reached.add(default.field.span)
                        yield Said(default.value, frame.environment, "scope", frame.scope.where)

    def _read(self, cls: type[Form], declared: Field, said: Said, frames: Frames, values: Values) -> Any:
        if declared.type.family:
            return self._forms(cls, declared, said, frames, values)
        value = self.value(said.node, said.environment)
        return self.checked(declared, value, said.node.span, f"`{declared.name}` of `{cls.NAME}`")

    def checked(self, declared: Field, value: Value, span: Span, what: str) -> Any:
        """The value in the field's type; reports and raises Broken where it does not fit."""
        try:
            return declared.read(value)
        except WrongValue as problem:
            whole = isinstance(value, float) and value.is_integer() and str(problem) == "a whole number"
            help = "`//` divides to a whole number; int(…) cuts the fraction" if whole else None
            self.findings.add("AS102", f"{what} must be {problem}, got {shown(value)}", span, help=help)
            raise Broken from None

    def value(self, node: Node, environment: Environment) -> Value:
        """The node's plain value with expressions evaluated; reports and raises Broken."""
        if isinstance(node, Listing):
            return [self.value(item, environment) for item in node.items]
        if isinstance(node, Mapping):
            return {key.text: self.value(value, environment) for key, value in node.pairs}
        if not isinstance(node.value, str) or not has_expression(node.value):
            return node.value
        try:
            return interpolate(node.value, environment)
        except WrongExpression as problem:
            self.findings.add("AS201", str(problem), node.span, help=problem.help)
            raise Broken from None

    def text(self, node: Scalar, environment: Environment) -> str:
        """The scalar as text, with expressions written out (names, references, end points)."""
        value = self.value(node, environment) if has_expression(node.text) else node.text
        return str(value)

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
        condition = node.get("when") if isinstance(node, Mapping) else None
        if condition is None or not isinstance(node, Mapping):
            return node, True
        rest = Mapping(tuple((k, v) for k, v in node.pairs if k.text != "when"), node.span)
        return rest, isinstance(condition, Scalar) and self.condition(condition, environment)

    def condition(self, node: Scalar, environment: Environment) -> bool:
        """The value of a `when`, which is an expression by position; strictly boolean."""
        text = node.text if isinstance(node.value, str) else str(node.value)
        code = text if has_expression(text) else f"$({text})"
        value = self.value(Scalar(code, code, node.span), environment)
        if not isinstance(value, bool):
            self.findings.add("AS202", f"`when` must be true or false, got {shown(value)}", node.span)
            raise Broken
        return value

    def _one(self, family: str, node: Node, said: Said, frames: Frames, values: Values, path: str) -> Form:
        """One form from `name`, `{name: main, field: value}`, or a plain number where `fixed` is meant."""
        cls, fields, span = self._parts(family, node)
        inner: Values = {}
        explicit = {k: Said(v, said.environment, said.kind, said.where) for k, v in fields.items()}
        form = self.form(cls, explicit, frames, span, inner)
        values.update({f"{path}.{name}": resolved for name, resolved in inner.items()})
        return form

    def _parts(self, family: str, node: Node) -> tuple[type[Form], dict[str, Node], Span]:
        known = _members(family)
        alone = known.get(family) if len(known) == 1 else None
        if alone is not None:
            return alone, self._own_fields(alone, node), node.span
        if isinstance(node, Scalar):
            if "fixed" in known and isinstance(node.value, (int, float)):
                return known["fixed"], {"rate": node}, node.span
            return self._known(family, node), {}, node.span
        if isinstance(node, Listing):
            self.findings.add("AS102", f"here stands one {family}, not a list", node.span)
            raise Broken
        key = next((k for k, _ in node.pairs if k.text in known), None)
        if key is None:
            if not node.pairs:
                self.findings.add("AS102", f"here stands one of {', '.join(known)}", node.span)
                raise Broken
            self._known(family, node.pairs[0][0])
        assert key is not None
        cls = known[key.text]
        return cls, self._fields_of(cls, node, key), key.span

    def _known(self, family: str, name: Scalar) -> type[Form]:
        known = _members(family)
        if name.text not in known:
            help = nearest(name.text, known) or f"one of {', '.join(known)}"
            self.findings.add("AS104", f"there is no {family} `{name.text}`", name.span, help=help)
            raise Broken
        return known[name.text]

    def _own_fields(self, cls: type[Form], node: Node) -> dict[str, Node]:
        main = cls.main()
        if isinstance(node, Mapping):
            return self._fields_of(cls, node, None)
        if main is None:
            self.findings.add("AS102", f"`{cls.NAME}` is a mapping of fields", node.span)
            raise Broken
        return {main.name: node}

    def _fields_of(self, cls: type[Form], node: Mapping, operation: Scalar | None) -> dict[str, Node]:
        main, found, broken = cls.main(), {}, False
        for key, value in node.pairs:
            if key is operation:
                if isinstance(value, Scalar) and value.value is None:
                    continue
                if main is None:
                    self.findings.add("AS102", f"`{cls.NAME}` has no main value", value.span)
                    broken = True
                else:
                    found[main.name] = value
            elif key.text in cls.FIELDS:
                found[key.text] = value
            else:
                self.unknown_field(cls, key)
                broken = True
        if broken:
            raise Broken
        return found

    def unknown_field(self, cls: type[Form], key: Scalar) -> None:
        """Report a key that the form does not have."""
        help = nearest(key.text, cls.FIELDS) or f"it has {', '.join(cls.FIELDS) or 'no fields'}"
        self.findings.add("AS101", f"`{cls.NAME}` has no field `{key.text}`", key.span, help=help)


def _members(family: str) -> dict[str, type[Form]]:
    """The forms of a family, or the ops of a group (`activation`) where a field holds an op of that group."""
    found = FAMILIES.get(family)
    return found if found is not None else {name: op for name, op in FAMILIES["op"].items() if family in op.GROUPS}


def origin_of(said: Said) -> Origin:
    """Who said the value, with the text of its expression if it is one."""
    node = said.node
    written = node.text if isinstance(node, Scalar) and has_expression(node.text) else ""
    return Origin(said.kind, said.where, node.span, written)


def _own(cls: type[Form]) -> Origin:
    return Origin("default", f"the default of {cls.NAME}")


def quiet(said: Said) -> Any:
    """The value of a candidate that lost; an expression that cannot be evaluated here is shown as written."""
    try:
        return Resolver(Findings()).value(said.node, said.environment)
    except (Broken, NotKnown):
        return said.node.text if isinstance(said.node, Scalar) else "…"
