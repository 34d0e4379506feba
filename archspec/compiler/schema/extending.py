"""Sections of a spec that extends another: they lie over what is there, so a form need not say its kind again."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.registry import Registry
from archspec.compiler.schema.pieces import Json

_PREFIX = "partial."
_ROOTS = ("scope", "scope.train", "scope.eval")
_START = "#/$defs/"


def partial(schema: Json) -> Json:
    """The schema of a value that may leave out the kinds of its forms."""
    renamed: Json = _renamed(schema, None)
    return renamed


def partial_definitions(definitions: dict[str, Json], registry: Registry) -> dict[str, Json]:
    """Copies of the definitions that lead to forms, in which a form's fields may stand without its kind."""
    leading = _leading_to_forms(definitions)
    wanted = [name for name in _reached(definitions, _ROOTS) if name in leading]
    return {_PREFIX + name: _without_kind(name, _renamed(definitions[name], leading), registry) for name in wanted}


def _without_kind(name: str, schema: Json, registry: Registry) -> Json:
    head, _, family = name.partition(".")
    if head != "form-of":
        return schema
    fields: Json = {field: {} for cls in registry.members(family).values() for field in cls.FIELDS}
    allowed, pattern = schema["then"]["propertyNames"]["anyOf"]
    names = {"anyOf": [{"enum": list(dict.fromkeys([*allowed["enum"], *fields]))}, pattern]}
    return {**schema, "then": {"properties": {**schema["then"]["properties"], **fields}, "propertyNames": names}}


def _references(schema: Any) -> set[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(schema, list):
        return {name for part in schema for name in _references(part)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("$ref")
    found = {own.removeprefix(_START).partition("/")[0]} if isinstance(own, str) else set()
    return found | {name for part in schema.values() for name in _references(part)}


def _reached(definitions: dict[str, Json], roots: tuple[str, ...]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(_references(definitions[name]))
    return sorted(found)


def _leading_to_forms(definitions: dict[str, Json]) -> set[str]:
    ways = {name: _references(schema) for name, schema in definitions.items()}
    found = {name for name in definitions if name.startswith("form-of.")}
    while more := {name for name, there in ways.items() if name not in found and there & found}:
        found |= more
    return found


def _renamed(schema: Any, names: set[str] | None) -> Any:
    """The schema with references to the copies; to all of them where no names are given."""
    if isinstance(schema, list):
        return [_renamed(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(_START)
        copied = names is None or name.partition("/")[0] in names
        return {"$ref": f"{_START}{_PREFIX}{name}"} if copied else schema
    return {word: _renamed(part, names) for word, part in schema.items()}
