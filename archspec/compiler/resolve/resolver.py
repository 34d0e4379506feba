"""The value and the origin of every field of a form."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Readable
from itertools import groupby
from typing import Any

from archspec.compiler.language.called import CalledBlock
from archspec.compiler.language.expression import UNKNOWN, Environment, Value, has_expression
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.provenance import Candidate, Resolved, Values
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.values import shown
from archspec.compiler.resolve.forms import form_and_fields
from archspec.compiler.resolve.values import checked, condition, quiet, text_of, value_of
from archspec.compiler.resolve.written import Frames, Written, origin_of
from archspec.compiler.spec.sources import History
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span

Candidates = dict[str, list[Written]]
"""By field, everything that says a value for it, the winner first."""


Settled = tuple[Any, Values]
"""A field's value, and where it and the values inside it came from."""


Step = str | tuple[dict[str, Any], Values]
"""A field by its name, or the values and origins of neighbouring fields that are settled."""


@dataclass(frozen=True)
class _Around:
    """What the scopes around say for a form, and the fields that they have settled already, for the next such form."""

    frames: Frames
    candidates: Candidates
    settled: dict[str, Settled] = field(default_factory=dict)
    steps: dict[tuple[str, ...], tuple[Step, ...]] = field(default_factory=dict)
    """By the fields that a form says itself, how all of its fields are found."""


