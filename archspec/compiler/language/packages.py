"""What installed packages bring: `acme.twice` in a spec is a class of the package acme, `Twice(Op, name="acme.twice")`.

A package says where its forms are by an entry point of the group archspec.forms: `acme = "acme.archspec_forms"`; for
ops alone the group may be archspec.ops. Only what is installed is ever loaded, and never a path that a spec names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from archspec.compiler.language.fields import Form
from archspec.dataclass import dataclass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

THINGS = {"archspec.forms": "form", "archspec.ops": "operation"}
"""The groups of entry points, and what the modules of each hold."""

Families = Mapping[str, Mapping[str, type[Form]]]
"""Forms by family and name."""


@dataclass(frozen=True)
class Brought:
    """The forms of a package, and why they cannot be used: the end of a sentence, empty where they can."""

    forms: tuple[type[Form], ...] = ()
    problem: str = ""
    installed: bool = True


def forms_in(module: ModuleType) -> list[type[Form]]:
    """The named forms that a module holds, its own and those that it has from others, in their order."""
    found = (value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Form))
    return [cls for cls in dict.fromkeys(found) if cls.NAME]


def brought_by(package: str) -> Brought:
    """The forms that an installed package brings, its modules being imported now."""
    points = [point for point in _entry_points(tuple(sys.path)) if point.name == package]
    if not points:
        return Brought(installed=False)
    things = {THINGS[point.group] for point in points}
    thing = things.pop() if len(things) == 1 else "form"
    try:
        forms = tuple(dict.fromkeys(cls for point in points for cls in _own(point)))
    except Exception as error:
        return Brought(problem=f"the {thing}s of `{package}` cannot be loaded: {type(error).__name__}: {error}")
    return Brought(forms) if forms else Brought(problem=f"the package of `{package}` has no {thing} in it")


def _own(point: EntryPoint) -> Iterator[type[Form]]:
    """The forms of an entry point's module, without those that it has from archspec or from another package."""
    module = point.load()
    for cls in forms_in(module):
        own = cls.__module__.partition(".")[0] == point.module.partition(".")[0]
        if own or cls.NAME.startswith(f"{point.name}."):
            yield cls


def installed() -> tuple[str, ...]:
    """The names of all installed packages that bring forms."""
    return tuple(sorted({point.name for point in _entry_points(tuple(sys.path))}))


@cache
def _entry_points(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Where the packages on a path of Python's say that their forms are; all of their metadata are read for that."""
    # Its import takes a tenth of all of lint's time, and hardly a spec needs it.
    from importlib.metadata import entry_points

    return tuple(point for group in THINGS for point in entry_points(group=group))


def faults(package: str, forms: tuple[type[Form], ...], families: Families) -> Iterator[str]:
    """What is wrong with the forms of a package, beside those that are there."""
    names = [cls.NAME for cls in forms]
    for cls in sorted(forms, key=lambda each: each.NAME):
        if not cls.NAME.startswith(f"{package}.") or cls.NAME.count(".") != 1:
            yield f"the package of `{package}` brings `{cls.NAME}`, whose name should be `{package}.…`"
        if names.count(cls.NAME) > 1:
            yield f"the package of `{package}` brings two classes that are called `{cls.NAME}`"
        members = families.get(cls.FAMILY, {})
        root = next((_root(other) for other in members.values()), None)
        if root is None or cls.FAMILY == "section" or members.keys() == {cls.FAMILY} or not issubclass(cls, root):
            yield f"`{cls.NAME}` is of no kind that a package can bring"
        yield from _faults_of_fields(cls, families)
        yield from _undefined(cls)


def _root(cls: type[Form]) -> type[Form]:
    """The class of all forms of its family."""
    return next(base for base in reversed(cls.__mro__) if issubclass(base, Form) and base is not Form)


def _faults_of_fields(cls: type[Form], families: Families) -> Iterator[str]:
    groups = {group for op in families["op"].values() for group in op.GROUPS}
    for name, declared in cls.FIELDS.items():
        if name in families.get(cls.FAMILY, {}):
            what = "an operation" if cls.FAMILY == "op" else f"another {cls.FAMILY}"
            yield f"`{cls.NAME}` has a field `{name}`, which is the name of {what}"
        if declared.type.family and declared.type.family not in {*families, *groups}:
            yield f"`{cls.NAME}` has a field `{name}` of type {declared.type.text}, which is no field's type"


def _undefined(cls: type[Form]) -> Iterator[str]:
    """What every form of its family defines, and this one does not."""
    for name in dir(cls):
        if getattr(getattr(cls, name, None), "__isabstractmethod__", False):
            yield f"`{cls.NAME}` does not define `{name}`"
    if not all(getattr(cls, "IMPLEMENTATION", "module:function").partition(":")):
        yield f"`{cls.NAME}` does not say in IMPLEMENTATION, as `module:function`, which code it runs"
