"""The types a field can have: how a YAML value is read into one, and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from archspec.compiler.language.values import (
    UNITS,
    Sides,
    axes,
    boolean,
    duration,
    factors,
    number,
    numbers,
    padding_of,
    pair,
    parts,
    sides,
    single,
    text_of,
    text_or_number,
    triple,
    tuple_of,
    whole_number,
)
from archspec.dataclass import dataclass, replace


@dataclass(frozen=True, slots=True)
class Type:
    """A field's type. `family` is set where the value is itself a form of that family.

    `many` is "" for one form, "list" for a sequence of forms, "map" for a mapping from names to forms. `refers` is what
    its texts name: a "tensor" (an end point), a "feature" of an example, a "target" (either, an input, or a number), a
    "pattern" of layers, or the "path" of a file or folder.
    """

    text: str
    reader: Callable[[object], Any] | None = None
    shape: Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]] | None = None
    optional: bool = False
    family: str = ""
    many: str = ""
    refers: str = ""
    besides: str = ""
    """What may stand in place of one of the field's choices, which are texts, to end a sentence."""

    def read(self, value: object) -> Any:
        """The value in this type; raises WrongValue. Forms are read elsewhere, with their scopes."""
        if value is None and self.optional:
            return None
        if self.reader is None:
            return value
        return self.reader(value)

    def schema(self, limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        """The JSON Schema of a plain value; for a form, a reference to its family."""
        if self.family:
            schema: dict[str, Any] = {"$ref": f"#/$defs/family.{self.family}{'.' + self.many if self.many else ''}"}
        else:
            assert self.shape is not None
            schema = self.shape(limits, choices)
        return {"anyOf": [schema, {"type": "null"}]} if self.optional else schema


def _simple(kind: str) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        return {"enum": list(choices)} if choices else {"type": kind, **limits}

    return schema


def _list(kind: str, size: int | None) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        sizes = {} if size is None else {"minItems": size, "maxItems": size}
        return {"type": "array", "items": {"type": kind, **limits}, **sizes}

    return schema


def _sizes_schema(rank: int) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        number = {"type": "integer", **limits}
        positive = r"(?!(.*x)?0+(x|$))" if limits.get("minimum", 0) > 0 else ""
        text = {"type": "string", "pattern": rf"^{positive}[0-9]{{1,5}}(x[0-9]{{1,5}}){{{rank - 1}}}$"}
        return {"anyOf": [number, text, {"type": "array", "items": number, "minItems": rank, "maxItems": rank}]}

    return schema


def _sides_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    number = {"type": "integer", **limits}
    both = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
    return {"anyOf": [number, {"type": "array", "items": {"anyOf": [number, both]}, "minItems": 1}]}


def _padding_schema(rank: int) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        number, each = _sides_schema(limits, choices)["anyOf"]
        return {"anyOf": [{"enum": list(choices)}, number, {**each, "minItems": rank, "maxItems": rank}]}

    return schema


def _whole_numbers_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    one = {"type": "integer", **limits}
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _numbers_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    one = {"type": "number", **limits}
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _single_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": "integer", **limits}


def _duration_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    text = {"type": "string", "pattern": rf"^(?!0+(\.0+)? )[0-9]+(\.[0-9]+)? ({UNITS})$"}
    return {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, text]}


def _factors_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "number", **limits}}


def _durations_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": "array", "items": _duration_schema(limits, choices)}


def _target_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": ["string", "number"]}


_numbers = "a list of numbers"
_BESIDES = "or how much is put before and after along each axis, such as 1 or [[0, 1], [0, 1]]"
texts = tuple_of(text_of, "a list of texts", None)
_TYPES: dict[str, Type] = {
    "int": Type("int", whole_number, _simple("integer")),
    "float": Type("float", number, _simple("number")),
    "bool": Type("bool", boolean, _simple("boolean")),
    "str": Type("str", text_of, _simple("string")),
    "Single": Type("Single", single, _single_schema),
    "Pair": Type("Pair", pair, _sizes_schema(2)),
    "Triple": Type("Triple", triple, _sizes_schema(3)),
    "Sides": Type("Sides", sides, _sides_schema),
    "LinePadding": Type("LinePadding", padding_of(1), _padding_schema(1), besides=_BESIDES),
    "PlanePadding": Type("PlanePadding", padding_of(2), _padding_schema(2), besides=_BESIDES),
    "SpacePadding": Type("SpacePadding", padding_of(3), _padding_schema(3), besides=_BESIDES),
    "Axes": Type("Axes", axes, _whole_numbers_schema),
    "Numbers": Type("Numbers", numbers, _numbers_schema),
    "Parts": Type("Parts", parts, _whole_numbers_schema),
    "Duration": Type("Duration", duration, _duration_schema),
    "tuple[Duration, ...]": Type("durations", tuple_of(duration, "a list of durations", None), _durations_schema),
    "Tensor": Type("Tensor", text_of, _simple("string"), refers="tensor"),
    "tuple[Tensor, ...]": Type("Tensors", texts, _list("string", None), refers="tensor"),
    "Feature": Type("Feature", text_of, _simple("string"), refers="feature"),
    "tuple[Feature, ...]": Type("Features", texts, _list("string", None), refers="feature"),
    "Target": Type("Target", text_or_number, _target_schema, refers="target"),
    "Pattern": Type("Pattern", text_of, _simple("string"), refers="pattern"),
    "tuple[Pattern, ...]": Type("Patterns", texts, _list("string", None), refers="pattern"),
    "Path": Type("Path", text_of, _simple("string"), refers="path"),
    "dict[Pattern, float]": Type("factors", factors, _factors_schema, refers="pattern"),
    "tuple[int, ...]": Type("ints", tuple_of(whole_number, "a list of whole numbers", None), _list("integer", None)),
    "tuple[float, ...]": Type("floats", tuple_of(number, _numbers, None), _list("number", None)),
    "tuple[float, float]": Type("range", tuple_of(number, "two numbers, [low, high]", 2), _list("number", 2)),
    "tuple[str, ...]": Type("texts", tuple_of(text_of, "a list of texts", None), _list("string", None)),
}

Single = tuple[int]
Pair = tuple[int, int]
Triple = tuple[int, int, int]
LinePadding = str | Sides
PlanePadding = str | Sides
SpacePadding = str | Sides
Axes = tuple[int, ...]
Numbers = float | tuple[float, ...]
Parts = int | tuple[int, ...]
Tensor = str
Feature = str
Target = str | float
Pattern = str
Path = str

_CAPITAL = re.compile(r"(?<!^)([A-Z])")
_FORM = re.compile(r"(?:(tuple|dict)\[(?:str, )?)?([A-Z]\w*)(?:, \.\.\.)?\]?")


def type_of(annotation: str) -> Type:
    """The type that an annotation in a form's body stands for; raises TypeError for one not in the table."""
    text, optional = annotation.removesuffix(" | None"), annotation.endswith(" | None")
    known = _TYPES.get(text)
    if known is None:
        match = _FORM.fullmatch(text)
        if not match:
            raise TypeError(f"no field type {annotation!r}")
        many = {"tuple": "list", "dict": "map", None: ""}[match[1]]
        known = Type(text, family=_CAPITAL.sub(r"_\1", match[2]).lower(), many=many)
    return replace(known, optional=optional)