@dataclass
class Resolver:
    """Finds the value of every field; remembers which defaults reached something."""

    findings: Findings
    registry: Registry
    reached: set[Span] = field(default_factory=set)
    history: History = field(default_factory=History)
    around: dict[tuple[type[Form], int], _Around] = field(default_factory=dict, repr=False, compare=False)
    """By form and identity of the frames: neighbours share these, and most of their fields come from there."""

    def know(self, registry: Registry) -> None:
        """Take in the forms that a document names which is embedded in another."""
        self.registry = self.registry.with_packages(registry.packages)

    def form(
        self,
        cls: type[Form],
        written: Readable[str, Written],
        frames: Frames,
        span: Span,
        values: Values,
        cells: Readable[str, Written] | None = None,
    ) -> Form | None:
        """An instance of the form with every field resolved; None after an error, all fields looked at.

        `written` stands on the layer itself and wins over the `cells` of its table; `values` receives where each
        value came from.
        """
        around, cells, found = self._around(cls, frames), cells or {}, dict[str, Any]()
        own = tuple([name for name in cls.FIELDS if name in written or name in cells])
        for step in around.steps.get(own, cls.FIELDS):
            if not isinstance(step, str):
                found.update(step[0])
                values.update(step[1])
            elif step in own:
                said = [source[step] for source in (written, cells) if step in source]
                candidates = [*said, *around.candidates.get(step, ())]
                found[step] = self._field(cls, cls.FIELDS[step], candidates, frames, span, values)
            else:
                found[step] = self._scoped_field(cls, cls.FIELDS[step], around, span, values)
        if own not in around.steps:
            around.steps[own] = tuple(_steps(cls, own, around.settled))
        return None if [name for name, value in found.items() if value is UNKNOWN] else cls(**found)

    def _around(self, cls: type[Form], frames: Frames) -> _Around:
        key = cls, id(frames)
        if key not in self.around:
            self.around[key] = _Around(frames, self._candidates(cls, frames))
        return self.around[key]

    def _candidates(self, cls: type[Form], frames: Frames) -> Candidates:
        """What the scopes around say for a form; nothing where its name means an op there."""
        return self.scoped(cls.NAME, cls.GROUPS, frames) if self.registry.by_name.get(cls.NAME) is cls else {}

    def _scoped_field(self, cls: type[Form], declared: Field, around: _Around, span: Span, values: Values) -> Any:
        """The value of a field that the layer itself does not say; found once for all forms with the same scopes."""
        settled = around.settled.get(declared.name)
        if settled is None:
            candidates = around.candidates.get(declared.name, [])
            inner: Values = {}
            settled = self._field(cls, declared, candidates, around.frames, span, inner), inner
            # An expression may ask for a tensor's shape, and what the tensor's name means changes between layers.
            if settled[0] is not UNKNOWN and not any(_computes(candidate.node) for candidate in candidates):
                around.settled[declared.name] = settled
        value, origins = settled
        values.update(origins)
        return value

    def _field(
        self,
        cls: type[Form],
        declared: Field,
        candidates: list[Written],
        frames: Frames,
        span: Span,
        values: Values,
    ) -> Any:
        if not candidates:
            return self._default(cls, declared, span, values)
        if self.history.speakers or self.history.under:
            candidates = [each for candidate in candidates for each in self.layered(candidate)]
        winner = candidates[0]
        value = self._read(cls, declared, winner, frames, values)
        if value is UNKNOWN:
            return UNKNOWN
        lost = [Candidate(quiet(c), origin_of(c)) for c in candidates[1:]]
        if not declared.required:
            lost.append(Candidate(declared.default, cls.DEFAULTS[declared.name].origin))
        values[declared.name] = Resolved(value, origin_of(winner), tuple(lost))
        return value

    def _default(self, cls: type[Form], declared: Field, span: Span, values: Values) -> Any:
        if declared.required:
            how = f"`{{{cls.NAME}: …}}`" if cls.MAIN is declared else f"`{declared.name}: …`"
            if cls.FAMILY == "op" and cls.MAIN is not declared:
                how += f" on the layer, or in the defaults of `{cls.NAME}`"
            self.findings.add("AS103", f"`{cls.NAME}` needs `{declared.name}`", span, help=f"write {how}")
            return UNKNOWN
        values[declared.name] = cls.DEFAULTS[declared.name]
        return declared.default

    def scoped(self, name: str, groups: tuple[str, ...], frames: Frames) -> Candidates:
        """What the scopes around say for the fields of a form or block, the nearest scope first."""
        found: Candidates = {}
        for frame in reversed(frames):
            for target in (name, *groups):
                for default in frame.scope.by_target.get(target, ()):
                    self.reached.add(default.field.span)
                    written = Written(default.value, frame.environment, "scope", frame.scope.where)
                    found.setdefault(default.field.text, []).append(written)
        return found

    def layered(self, written: Written) -> Iterator[Written]:
        """What is written, by whom, and what it stands over: the extended spec's value, a variant's, the spec's own."""
        span = written.node.span
        speaker = self.history.speakers.get(span)
        if speaker is None:
            yield written
        else:
            kind, where = speaker.kind or written.kind, speaker.where or written.where
            yield Written(written.node, written.environment, kind, where)
        for node, other in self.history.under.get(span, ()):
            yield Written(node, written.environment, other.kind or written.kind, other.where or written.where)

    def _read(self, cls: type[Form], declared: Field, written: Written, frames: Frames, values: Values) -> Any:
        if declared.type.family:
            return self._forms(cls, declared, written, frames, values)
        value = self.value(written.node, written.environment)
        what = f"`{declared.name}` of `{cls.NAME}`"
        return checked(declared, value, written, what, self.findings)

    def _forms(self, cls: type[Form], declared: Field, written: Written, frames: Frames, values: Values) -> Any:
        """The form or forms that a field holds."""
        family = getattr(cls, "ALLOWED", {}).get(declared.name, declared.type.family)
        node = self._substituted(written.node, written.environment)
        if node is None:
            return UNKNOWN
        if isinstance(node, Scalar) and node.value is None:
            if declared.type.optional:
                return None
            self.findings.add("AS102", f"`{declared.name}` of `{cls.NAME}` cannot be null", node.span)
            return UNKNOWN
        if declared.type.many == "map":
            return self._map(declared, node, written, frames, values)
        if declared.type.many != "list":
            return self._one(family, node, written, frames, values, declared.name)
        nodes = node.items if isinstance(node, Listing) else (node,)
        found = [self._one(family, n, written, frames, values, f"{declared.name}.{i}") for i, n in enumerate(nodes)]
        return UNKNOWN if any(form is UNKNOWN for form in found) else tuple(found)

    def _substituted(self, node: Node, environment: Environment) -> Node | None:
        """The node with an expression in place of a form's name evaluated; None after an error."""
        if not isinstance(node, Scalar) or node.value is None or not has_expression(node.text):
            return node
        value = self.value(node, environment)
        if value is UNKNOWN:
            return None
        if isinstance(value, (list, dict)):
            message = f"an expression for a form gives its name, got {shown(value)}"
            self.findings.add("AS102", message, node.span, help="write lists and mappings in place")
            return None
        return Scalar(value, "" if value is None else str(value), node.span)

    def _map(self, declared: Field, node: Node, written: Written, frames: Frames, values: Values) -> Any:
        if not isinstance(node, Mapping):
            help = f"write `{declared.name}: {{name: {{…}}}}`"
            self.findings.add("AS102", f"`{declared.name}` is a mapping from names", node.span, help=help)
            return UNKNOWN
        found: dict[str, Any] = {}
        for key, value in node.pairs:
            body, when = _without_condition(value)
            present = True if when is None else self.condition(when, written.environment)
            if present is None:
                found[key.text] = UNKNOWN
            elif present:
                path = f"{declared.name}.{key.text}"
                found[key.text] = self._one(declared.type.family, body, written, frames, values, path)
        return UNKNOWN if any(form is UNKNOWN for form in found.values()) else found

    def _one(self, family: str, node: Node, written: Written, frames: Frames, values: Values, path: str) -> Any:
        """One form from `name`, `{name: main, field: value}`, or a plain number where `fixed` is meant."""
        block = node.get("block") if isinstance(node, Mapping) and family in self.registry.groups else None
        if isinstance(node, Mapping) and isinstance(block, Scalar):
            return self._called(block, node, written.environment)
        read = form_and_fields(family, node, self.registry, self.findings)
        if read is None:
            return UNKNOWN
        cls, fields, span = read
        inner: Values = {}
        explicit = {k: Written(v, written.environment, written.kind, written.where) for k, v in fields.items()}
        form = self.form(cls, explicit, frames, span, inner)
        values.update({f"{path}.{name}": resolved for name, resolved in inner.items()})
        return UNKNOWN if form is None else form

    def _called(self, block: Scalar, node: Mapping, environment: Environment) -> Any:
        """A block in the place of an op."""
        name = self.text(block, environment)
        arguments = tuple((key, value) for key, value in node.pairs if value is not block)
        return UNKNOWN if name is None else CalledBlock(Scalar(name, name, block.span), arguments, environment)

    def form_of(self, family: str, node: Node, environment: Environment) -> Form | None:
        """The form of a family that stands at a node by itself, with no scopes around; None after an error."""
        form = self._one(family, node, Written(node, environment), (), {}, "")
        return form if isinstance(form, Form) else None

    def value(self, node: Node, environment: Environment) -> Value:
        """The node's plain value with expressions evaluated; UNKNOWN where one has an error."""
        return value_of(node, environment, self.findings)

    def text(self, node: Scalar, environment: Environment) -> str | None:
        """The scalar as text, with expressions written out; None where one has an error."""
        return text_of(node, environment, self.findings)

    def condition(self, node: Scalar, environment: Environment) -> bool | None:
        """The value of a `when`; None where it has an error."""
        return condition(node, environment, self.findings)


def _steps(cls: type[Form], own: tuple[str, ...], settled: dict[str, Settled]) -> Iterator[Step]:
    """The fields of a form in order, those that are settled and stand side by side as one step."""
    for is_ready, names in groupby(cls.FIELDS, lambda name: name not in own and name in settled):
        if is_ready:
            ready = {name: settled[name] for name in names}
            origins = {path: origin for _, inner in ready.values() for path, origin in inner.items()}
            yield {name: value for name, (value, _) in ready.items()}, origins
        else:
            yield from names


def _computes(node: Node) -> bool:
    """Whether an expression stands in it that is more than a name."""
    if isinstance(node, Scalar):
        return "$(" in node.text
    if isinstance(node, Listing):
        return any(_computes(item) for item in node.items)
    return any(_computes(value) for _, value in node.pairs)


def _without_condition(node: Node) -> tuple[Node, Scalar | None]:
    """The node without its `when`, and that."""
    when = node.get("when") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(when, Scalar):
        return node, None
    return Mapping(tuple((k, v) for k, v in node.pairs if k.text != "when"), node.span), when
