"""A walk through a document along its schema; jsonschema decides what is not plain, the fields say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

from archspec.compiler.check.nesting import beside
from archspec.compiler.check.phrases import (
    NOTHING,
    WRITTEN,
    as_list,
    has_expression,
    in_expectations,
    meant,
    nearly,
    number_as_input,
    offered,
    rewritten,
    start_of,
    thing_of,
    unknown_code,
    wrong_item,
)
from archspec.compiler.check.subschemas import Part, Parts, shown, wanted
from archspec.compiler.language.fields import Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import closest, nearest
from archspec.compiler.language.values import WrongValue
from archspec.compiler.schema import published
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar, plain
from archspec.compiler.syntax.problems import TIGHT, report_tight
from archspec.diagnostics import Findings, Note


@lru_cache(maxsize=8)
def parts_of(registry: Registry) -> Parts:
    """The parts of the schema for a registry, which all specs have in common."""
    schema = published(registry)
    # What a spec extends is laid under it already: it is looked at as a spec by itself.
    return Parts({**schema, "properties": {**schema["properties"], **schema["then"]["properties"]}}, registry)


class Walk:
    """Checks a document's nodes one by one, so that a mistake in one of them hides no other."""

    def __init__(self, registry: Registry, findings: Findings) -> None:
        self.parts = parts_of(registry)
        self.findings = findings
        self.registry = registry
        self.blocks: Set[str] = frozenset()

    def check(self, root: Node) -> None:
        """Report every mistake in the document."""
        document = Part((), self.parts.root)
        if not isinstance(root, Mapping):
            self.findings.add("AS111", "a spec is a mapping of sections", root.span, help="begin with `archspec: 1`")
            return
        blocks = root.get("blocks")
        self.blocks = {key.text for key, _ in blocks.pairs} if isinstance(blocks, Mapping) else frozenset()
        self._keys(document, root, "a spec")
        for key in document.schema.get("required", ()):
            if root.key(key) is None:
                place = root.pairs[0][0].span if root.pairs else root.span
                self.findings.add("AS103", f"a spec needs `{key}`", place, help="begin with `archspec: 1`")

    def node(self, path: tuple[str, ...], node: Node, what: str) -> None:
        """Check one value; `what` names it in messages."""
        part = self.parts.at(*path)
        if part.name == "item":
            self._item(part, node)
            return
        inner = self.parts.holding(part, node)
        if inner is None:
            self._value(part, node, what)
        elif isinstance(node, Listing):
            for item in node.items:
                self.node((*inner.path, "items"), item, f"an item of {what}")
        elif isinstance(node, Mapping):
            self._mapping(inner, node, what)

    def _item(self, part: Part, node: Node) -> None:
        """One item of a sequence: an op's name, or a mapping of one pair."""
        if isinstance(node, Scalar):
            self._value(self.parts.at("$defs", "layer"), node, "a layer")
        elif isinstance(node, Mapping) and len(node.pairs) == 1:
            self._named_item(self.parts.choices(*part.path)[1], node)
        elif isinstance(node, Mapping) and any(key.text in self._operations() for key, _ in node.pairs):
            self._unnamed(node)
        else:
            help = "write each layer behind a dash of its own: `- name: {…}`"
            self.findings.add("AS106", "a list of layers has one `name: layer` to an item", node.span, help=help)

    def _unnamed(self, node: Mapping) -> None:
        (name, nothing), (key, _) = node.pairs[:2]
        if name.text not in self._operations() and isinstance(nothing, Scalar) and nothing.value is None:
            message = f"`{key.text}` stands as far left as the layer's name `{name.text}`"
            help = f"indent what belongs to `{name.text}` by two more spaces"
            self.findings.add("AS107", message, key.span, help=help)
        else:
            self.findings.add("AS107", "this layer has no name", node.span, help="write `- name: {…}`")

    def _named_item(self, part: Part, node: Mapping) -> None:
        [(name, layer)] = node.pairs
        main = self._as_main_value(layer)
        if name.text in self._operations() and main:
            message = f"`{name.text}` stands where the layer's name belongs"
            self.findings.add("AS107", message, name.span, help=f"write `- name: {{{name.text}{main}}}`")
        else:
            self._mapping(part, node, "a layer")

    def _as_main_value(self, node: Node) -> str:
        """How a value that can be no layer stands behind an operation: `: 64`, `, filters: 64`; "" for a layer."""
        if isinstance(node, Mapping):
            plain_fields = not any(key.text in self._operations() for key, _ in node.pairs)
            return "".join(f", {key.text}: {shown(value)}" for key, value in node.pairs) if plain_fields else ""
        if isinstance(node, Listing):
            names = [item.text for item in node.items if isinstance(item, Scalar)]
            plain_names = len(names) == len(node.items) and not all(name in self._operations() for name in names)
            return f": [{', '.join(names)}]" if plain_names else ""
        return "" if node.value is None or node.text in self._operations() else f": {node.text}"

    def _operations(self) -> dict[str, tuple[str, ...]]:
        return self.parts.kinds(self.parts.at("$defs", "layer.any"))

    def _mapping(self, part: Part, node: Mapping, what: str) -> None:
        choices = self.parts.kinds(part)
        if not choices:
            head, _, form = part.name.partition(".")
            self._keys(part, node, f"`{form}`" if head == "scope" and len(part.path) == 2 and form else what)
            return
        found = [key for key, _ in node.pairs if key.text in choices]
        if not found:
            self._no_kind(part, node)
            return
        first = node.pairs[0][0]
        if first is not found[0] and self._is_unknown_kind(part, first, found[0]):
            # What a layer does is written first; the known operation behind it is meant as one of its fields.
            self._unknown_kind(part, first)
            return
        free = next((key for key in found if key.text == "block"), None)
        if len(found) > 1 and free is None:
            self._two_kinds(part, found)
        key = free or found[0]
        chosen = self.parts.at(*choices[key.text])
        skip = {other.text for other in found if other is not key}
        cls = self._form(part, key.text)
        self._two_values(cls, key, node)
        self._keys(chosen, node, f"`{key.text}`", skip | self._nested(cls, key, node))

    def _form(self, part: Part, name: str) -> type[Form] | None:
        """The form that a name means, as a value of a family or as a layer."""
        head, _, family = part.name.partition(".")
        return self.registry.members(family).get(name) if head == "form-of" else self.registry.ops.get(name)

    def _is_unknown_kind(self, part: Part, first: Scalar, found: Scalar) -> bool:
        """Whether a key is the name of a kind that does not exist, and no field, rightly spelt or not."""
        known = self.parts.at(*self.parts.kinds(part)[found.text])
        if known.schema.get("additionalProperties") is not False or first.text in self.registry.fields:
            return False
        return first.text not in known.schema["properties"] and closest(first.text, known.schema["properties"]) is None

    def _nested(self, cls: type[Form] | None, key: Scalar, node: Mapping) -> set[str]:
        """Report fields that stand inside the form's value; the key that needs no further check."""
        remedy = beside(cls, node.get(key.text), self.registry)
        if remedy is None:
            return set()
        message = f"the fields of `{key.text}` stand beside it, not inside it"
        self.findings.add("AS102", message, key.span, help=f"write `{remedy}`")
        return {key.text}

    def _two_values(self, cls: type[Form] | None, key: Scalar, node: Mapping) -> None:
        """Report a main value that is said behind the form's name and under its own as well."""
        main = cls.MAIN if cls is not None else None
        again = node.key(main.name) if main is not None else None
        value = node.get(key.text)
        if (
            main is None
            or again is None
            or main.name == key.text
            or (isinstance(value, Scalar) and value.value is None)
        ):
            return
        if getattr(cls, "ARITY", (1, 1)) != (1, 1) and not isinstance(value, Scalar):
            return
        message = f"`{main.name}` of `{key.text}` is said twice"
        note = Note(f"the value behind `{key.text}` is its `{main.name}`", key.span)
        self.findings.add("AS120", message, again.span, note, help="take one of them out")

    def _two_kinds(self, part: Part, found: list[Scalar]) -> None:
        thing = thing_of(part)
        has = "a layer has one operation" if thing == "operation" else f"here stands one {thing}"
        are = " and ".join(f"`{key.text}`" for key in found[:2])
        self.findings.add("AS105", f"{has}, here are {are}", found[1].span, help="take one of them out")

    def _no_kind(self, part: Part, node: Mapping) -> None:
        beside = part.schema["then"]["propertyNames"]["anyOf"][0]["enum"]
        strange = [key for key, _ in node.pairs if key.text not in beside and key.text not in self.registry.fields]
        if not strange and node.pairs and meant(node.pairs[0][0].text, self._known(part)):
            # The name of a field, and of a kind elsewhere: `{mean: 0}`.
            strange = [node.pairs[0][0]]
        if strange:
            self._unknown_kind(part, strange[0])
        elif thing_of(part) == "operation":
            help = "write `{conv2d: 64, …}` or `block: …`"
            self.findings.add("AS104", "this layer has no operation", start_of(node), help=help)
        else:
            help = f"one of {', '.join(self.parts.kinds(part))}"
            self.findings.add("AS104", f"it is not said which {thing_of(part)} this is", start_of(node), help=help)

    def _unknown_kind(self, part: Part, name: Scalar, or_none: bool = False) -> None:
        """Report the name of a kind that does not exist; `or_none` is whether null can stand there too."""
        if self._tight_colon(name):
            return
        thing, known = thing_of(part), self._known(part)
        help = offered(name.text, known, thing, self.blocks, or_none)
        why, remedy = self.registry.why_not(name.text, thing)
        self.findings.add("AS104", f"there is no {thing} `{name.text}`{why}", name.span, help=remedy or help)

    def _tight_colon(self, name: Scalar) -> bool:
        """Report a name that is a key and its value without a space between them."""
        match = None if name.quoted else re.fullmatch(TIGHT, name.text)
        if match:
            report_tight(match, name.span, self.findings)
        return match is not None

    def _known(self, part: Part) -> list[str]:
        if thing_of(part) == "operation":
            return list(self._operations())
        return list(self.parts.choices("$defs", f"family.{part.name.partition('.')[2]}")[0].schema["enum"])

    def _keys(self, part: Part, node: Mapping, what: str, skip: Set[str] = frozenset()) -> None:
        """Check the keys of a mapping and what stands behind them."""
        known, rest = part.schema.get("properties", {}), part.schema.get("additionalProperties", True)
        for key, value in node.pairs:
            if key.text in skip:
                continue
            if key.text in known:
                self._known_key(part, key, value, what)
            elif isinstance(rest, dict):
                self.node((*part.path, "additionalProperties"), value, f"`{key.text}`")
            elif rest is False:
                self._unknown_key(part, key, what, list(known))

    def _known_key(self, part: Part, key: Scalar, value: Node, what: str) -> None:
        path = (*part.path, "properties", key.text)
        inner = self.parts.at(*path)
        if part.name == "scope" and isinstance(value, Mapping):
            self._default_fields(inner, value, f"`{key.text}`")
            return
        of_field = inner.name.startswith("scope.") and len(inner.path) > 2 and part.path
        self.node(path, value, f"`{key.text}` of {what}" if of_field and f"`{key.text}`" != what else f"`{key.text}`")

    def _default_fields(self, part: Part, node: Mapping, what: str) -> None:
        """Check the defaults of one form or group."""
        known = part.schema["properties"]
        for key, value in node.pairs:
            if key.text in known:
                self._known_key(part, key, value, what)
            else:
                self._unknown_key(part, key, what, list(known), "AS204")

    def _unknown_key(self, part: Part, key: Scalar, what: str, known: list[str], code: str = "") -> None:
        if self._tight_colon(key):
            return
        usual, thing = unknown_code(part, self.registry)
        code = code or usual
        help = meant(key.text, known) or f"it has {', '.join(known) or 'no fields'}"
        if key.text.isdigit():
            help = f"a comma ends a value within {{ }}: write 0.{key.text} with a point, or quote the value"
        self.findings.add(code, f"{what} has no {thing} `{key.text}`", key.span, help=help)

    def _value(self, part: Part, node: Node, what: str) -> None:
        """Check a value that is taken whole."""
        value = plain(node)
        first = self.parts.choices(*part.path)[0]
        cls, declared = self.parts.declared_in(part) or self.parts.declared_in(first) or (None, None)
        bare = value is None and self.parts.holds(part, None)
        if cls is not None and declared is not None and not (declared.type.family or bare or has_expression(node)):
            try:
                declared.read(value)
            except WrongValue as problem:
                main = declared.main and f"`{cls.NAME}`" in what
                name = f"`{declared.name}` of `{cls.NAME}`" if main else what
                item = wrong_item(node, declared)
                got = f"got {shown(node)}" if item is None else f"and here is {shown(item)}"
                choices = [str(choice) for choice in declared.choices]
                help = nearest(str(value), choices) or (as_list(node, declared) if item is None else None)
                help = help or nearly(node if item is None else item, declared)
                help = help or declared.meaning
                self.findings.add("AS102", f"{name} must be {problem}, {got}", (item or node).span, help=help)
                return
        if not self.parts.holds(part, value):
            self._refused(part, node, what)

    def _refused(self, part: Part, node: Node, what: str) -> None:
        choices = self.parts.choices(*part.path)
        naming = next((c for c in choices if self.parts.kinds(c)), None)
        if naming is not None and isinstance(node, Scalar) and node.value is not None and "else" not in what:
            self._unknown_name(naming, node, choices)
        elif naming is not None and isinstance(node, Scalar) and thing_of(naming) == "operation":
            self.findings.add("AS104", "this layer has no operation", node.span, help="write `{conv2d: 64, …}`")
        elif wanted(choices) == "null" and part.path[-2:-1] == ("properties",):
            self.findings.add("AS102", f"{what} has no main value", node.span, help=f"write `{part.path[-1]}` alone")
        else:
            code = "AS502" if in_expectations(part) else "AS102"
            message = f"{what} must be {wanted(choices)}, got {shown(node)}"
            help = WRITTEN.get(part.path[-3:]) or WRITTEN.get(part.path[-2:]) or rewritten(choices, node)
            help = help or number_as_input(node, what, self.registry)
            self.findings.add(code, message, node.span, help=help)

    def _unknown_name(self, naming: Part, node: Scalar, choices: tuple[Part, ...]) -> None:
        """Report a text that should name a kind: a number that is no number, null in other words, or unknown."""
        thing = thing_of(naming)
        help = rewritten(choices, node, thing)
        if help is None or (help != NOTHING and thing not in ("schedule", "width")):
            self._unknown_kind(naming, node, any(choice.schema.get("type") == "null" for choice in choices))
        elif help == NOTHING:
            self.findings.add("AS104", f"there is no {thing} `{node.text}`", node.span, help=help)
        else:
            message = f"a rate is a number or a {thing}, got {shown(node)}"
            self.findings.add("AS102", message, node.span, help=f"a rate is a number; {help}")
