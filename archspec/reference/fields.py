"""What a reader is told of a field: its type in words, its limits, and its default in the notation of specs."""

from __future__ import annotations

from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.notation import written
from archspec.dataclass import dataclass

KINDS = {
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "str": "text",
    "Single": "size",
    "Pair": "size, or height x width",
    "Triple": "size, or depth x height x width",
    "Sides": "number, or numbers before and after along each axis",
    "Axes": "whole number, or a list of them",
    "Numbers": "number, or a list of them",
    "Parts": "whole number, or a list of them",
    "LinePadding": "same, valid, symmetric, or positions before and after",
    "PlanePadding": "same, valid, symmetric, or pixels before and after along each axis",
    "SpacePadding": "same, valid, symmetric, or pixels before and after along each axis",
    "Duration": "duration",
    "durations": "list of durations",
    "Tensor": "end point",
    "Tensors": "list of end points",
    "Feature": "feature",
    "Features": "list of features",
    "Target": "feature, end point or number",
    "Pattern": "layer or pattern",
    "Patterns": "list of layers or patterns",
    "Path": "path",
    "factors": "factors by layer or pattern",
    "ints": "list of whole numbers",
    "floats": "list of numbers",
    "range": "[low, high]",
    "texts": "list of texts",
}
"""What the types of fields are called, by their own text."""


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One field: what it holds, its unit and limits in words, what it is where nobody says it, and what it means.

    `default` is text as a spec writes it, empty where the field has to be said.
    """

    name: str
    type: str
    unit: str
    limits: str
    default: str
    required: bool
    main: bool
    doc: str

    @property
    def takes(self) -> str:
        """Type, unit and limits as one phrase: `size, or height x width, in pixels, at least 1`."""
        return ", ".join(filter(None, [self.type, self.unit and f"in {self.unit}", self.limits]))


def fields(cls: type[Form]) -> tuple[FieldEntry, ...]:
    """Every field of a form, the main one first, the others in the order of its class."""
    ordered = sorted(cls.FIELDS.values(), key=lambda declared: not declared.main)
    return tuple(_entry(cls, declared) for declared in ordered)


def _entry(cls: type[Form], declared: Field) -> FieldEntry:
    return FieldEntry(
        declared.name,
        _type(cls, declared),
        declared.unit,
        _limits(declared),
        "" if declared.required else _default(declared),
        declared.required,
        declared.main,
        declared.doc,
    )


def _type(cls: type[Form], declared: Field) -> str:
    kind = declared.type
    if not kind.family:
        return "" if declared.choices and kind.text == "str" else KINDS.get(kind.text, kind.text.lower())
    family = getattr(cls, "ALLOWED", {}).get(declared.name, kind.family).replace("_", " ")
    return {"list": f"list: {family}", "map": f"{family} by name"}.get(kind.many, str(family))


def _limits(declared: Field) -> str:
    if declared.choices:
        *first, last = map(written, declared.choices)
        return f"{', '.join(first)} or {last}" if first else last
    least = "" if declared.minimum is None else f"at least {declared.minimum:g}"
    above = "" if declared.above is None else f"more than {declared.above:g}"
    most = "" if declared.maximum is None else f"at most {declared.maximum:g}"
    return ", ".join(filter(None, [least, above, most]))


def _default(declared: Field) -> str:
    value = declared.default
    if isinstance(value, float):
        return written(float(f"{value:.6g}"))
    whole = isinstance(value, tuple) and all(type(part) is int for part in value)
    sizes = whole and declared.type.text not in ("ints", "Axes", "Parts")
    # A size along each axis is written once where all are equal.
    return written(value[0]) if sizes and value and len(set(value)) == 1 else written(value)
