"""Values that plainly are as a schema wants them, told without jsonschema, whose import outlasts most lints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_SAYS_NOTHING = frozenset({"description", "default", "examples", "title"})


def plainly_fits(schema: Json, value: Any, root: Json) -> bool:
    """Whether a value is certain to be valid; False for one that is not, and for what is left to jsonschema.

    A word of the schema that is not known here, and a value whose kind leaves room for doubt (a bool, a NaN, 1.0 for a
    whole number), are left. `root` is the document that references are in.
    """
    if schema.keys() == {"if", "then"} and schema["if"].keys() == {"type"} and type(value) in _NAMES:
        # What is asked of mappings alone asks nothing of a text.
        return not _type(schema["if"]["type"], value, root) or plainly_fits(schema["then"], value, root)
    known = (word for word in schema if word not in _SAYS_NOTHING)
    return all(word in _RULES and _RULES[word](schema[word], value, root) for word in known)


def _type(kinds: str | list[str], value: Any, root: Json) -> bool:
    found = _NAMES.get(type(value), ())
    return any(kind in found for kind in ([kinds] if isinstance(kinds, str) else kinds))


_NAMES: dict[type, tuple[str, ...]] = {
    int: ("integer", "number"),
    float: ("number",),
    str: ("string",),
    bool: ("boolean",),
    list: ("array",),
    dict: ("object",),
    type(None): ("null",),
}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value == value


def _one_of(choices: list[Any], value: Any, root: Json) -> bool:
    if isinstance(value, str):
        return value in choices
    return type(value) is int and any(type(choice) is int and choice == value for choice in choices)


def _each(items: Any, value: Any, root: Json) -> bool:
    return isinstance(value, list) and isinstance(items, dict) and all(plainly_fits(items, one, root) for one in value)


def _reference(path: str, value: Any, root: Json) -> bool:
    schema: Any = root
    for word in path.removeprefix("#/").split("/"):
        schema = schema[word]
    return plainly_fits(schema, value, root)


_RULES: dict[str, Callable[[Any, Any, Json], bool]] = {
    "type": _type,
    "minimum": lambda least, value, root: _is_number(value) and value >= least,
    "maximum": lambda most, value, root: _is_number(value) and value <= most,
    "exclusiveMinimum": lambda least, value, root: _is_number(value) and value > least,
    "enum": _one_of,
    "const": lambda only, value, root: _one_of([only], value, root),
    "pattern": lambda pattern, value, root: isinstance(value, str) and re.search(pattern, value) is not None,
    "minItems": lambda least, value, root: isinstance(value, list) and len(value) >= least,
    "maxItems": lambda most, value, root: isinstance(value, list) and len(value) <= most,
    "items": _each,
    "anyOf": lambda schemas, value, root: any(plainly_fits(schema, value, root) for schema in schemas),
    "allOf": lambda schemas, value, root: all(plainly_fits(schema, value, root) for schema in schemas),
    "$ref": _reference,
}
"""What each word asks of a value."""
