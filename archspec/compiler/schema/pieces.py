"""Pieces that schemas are put together from."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

EXPRESSION: Json = {"$ref": "#/$defs/expression"}
NULL: Json = {"type": "null"}
TEXT: Json = {"type": "string"}


def ref(*path: str) -> Json:
    """A reference into the definitions."""
    return {"$ref": "/".join(("#/$defs", *path))}


def either(*schemas: Json) -> Json:
    """Any of them; nested choices are flattened and doubles left out."""
    flat: list[Json] = []
    for schema in schemas:
        parts = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
        flat.extend(part for part in parts if part not in flat)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def described(text: str, schema: Json) -> Json:
    """The schema with a description; beside a `$ref` draft-07 editors would not see it, so that is wrapped.

    In `allOf`, so that what is wrong inside is said of its own part, and not by printing the whole.
    """
    return {"description": text, **({"allOf": [schema]} if "$ref" in schema else schema)}


def by_type(rest: Json, **schemas: Json) -> Json:
    """`rest`, or one schema for mappings (`object`), one for lists (`array`).

    With `if`, so that a mistake is said of the part that has it; the alternatives are what editors complete.
    """
    rules = [{"if": {"type": kind}, "then": schema} for kind, schema in schemas.items()]
    return {"anyOf": [rest, *({"type": kind} for kind in schemas)], "allOf": rules}


def mapping(properties: Json, **words: Any) -> Json:
    """A mapping with these keys and no others, unless `additionalProperties` is given."""
    return {"type": "object", "properties": properties, "additionalProperties": False, **words}


def named(value: Json) -> Json:
    """A mapping from free names to values of one kind."""
    return {"type": "object", "additionalProperties": value}


def listing(item: Json) -> Json:
    """A list of one kind of item."""
    return {"type": "array", "items": item}


def opened(schema: Json) -> Json:
    """The schema of a value with expressions allowed in its place, and in the place of every item inside."""
    if "anyOf" in schema:
        rest = {word: value for word, value in schema.items() if word != "anyOf"}
        return {**rest, **either(*(opened(part) for part in schema["anyOf"]))}
    if schema.get("type") == "array":
        schema = {**schema, "items": opened(schema["items"])}
    if schema.get("type") == "object":
        schema = {**schema, "additionalProperties": opened(schema["additionalProperties"])}
    return schema if schema in (TEXT, NULL) else either(schema, EXPRESSION)


def chosen(description: str, choices: dict[str, Json], beside: tuple[str, ...] = ()) -> Json:
    """A mapping that is one of several kinds, told apart by the one key of `choices` that it has.

    `if`/`then` by that key, and nothing like oneOf, so that an editor completes and complains within that kind alone.
    A mapping with none of the keys has every key marked but those `beside`; a dot marks ops of other packages.
    """
    one = [{"required": [name]} for name in choices]
    # The properties are for editors, which complete what is named there.
    names: Json = {"properties": {name: {} for name in choices}}
    names["propertyNames"] = {"anyOf": [{"enum": [*choices, *beside]}, {"pattern": r"\."}]}
    return {
        "type": "object",
        "description": description,
        "minProperties": 1,
        "allOf": [{"if": _only(name, choices), "then": schema} for name, schema in choices.items()],
        "if": {"not": {"anyOf": one}},
        "then": {**names, **({"not": {"propertyNames": {"enum": list(beside)}}} if beside else {})},
    }


def _only(name: str, choices: dict[str, Json]) -> Json:
    # A block's parameters can have any name, also that of an op.
    free = "block" in choices and name != "block"
    return {"required": [name], **({"not": {"required": ["block"]}} if free else {})}
