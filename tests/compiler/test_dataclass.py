"""Our quick `dataclass` does what the standard library's does, for what our classes use of it."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from archspec import dataclass as quick


def _classes(library: Any) -> Any:
    """Classes of every kind that the compiler has, made by one of the two."""
    dataclass, field = library.dataclass, library.field

    @dataclass(frozen=True, slots=True, order=True)
    class Place:
        file: str
        line: int = 1

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclass(frozen=True)
    class Indexed:
        names: tuple[str, ...]
        notes: dict[str, int] = field(default_factory=dict, compare=False, hash=False)
        index: dict[str, int] = field(init=False, repr=False, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "index", {name: i for i, name in enumerate(self.names)})

    @dataclass(slots=True)
    class Open:
        count: int = field(default=3)
        items: list[int] = field(default_factory=list)
        seen: set[int] = field(default_factory=set, init=False, repr=False)

    @dataclass(slots=True, eq=False)
    class Cell:
        value: object

    return SimpleNamespace(Place=Place, Nothing=Nothing, Indexed=Indexed, Open=Open, Cell=Cell)


OURS, STANDARD = _classes(quick), _classes(dataclasses)


@pytest.mark.parametrize(
    "question",
    [
        lambda c: repr(c.Place("a")).rpartition(".")[2],
        lambda c: (c.Place("a", 2).file, c.Place(line=2, file="a").line),
        lambda c: [c.Place("a") == c.Place("a"), c.Place("a") == c.Place("b"), c.Place("a") == "a"],
        lambda c: len({c.Place("a"), c.Place("a", 1), c.Place("a", 2), c.Nothing(), c.Nothing()}),
        lambda c: [p.line for p in sorted([c.Place("b", 1), c.Place("a", 2), c.Place("a", 1)])],
        lambda c: c.Place.__match_args__,
        lambda c: hasattr(c.Place("a"), "__dict__"),
        lambda c: c.Indexed(("a", "b")).index,
        lambda c: repr(c.Indexed(("a",), {"a": 1})).rpartition(".")[2],
        lambda c: c.Indexed(("a",), {"a": 1}) == c.Indexed(("a",)),
        lambda c: hash(c.Indexed(("a",), {"a": 1})) == hash(c.Indexed(("a",))),
        lambda c: (c.Open().count, c.Open().items is c.Open().items, c.Open().seen),
        lambda c: repr(c.Open(items=[1])).rpartition(".")[2],
        lambda c: c.Open() == c.Open(),
        lambda c: (c.Open.__hash__ is None, c.Cell(1) == c.Cell(1)),
        lambda c: [field.name for field in dataclasses.fields(c.Indexed)],
        lambda c: dataclasses.asdict(c.Open(5)),
        lambda c: dataclasses.replace(c.Indexed(("a",), {"a": 1}), names=("b",)).notes,
    ],
)
def test_answers_are_those_of_the_standard_library(question: Any) -> None:
    assert question(OURS) == question(STANDARD)


def test_replace() -> None:
    changed = quick.replace(OURS.Indexed(("a",), {"a": 1}), names=("b", "c"))
    assert (changed.names, changed.notes, changed.index) == (("b", "c"), {"a": 1}, {"b": 0, "c": 1})


@pytest.mark.parametrize(
    ("error", "mistake"),
    [
        (AttributeError, lambda c: setattr(c.Place("a"), "line", 2)),
        (AttributeError, lambda c: delattr(c.Place("a"), "line")),
        (AttributeError, lambda c: setattr(c.Indexed(()), "names", ())),
        (AttributeError, lambda c: setattr(c.Open(), "unknown", 2)),
        (TypeError, lambda c: c.Place()),
        (TypeError, lambda c: c.Place("a", lines=2)),
        (TypeError, lambda c: c.Place("a", 1, 2)),
        (TypeError, lambda c: hash(c.Open())),
        (TypeError, lambda c: c.Open() < c.Open()),
    ],
)
def test_mistakes_are_refused_as_the_standard_library_refuses_them(error: type[Exception], mistake: Any) -> None:
    for classes in (OURS, STANDARD):
        with pytest.raises(error):
            mistake(classes)
