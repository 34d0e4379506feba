"""The schema as the walk reads it: references followed, choices listed, a kind of layer found by its key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from archspec.compiler.check.plainly import plainly_fits
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Json = dict[str, Any]

KINDS = {Mapping: "object", Listing: "array"}

_OF_ALTERNATIVES = {"anyOf", "description", "default"}
"""The words of a schema that asks for nothing but one of its alternatives."""


_MOST_KEPT = 1_000
"""Values that are remembered to be valid or not: an editor asks for as long as it runs."""


@dataclass(frozen=True)
class Part:
    """A subschema and the path of words that leads to it, references followed."""

    path: tuple[str, ...]
    schema: Json

    @property
    def name(self) -> str:
        """The definition that it is or belongs to; empty in the document itself."""
        return self.path[1] if self.path[:1] == ("$defs",) else ""


class Parts:
    """Finds subschemas by path and decides values against them."""

    def __init__(self, root: Json, registry: Registry) -> None:
        self.root = root
        self.registry = registry
        self._validators: dict[tuple[str, ...], Validator] = {}
        self._valid: dict[tuple[tuple[str, ...], str], bool] = {}
        self.at = cache(self._at)
        self.choices = cache(self._choices)
        self._kinds: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}

    def _at(self, *path: str) -> Part:
        schema: Any = self.root
        for word in path:
            schema = schema[int(word)] if isinstance(schema, list) else schema[word]
        wrapped = schema.get("allOf", ())
        reference = wrapped[0] if len(wrapped) == 1 else schema
        if "$ref" in reference:
            found: Part = self.at(*reference["$ref"].removeprefix("#/").split("/"))
            return found
        return Part(path, schema)

    def _choices(self, *path: str) -> tuple[Part, ...]:
        """The alternatives of a part, or the part itself."""
        part: Part = self.at(*path)
        typed = [i for i, rule in enumerate(part.schema.get("allOf", ())) if "type" in rule.get("if", ())]
        if typed:
            words = [("anyOf", "0"), *(("allOf", str(i), "then") for i in typed)]
            return tuple(inner for way in words for inner in self.choices(*part.path, *way))
        count = len(part.schema.get("anyOf", ()))
        if not count:
            return (part,)
        return tuple(inner for i in range(count) for inner in self.choices(*part.path, "anyOf", str(i)))

    def kinds(self, part: Part) -> dict[str, tuple[str, ...]]:
        """What `kinds` says of a part, found once."""
        if part.path not in self._kinds:
            self._kinds[part.path] = kinds(part)
        return self._kinds[part.path]

    def holding(self, part: Part, node: Node) -> Part | None:
        """The alternative for a mapping or a list that has parts of its own; None where values are taken whole."""
        kind = KINDS.get(type(node))
        for choice in self.choices(*part.path) if kind else ():
            if choice.schema.get("type") == kind and self._in_parts(choice):
                found: Part = choice
                return found
        return None

    def holds(self, part: Part, value: Any) -> bool:
        """Whether the value is valid there, as jsonschema says where it is not plain to see.

        Alternatives are asked one by one, for many parts share theirs.
        """
        if plainly_fits(part.schema, value, self.root):
            return True
        if "anyOf" in part.schema and part.schema.keys() <= _OF_ALTERNATIVES:
            count = len(part.schema["anyOf"])
            return any(self.holds(self.at(*part.path, "anyOf", str(i)), value) for i in range(count))
        key = part.path, repr(value)
        if key not in self._valid:
            if len(self._valid) > _MOST_KEPT:
                self._valid.clear()
            self._valid[key] = self._is_valid(part, value)
        return self._valid[key]

    def _is_valid(self, part: Part, value: Any) -> bool:
        """What jsonschema says."""
        from jsonschema import Draft202012Validator

        if part.path not in self._validators:
            self._validators[part.path] = Draft202012Validator(self.root).evolve(schema=part.schema)
        return self._validators[part.path].is_valid(value)

    def _in_parts(self, part: Part) -> bool:
        """Whether what is in it is looked at one by one: not in a field's own plain value, such as [1, 7]."""
        items = part.schema.get("items") or part.schema.get("additionalProperties")
        if not items or "properties" in part.schema:
            return True
        choices = items.get("anyOf", [items])
        forms = any("$ref" in choice and choice["$ref"] != "#/$defs/expression" for choice in choices)
        return forms or self.declared_in(part) is None

    def declared_in(self, part: Part) -> tuple[type[Form], Field] | None:
        """The field whose value a part describes, with its form."""
        head, _, form = part.name.partition(".")
        if head != "scope" or len(part.path) < 4:
            return None
        cls = self.registry.by_key.get(form)
        declared = cls.FIELDS.get(part.path[3]) if cls is not None else None
        return (cls, declared) if cls is not None and declared is not None else None


