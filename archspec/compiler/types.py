"""The types a field can have: how a YAML value is read into one, and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class WrongValue(ValueError):
    """The value does not fit; the text says what is allowed, to end the sentence `filters must be …`."""


@dataclass(frozen=True, slots=True)
class Type:
    """A field's type. `family` is set where the value is itself a form of that family.

    `many` is "" for one form, "list" for a sequence of forms, "map" for a mapping from names to forms.
    """

    text: str
    reader: Callable[[object], Any] | None = None
    shape: Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]] | None = None
    optional: bool = False
    family: str = ""
    many: str = ""

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


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue("a whole number")
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongValue("a number")
    try:
        return float(value)
    except OverflowError:
        raise WrongValue("a number below 1.8e308") from None


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue("true or false")
    return value


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue("text")
    return value


_PAIR = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_PAIR_TEXT = "a whole number, or height x width such as 1x7"


def _pair(value: object) -> tuple[int, int]:
    """(height, width) from 3, "1x7" or [1, 7]."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value
    match = _PAIR.fullmatch(value) if isinstance(value, str) else None
    if match:
        return int(match[1]), int(match[2])
    if isinstance(value, (list, tuple)) and len(value) == 2:
        try:
            return _int(value[0]), _int(value[1])
        except WrongValue:
            raise WrongValue(_PAIR_TEXT) from None
    raise WrongValue(_PAIR_TEXT)


def _tuple_of(reader: Callable[[object], Any], text: str, size: int | None) -> Callable[[object], tuple[Any, ...]]:
    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or (size is not None and len(value) != size):
            raise WrongValue(text)
        try:
            return tuple(reader(item) for item in value)
        except WrongValue:
            raise WrongValue(text) from None

    return read


def _factors(value: object) -> dict[str, float]:
    if not isinstance(value, dict):
        raise WrongValue(_FACTORS_TEXT)
    try:
        return {_str(name): _float(number) for name, number in value.items()}
    except WrongValue:
        raise WrongValue(_FACTORS_TEXT) from None


_FACTORS_TEXT = "a mapping from names to numbers"
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) (epochs?|steps?)")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of training: so many steps or so many epochs."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"


def _duration(value: object) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return Duration(value, "steps")
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or float(match[1]) <= 0:
        raise WrongValue('a number of steps, or text such as "2 epochs"')
    return Duration(float(match[1]), match[2].rstrip("s") + "s")


def _simple(kind: str) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        return {"enum": list(choices)} if choices else {"type": kind, **limits}

    return schema


def _list(kind: str, size: int | None) -> Callable[[dict[str, Any], tuple[Any, ...]], dict[str, Any]]:
    def schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
        sizes = {} if size is None else {"minItems": size, "maxItems": size}
        return {"type": "array", "items": {"type": kind, **limits}, **sizes}

    return schema


def _pair_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    number = {"type": "integer", **limits}
    positive = r"(?!0+x)(?!.*x0+$)" if limits.get("minimum", 0) > 0 else ""
    text = {"type": "string", "pattern": rf"^{positive}[0-9]{{1,5}}x[0-9]{{1,5}}$"}
    return {"anyOf": [number, text, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]}


def _duration_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    text = {"type": "string", "pattern": r"^(?!0+(\.0+)? )[0-9]+(\.[0-9]+)? (epochs?|steps?)$"}
    return {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, text]}


def _factors_schema(limits: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "number", **limits}}


_numbers = "a list of numbers"
_TYPES: dict[str, Type] = {
    "int": Type("int", _int, _simple("integer")),
    "float": Type("float", _float, _simple("number")),
    "bool": Type("bool", _bool, _simple("boolean")),
    "str": Type("str", _str, _simple("string")),
    "Pair": Type("Pair", _pair, _pair_schema),
    "Duration": Type("Duration", _duration, _duration_schema),
    "tuple[int, ...]": Type("ints", _tuple_of(_int, "a list of whole numbers", None), _list("integer", None)),
    "tuple[float, ...]": Type("floats", _tuple_of(_float, _numbers, None), _list("number", None)),
    "tuple[float, float]": Type("range", _tuple_of(_float, "two numbers, [low, high]", 2), _list("number", 2)),
    "tuple[str, ...]": Type("texts", _tuple_of(_str, "a list of texts", None), _list("string", None)),
    "dict[str, float]": Type("factors", _factors, _factors_schema),
}

Pair = tuple[int, int]

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
        known = Type(text, family=match[2].lower(), many=many)
    return Type(known.text, known.reader, known.shape, optional, known.family, known.many)


def shown(value: object) -> str:
    """A value as a message shows it."""
    if isinstance(value, str):
        return f'"{_cut(value)}"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (list, tuple)):
        return _cut(f"[{', '.join(map(shown, value))}]")
    if isinstance(value, dict):
        return _cut("{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}")
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
