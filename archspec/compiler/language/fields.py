"""A hyperparameter, declared once: its type, default, limits and meaning; and forms, the classes that hold them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Self, dataclass_transform

from archspec.compiler.language.provenance import Origin, Resolved
from archspec.compiler.language.types import Type, type_of
from archspec.compiler.language.values import WrongValue
from archspec.dataclass import dataclass


class _Required:
    """Marks a field that has no default."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Field:
    """One hyperparameter of a form: its name in YAML, type, default, limits, meaning and unit."""

    name: str
    type: Type
    default: Any
    doc: str
    unit: str = ""
    main: bool = False
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a layer or a scope has to say it."""
        return self.default is REQUIRED

    @property
    def meaning(self) -> str:
        """What it says, for a person who gave it another value: `kernel`: height and width of the kernel, in pixels."""
        return f"`{self.name}`: {self.doc}" + (f", in {self.unit}" if self.unit else "")

    def read(self, value: object) -> Any:
        """The value in the field's type; raises WrongValue with the reason, as the end of a sentence."""
        result = self.type.read(value)
        if result is not None:
            for number in _numbers(result):
                self._check_limits(number)
            free = self.type.besides and not isinstance(result, str)
            if self.choices and not free and result not in self.choices:
                besides = f", {self.type.besides}" if self.type.besides else ""
                raise WrongValue(f"one of {', '.join(map(str, self.choices))}{besides}")
        return result

    def _check_limits(self, number: float) -> None:
        if isinstance(number, float) and math.isnan(number):
            raise WrongValue("a number")
        if self.minimum is not None and number < self.minimum:
            raise WrongValue(f"at least {self.minimum:g}")
        if self.above is not None and number <= self.above:
            raise WrongValue(f"more than {self.above:g}")
        if self.maximum is not None and number > self.maximum:
            raise WrongValue(f"at most {self.maximum:g}")

    def schema(self) -> dict[str, Any]:
        """The field's JSON Schema, before expressions are allowed beside it."""
        limits = {"minimum": self.minimum, "exclusiveMinimum": self.above, "maximum": self.maximum}
        schema = self.type.schema({k: v for k, v in limits.items() if v is not None}, self.choices)
        return {"description": self.doc + (f" [{self.unit}]" if self.unit else ""), **schema}


def _numbers(value: object) -> list[float]:
    if isinstance(value, (int, float)):
        return [] if isinstance(value, bool) else [value]
    if isinstance(value, (tuple, dict)):
        items = value.values() if isinstance(value, dict) else value
        return [number for item in items for number in _numbers(item)]
    return []


def field(
    default: Any = REQUIRED,
    *,
    doc: str,
    unit: str = "",
    main: bool = False,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """Declare a field in the body of a form; the annotation beside it gives the type."""
    return lambda name, kind: Field(name, kind, default, doc, unit, main, minimum, above, maximum, choices)


@dataclass_transform(field_specifiers=(field,), kw_only_default=True, frozen_default=True)
class Form:
    """A thing written `name: main value, field: value`: immutable, with its fields declared in the class body.

    `class Conv2D(Op, name="conv2d")` is final; a class without a name is abstract. No table changes
    by that: which forms there are is what a Registry says.
    """

    FAMILY: ClassVar[str] = ""
    NAME: ClassVar[str] = ""
    FIELDS: ClassVar[dict[str, Field]] = {}
    GROUPS: ClassVar[tuple[str, ...]] = ()
    DEFAULTS: ClassVar[dict[str, Resolved]] = {}
    """The value of every field that nothing else says, with its origin."""
    MAIN: ClassVar[Field | None] = None
    """The field whose value stands behind the form's own name, if it declares one."""
    EXAMPLE: ClassVar[str] = ""
    """What its reference shows, as a person would write it, where the usual way does not do: layers, the lines of which
    begin with `- `, or sections, laid over a small spec (`reference/examples.py`) unless they have `inputs`."""

    def __init_subclass__(cls, *, name: str = "", family: str = "") -> None:
        if cls.__mro__[1].__dict__.get("NAME"):
            raise TypeError(f"{cls.__mro__[1].__name__} is final")
        cls.NAME = name
        cls.FAMILY = family or cls.FAMILY
        inherited = [getattr(base, "FIELDS", {}) for base in reversed(cls.__bases__)]
        cls.FIELDS = {**{name: field for fields in inherited for name, field in fields.items()}, **_declared(cls)}
        origin = Origin("default", f"the default of {name}")
        cls.MAIN = next((declared for declared in cls.FIELDS.values() if declared.main), None)
        cls.DEFAULTS = {key: Resolved(declared.default, origin) for key, declared in cls.FIELDS.items()}

    def __init__(self, **values: Any) -> None:
        if values.keys() != self.FIELDS.keys():
            values = self._completed(values)
        self.__dict__.update(values)

    @classmethod
    def _completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The values with the defaults of the fields that are left out; raises TypeError."""
        unknown = values.keys() - cls.FIELDS.keys()
        if unknown:
            raise TypeError(f"{cls.NAME} has no field {', '.join(sorted(unknown))}")
        values = {name: values.get(name, declared.default) for name, declared in cls.FIELDS.items()}
        missing = [name for name, value in values.items() if value is REQUIRED]
        if missing:
            raise TypeError(f"{cls.NAME} needs {missing[0]}")
        return values

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def values(self) -> dict[str, Any]:
        """Every field with its value, in the order of declaration."""
        own = self.__dict__
        return {name: own[name] for name in self.FIELDS}

    def replace(self, **changes: Any) -> Self:
        """A copy with other values."""
        return type(self)(**{**self.values(), **changes})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Form) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.values().values())))

    def __repr__(self) -> str:
        shown = [f"{k}: {v!r}" for k, v in self.values().items() if v != self.FIELDS[k].default]
        return f"{self.NAME}({', '.join(shown)})"


def _declared(cls: type[Form]) -> dict[str, Field]:
    """The fields declared in this class body; the factories give way, so instances find their own values."""
    found: dict[str, Field] = {}
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():  # noqa: RUF063 (inspect is slow to import)
        factory: Callable[[str, Type], Field] | None = cls.__dict__.get(name)
        if not isinstance(annotation, str):
            # A file of another package may lack `from __future__ import annotations`.
            annotation = annotation.__name__ if isinstance(annotation, type) else str(annotation)
        if not annotation.startswith("ClassVar") and callable(factory):
            found[name] = factory(name, type_of(annotation))
            delattr(cls, name)
    return found
