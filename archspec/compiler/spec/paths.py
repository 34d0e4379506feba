"""A value put into a document at a path: `train.batch`, `defaults.conv2d.kernel`, `layers.Mixed/a.filters`."""

from __future__ import annotations

from fnmatch import fnmatchcase

from archspec.compiler.language.expression import WrongExpression, split
from archspec.compiler.language.fields import Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.edits import as_mapping
from archspec.compiler.spec.sources import History, Speaker
from archspec.compiler.spec.tree import SECTIONS, Cell, Tree
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings

Step = Scalar
"""One part of a path, with its place."""

_NAMED = (
    "scopes",
    "inputs",
    "blocks",
    "tables",
    "variants",
    "losses",
    "metrics",
    "optimizers",
    "functions",
    "hyperparameters",
)
"""Mappings whose keys are names that the spec gives."""

_FREE = (
    "document",
    "train",
    "eval",
    "defaults",
    "names",
    "outputs",
    "parameters",
    "set",
    "shapes",
    "scale",
    "expect",
    "published",
)
"""Mappings in which any key may be new, and none is a form."""


@dataclass(frozen=True)
class Put:
    """Puts one value; what cannot be reached is reported, and the document stays as it was."""

    registry: Registry
    history: History
    value: Node
    findings: Findings

    def document(self, root: Mapping, steps: list[Step]) -> Mapping:
        """The document with the value at the path."""
        first = steps[0]
        if first.text in ("train", "eval") and root.get(first.text) is None and len(steps) > 1:
            help = "write the section into the spec, or into one that extends it"
            self.findings.add("AS133", f"the spec has no section `{first.text}`", first.span, help=help)
            return root
        found = self.mapping(root, steps, "document")
        return found if isinstance(found, Mapping) else root

    def below(self, node: Node, steps: list[Step], under: str) -> Node:
        """The node with the value below it; `under` is the key that it stands under."""
        if not steps:
            self.history.lay(self.value, node, Speaker())
            return self.value
        if isinstance(node, Listing) and steps[0].text.isdecimal():
            return self.item(node, steps)
        node = self._opened(node, under)
        if isinstance(node, Mapping):
            return self.mapping(node, steps, under)
        message, help = f"there is nothing below this value: `{steps[0].text}`", "set the whole value"
        self.findings.add("AS133", message, steps[0].span, help=help)
        return node

    def item(self, node: Listing, steps: list[Step]) -> Node:
        """The list with the value at or below one of its items, counted from 0."""
        at = int(steps[0].text)
        if at >= len(node.items):
            message = f"there is no item {at} in this list of {len(node.items)}"
            self.findings.add("AS133", message, steps[0].span, help="items are counted from 0")
            return node
        new = self.below(node.items[at], steps[1:], "")
        return Listing((*node.items[:at], new, *node.items[at + 1 :]), node.span)

    def mapping(self, node: Mapping, steps: list[Step], under: str) -> Node:
        """The mapping with the value at or below one of its keys."""
        step, rest = steps[0], steps[1:]
        if step.text in SECTIONS and rest and isinstance(node.get(step.text), (Listing, Mapping)):
            return self.layer(node, step.text, rest)
        kinds = () if under in (*_NAMED, *_FREE) else self._kinds(node)
        name = next((cls.NAME for cls in kinds if (main := cls.MAIN) and main.name == step.text), step.text)
        old = node.get(name)
        if old is None and under in _NAMED:
            known = [key.text for key, _ in node]
            help = nearest(step.text, known) or f"there are {', '.join(known) or 'none'}"
            self.findings.add("AS133", f"there is nothing called `{step.text}` in `{under}`", step.span, help=help)
            return node
        if old is not None:
            new = self.below(old, rest, "defaults" if under == "scopes" else "" if under in _NAMED else name)
            return Mapping(tuple((k, new if k.text == name else v) for k, v in node), node.span)
        pair = (step, _nested(rest, self.value))
        return (
            self._replaced(node, pair)
            if self._is_other_kind(step.text, kinds)
            else Mapping((*node.pairs, pair), node.span)
        )

    def _replaced(self, node: Mapping, pair: tuple[Step, Node]) -> Mapping:
        """Another kind in the place of a whole form: the command line says all of it."""
        new = Mapping((pair,), pair[0].span)
        self.history.speakers[new.span] = self.history.speakers.get(self.value.span, Speaker())
        self.history.lay(new, node, Speaker())
        return new

    def layer(self, node: Mapping, section: str, steps: list[Step]) -> Node:
        """The document or block with the value at or below one of its layers."""
        tree, step = Tree(node, self.registry, (section,)), steps[0]
        cells = tree.find(step.text)
        if len(cells) != 1:
            self.refuse(tree, step, cells)
            return node
        [cell] = cells
        inner = cell.node if len(steps) == 1 else as_mapping(cell.node)
        tree.replace(cell, self.below(inner, steps[1:], ""))
        return tree.document()

    def refuse(self, tree: Tree, step: Step, cells: list[Cell]) -> None:
        """Report a path that means no layer, or several."""
        if cells:
            places = " and ".join(cell.key.span.short for cell in cells[:2])
            help = "write the path with its parentheses"
            self.findings.add("AS305", f"`{step.text}` may mean two layers, at {places}", step.span, help=help)
            return
        above = tree.find(step.text.partition("/")[0])
        if any(isinstance(cell.node, Mapping) and cell.node.get("network") for cell in above):
            name = "/".join(above[0].path)
            help = f"that layer is another spec; its hyperparameters are set by layers.{name}.set.NAME"
        else:
            paths = tree.paths()
            copies = next((path for path in paths if "$" in path and fnmatchcase(step.text, _pattern(path))), None)
            alike = f"copies are set together, by the name that the spec gives them: {copies}" if copies else None
            help = alike or nearest(step.text, paths) or "a layer is named by its path, as the spec writes it"
        self.findings.add("AS133", f"the spec has no layer `{step.text}`", step.span, help=help)

    def _opened(self, node: Node, under: str) -> Node:
        """A bare kind (`relu`) as a mapping, so that fields can stand beside it."""
        if not isinstance(node, Scalar):
            return node
        if node.value is None:
            return Mapping((), node.span)
        return as_mapping(node) if not node.quoted and node.text in self.registry.by_name else node

    def _kinds(self, node: Mapping) -> tuple[type[Form], ...]:
        """The forms that the first key of a mapping can mean; none in the call of a block: its keys are free."""
        key = next((key.text for key, _ in node if key.text in self.registry.by_name), None)
        return tuple(cls for cls in self.registry.forms if key == cls.NAME) if node.get("block") is None else ()

    def _is_other_kind(self, name: str, kinds: tuple[type[Form], ...]) -> bool:
        """Whether a name is another form of the same family, and no field of the one that is there."""
        families = self.registry.families
        other = any(name in families[cls.FAMILY] for cls in kinds)
        return other and not any(name in cls.FIELDS for cls in kinds)


def _pattern(path: str) -> str:
    """What the names of a layer's copies look like."""
    try:
        return "".join("*" if is_code else text for is_code, text in split(path))
    except WrongExpression:
        return path


def _nested(steps: list[Step], value: Node) -> Node:
    for step in reversed(steps):
        value = Mapping(((step, value),), value.span)
    return value
