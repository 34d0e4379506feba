"""The record of a form: everything that its class says, in words; what is printed and written is made of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from archspec.compiler.language.fields import Form
from archspec.compiler.language.op import ANY_DTYPE, Op
from archspec.compiler.language.registry import Registry
from archspec.dataclass import dataclass
from archspec.reference.examples import Example, example
from archspec.reference.fields import FieldEntry, fields


@dataclass(frozen=True)
class Entry:
    """A form as its reference tells it.

    `family` is its family ("op", "loss", …), `module` the file of its class, `groups` the groups of ops that a scope
    may name. `summary` is the first line of its docstring and `text` the rest. `facts` are sentences by what they are
    about: "shape", "variables", "macs", …; `example` is None where there is nothing to show it by.
    """

    name: str
    family: str
    module: str
    groups: tuple[str, ...]
    summary: str
    text: str
    fields: tuple[FieldEntry, ...]
    facts: dict[str, str]
    example: Example | None


def entry(cls: type[Form], registry: Registry) -> Entry:
    """The record of a form of a registry."""
    summary, _, text = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    return Entry(
        cls.NAME,
        cls.FAMILY,
        cls.__module__.rpartition(".")[2],
        cls.GROUPS,
        summary,
        text.strip(),
        fields(cls),
        dict(_of_op(cls) if issubclass(cls, Op) else _of_form(cls)),
        example(cls, registry),
    )


def lacks(found: Entry) -> Iterator[str]:
    """What a class still has to say for its reference, a sentence each."""
    if not found.summary:
        yield f"{found.name} has no docstring: its first line is what it is or does"
    for each in found.fields:
        if not each.doc.strip():
            yield f"the field {each.name} of {found.name} does not say what it means: give it a doc"
    if found.family == "op" and "shape" not in found.facts:
        yield f"{found.name} does not say what it does to a shape: give its `shape` a docstring"
    for what in ("outputs", "variables", "macs"):
        if found.facts.get(what) == "":
            yield f"{found.name} has `{what}` without a docstring: write there what it returns"
    if found.example is None:
        yield (
            f"{found.name} has nothing to show it by: give its class an EXAMPLE, layers that begin with `- ` or "
            "sections, as a person would write them (see Form.EXAMPLE)"
        )


def _of_op(cls: type[Op]) -> Iterator[tuple[str, str]]:
    if cls.ARITY != (1, 1):
        yield "inputs", _inputs(*cls.ARITY)
    if said := _said(cls, "shape"):
        yield "shape", said
    for what in ("outputs", "variables", "macs"):
        if getattr(cls, what) is not getattr(Op, what):
            yield what, _said(cls, what)
    yield "dtype", _types(cls)
    if cls.TRAINING_ONLY:
        yield "training", "outside training it hands its input on unchanged"


def _types(cls: type[Op]) -> str:
    """What numbers an op takes, and whether it computes in 16 bits."""
    taken = "any type of numbers" if cls.DTYPES == ANY_DTYPE else f"numbers of type {_or(cls.DTYPES)}"
    parts = "all" if cls.FULL_PRECISION else cls.FLOAT32_PARTS
    return f"{taken}; with 16 bits, {parts} in float32" if parts else taken


def _of_form(cls: type[Form]) -> Iterator[tuple[str, str]]:
    said: Any = cls
    if cls.FAMILY == "preprocess":
        yield "works on", f"features of kind {_or(said.KINDS)}"
    if cls.FAMILY == "loss":
        yield "compares with", said.TARGET or "nothing: it reads its own tensors alone"
    if cls.FAMILY == "metric":
        yield "better", "a larger value" if said.LARGER_IS_BETTER else "a smaller value"


def _said(cls: type[Op], what: str) -> str:
    """The docstring of a method as one line; empty where the class leaves it to the one that all ops have."""
    text = inspect.getdoc(getattr(cls, what)) or ""
    return "" if text == inspect.getdoc(getattr(Op, what)) else " ".join(text.split())


def _inputs(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def _or(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def as_record(found: Entry) -> dict[str, Any]:
    """The entry as plain data that JSON can hold."""
    example = found.example
    return {
        "name": found.name,
        "family": found.family,
        "groups": list(found.groups),
        "summary": found.summary,
        "text": found.text,
        "fields": [_of_field(each) for each in found.fields],
        **{name.replace(" ", "_"): text for name, text in found.facts.items()},
        "example": example.text if example is not None else None,
        "makes": example.makes or None if example is not None else None,
    }


def _of_field(field: FieldEntry) -> dict[str, Any]:
    """A field; `default` is text as a spec writes it, null where the field has to be said."""
    names = ("name", "main", "required", "type", "unit", "limits", "doc")
    return {**{name: getattr(field, name) for name in names}, "default": None if field.required else field.default}
