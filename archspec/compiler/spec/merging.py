"""Nodes laid over nodes, by what they are: another kind replaces a form whole, a form of the same kind merges."""

from __future__ import annotations

from collections.abc import Callable

from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.registry import Forms, Registry
from archspec.compiler.language.suggestions import closest
from archspec.compiler.spec.document import KINDS, kind_of
from archspec.compiler.spec.mains import behind_name
from archspec.compiler.spec.sources import History, Speaker
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.dataclass import dataclass

Classes = tuple[type[Form], ...]
Merge = Callable[[str, Node, Node], Node]

_BY_KEY = ("functions", "tables", "inputs", "blocks", "heads", "outputs", "names")
"""Sections in which a key replaces the base's key of that name."""

_WHOLE = ("data", "optimizer")
"""Fields whose form is always replaced whole."""


@dataclass(frozen=True)
class Merging:
    """Merges nodes, with a record of what stands over what; `speaker` says what lies below."""

    registry: Registry
    history: History
    speaker: Speaker

    def over(self, new: Node, old: Node) -> Node:
        """The new node in the place of the old one."""
        self.history.lay(new, old, self.speaker)
        return new

    def section(self, name: str, base: Node, top: Node) -> Node:
        """A section of the base with the same section of the top document laid over it."""
        if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
            return self.over(top, base)
        if name == "hyperparameters":
            return self.hyperparameters(base, top)
        if name == "defaults":
            return self.scope(base, top)
        if name in ("variants", "expect", "published"):
            return self.deep(base, top)
        if name in self.registry.families["section"]:
            return self.fields((self.registry.families["section"][name],), base, top)
        if name == "scopes":
            return self.each(base, top, lambda _, old, new: self.scope(old, new))
        return self.each(base, top, lambda _, old, new: self.over(new, old)) if name in _BY_KEY else top

    def each(self, base: Mapping, top: Mapping, merge: Merge) -> Mapping:
        """The pairs of both; where both have a key, what `merge(key, old, new)` gives."""
        pairs = {key.text: (key, value) for key, value in base.pairs}
        for key, value in top.pairs:
            old = base.get(key.text)
            pairs[key.text] = (key, value if old is None else merge(key.text, old, value))
        return Mapping(tuple(pairs.values()), top.span)

    def deep(self, base: Node, top: Node) -> Node:
        """Mappings merged by key all the way down."""
        if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
            return self.over(top, base)
        return self.each(base, top, lambda _, old, new: self.deep(old, new))

    def scope(self, base: Node, top: Node) -> Node:
        """Scoped defaults: by target, then by field."""
        if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
            return self.over(top, base)
        return self.each(base, top, lambda target, old, new: self.fields(self.registry.targets(target), old, new))

    def fields(self, classes: Classes, base: Node, top: Node) -> Node:
        """The fields of a form, or of those that a group stands for."""
        if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
            return self.over(top, base)
        return self.each(base, top, lambda name, old, new: self.field(classes, name, old, new))

    def field(self, classes: Classes, name: str, base: Node, top: Node) -> Node:
        """The value of one field."""
        declared = next((cls.FIELDS[name] for cls in classes if name in cls.FIELDS), None)
        if declared is None or not declared.type.family:
            return self.deep(base, top)
        if name in _WHOLE or declared.type.many == "list":
            return self.over(top, base)
        members = self.registry.members(declared.type.family)
        if declared.type.family == "op" and (_block(base) or _block(top)):
            return self.called(members, base, top)
        if declared.type.many == "map" and isinstance(base, Mapping) and isinstance(top, Mapping):
            return self.each(base, top, lambda _, old, new: self.form(members, old, new))
        return self.form(members, base, top)

    def form(self, members: Forms, base: Node, top: Node) -> Node:
        """One form: fields of the same kind merge, another kind replaces it whole."""
        if not isinstance(top, Mapping):
            return self.over(top, base)
        if isinstance(base, Scalar) and base.text in members and not base.quoted:
            base = Mapping(((base, Scalar(None, "", base.span)),), base.span)
        only = next(iter(members.values())).MAIN if len(members) == 1 else None
        if only is not None and not isinstance(base, Mapping):
            base = Mapping(((Scalar(only.name, only.name, base.span), base),), base.span)
        if not isinstance(base, Mapping):
            return self.over(top, base)
        kind = next((key.text for key, _ in base if key.text in members), None)
        new = next((key.text for key, _ in top if key.text in members), None)
        if new is not None and new != kind:
            return self.over(top, base)
        if new is None and kind is not None and self._is_kind(top, members, members[kind]):
            return self.over(top, base)
        cls = next(iter(members.values())) if kind is None and len(members) == 1 else members.get(kind or "")
        if cls is None:
            return self.over(top, base)
        if kind is not None:
            base, top = behind_name(base, kind, cls), behind_name(top, kind, cls)
        main = cls.MAIN
        return self.each(base, top, lambda name, old, value: self.field((cls,), _field(name, kind, main), old, value))

    def called(self, members: Forms, base: Node, top: Node) -> Node:
        """A block in the place of an op: parameters of the same one merge, another block or an op replaces it whole."""
        said = {key.text for key, _ in top} if isinstance(top, Mapping) else set(members)
        same = _block(top) == _block(base) or not said & {"block", *members}
        if _block(base) and same and isinstance(base, Mapping) and isinstance(top, Mapping):
            return self.each(base, top, lambda _, old, new: self.deep(old, new))
        return self.over(top, base)

    def _is_kind(self, top: Mapping, members: Forms, below: type[Form]) -> bool:
        """Whether a form begins with the name of a kind, though misspelt, and not with a field of the one below it."""
        first = next((key.text for key, _ in top), "")
        if first in self.registry.fields or closest(first, below.FIELDS) is not None:
            return False
        return closest(first, members) is not None

    def hyperparameters(self, base: Node, top: Node) -> Node:
        """Other defaults of hyperparameters whose types and limits stay."""
        if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
            return self.over(top, base)
        return self.each(base, top, lambda _, old, new: self.declared(old, new))

    def declared(self, declared: Node, value: Node) -> Node:
        """The base's declaration of a hyperparameter with another default."""
        if isinstance(value, Mapping):
            return value
        if isinstance(declared, Mapping):
            old = declared.get("default")
            self.history.lay(value, old, self.speaker)
            rest = tuple(pair for pair in declared if pair[0].text != "default")
            default = declared.key("default") or Scalar("default", "default", value.span)
            return Mapping((*rest, (default, value)), declared.span)
        bare_kind = isinstance(declared, Scalar) and not declared.quoted and declared.text in KINDS
        if not bare_kind:
            self.history.lay(value, declared, self.speaker)
        kind = declared.text if bare_kind and isinstance(declared, Scalar) else kind_of(declared)
        parts = ("type", Scalar(kind, kind, declared.span)), ("default", value)
        return Mapping(tuple((Scalar(key, key, value.span), node) for key, node in parts), value.span)


def _block(node: Node) -> str:
    """The name of the block that a node calls; empty where it calls none."""
    block = node.get("block") if isinstance(node, Mapping) else None
    return block.text if isinstance(block, Scalar) else ""


def _field(key: str, kind: str | None, main: Field | None) -> str:
    """The field that a key of a form gives: behind the form's own name stands its main field."""
    return main.name if main is not None and key == kind else key