def kinds(part: Part) -> dict[str, tuple[str, ...]]:
    """The keys that tell what a mapping is, each with the path of what it then must be; empty where it is one thing."""
    rules = enumerate(part.schema.get("allOf", ()))
    found = ((rule["if"]["required"][0], i) for i, rule in rules if "required" in rule.get("if", ()))
    return {key: (*part.path, "allOf", str(i), "then") for key, i in found}


def wanted(parts: tuple[Part, ...]) -> str:
    """What a value can be, in words."""
    words = dict.fromkeys(word for part in parts for word in _words(part.schema))
    *first, last = list(words) or ["something else"]
    return f"{', '.join(first)} or {last}" if first else last


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _words(schema: Json) -> list[str]:
    if schema.get("pattern") == r"\$":
        return []
    if "examples" in schema:
        return [f'text such as "{schema["examples"][0]}"']
    if "items" in schema:
        return [_several("a list of", schema["items"])]
    if schema.get("additionalProperties"):
        return [_several("a mapping from names to", schema["additionalProperties"])]
    if "const" in schema:
        return [str(schema["const"])]
    if "enum" in schema:
        return [f"one of {', '.join(map(str, schema['enum']))}"]
    types = schema.get("type", [])
    if types == ["boolean", "string"]:
        return ["true", "false", "an expression"]
    least = f" of at least {schema['minimum']}" if "minimum" in schema else ""
    if "minimum" in schema and "maximum" in schema:
        least = f" from {schema['minimum']} to {schema['maximum']}"
    above = f" above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""
    return [_TYPES[kind] + least + above for kind in ([types] if isinstance(types, str) else types)]


_MANY = {"integer": "whole numbers", "number": "numbers", "string": "texts", "array": "lists"}


def _several(start: str, items: Json) -> str:
    """A list or mapping, with what is in it where that is simple."""
    kinds_of = [part.get("type", "") for part in (items, *items.get("anyOf", ()))]
    kind = next((kind if isinstance(kind, str) else kind[0] for kind in kinds_of if kind), "")
    return f"{start} {_MANY[kind]}" if kind in _MANY else start.partition(" of")[0].partition(" from")[0]


_LONGEST = 62
"""Letters of a list that a message shows."""


def shown(node: Node) -> str:
    """A node as a message shows it."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Listing):
        text = _listed(node)
        return text if text is not None and len(text) <= _LONGEST else "a list"
    return _written(node)


def _listed(node: Listing) -> str | None:
    """A list, and the lists in it, as they are written; None where one has a mapping in it, or too many items."""
    if len(node.items) > _LONGEST:
        return None
    parts = [_listed(item) if isinstance(item, Listing) else _item(item) for item in node.items]
    return f"[{', '.join(part for part in parts if part is not None)}]" if None not in parts else None


def _item(node: Node) -> str | None:
    return _written(node) if isinstance(node, Scalar) else None


def _written(node: Scalar) -> str:
    if isinstance(node.value, str):
        text = node.value if len(node.value) <= 60 else f"{node.value[:57]}…"
        return f'"{text}"'
    return "null" if node.value is None else node.text
