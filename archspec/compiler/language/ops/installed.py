"""Ops of other packages: `acme.twice` in a spec is the class `Twice(Op, name="acme.twice")` of the package acme.

A package says where its ops are by an entry point of the group archspec.ops: `acme = "acme.archspec_ops"`.
Only what is installed is ever loaded, and never a path that a spec names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from archspec.compiler.language.fields import FAMILIES

GROUP = "archspec.ops"


@cache
def load(package: str) -> str | None:
    """Make the ops of a package known; why they cannot be used, None where they can."""
    # Its import takes a tenth of all of lint's time, and hardly a spec needs it.
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP, name=package)
    if not found:
        return f"no installed package brings the operations of `{package}`"
    before = dict(FAMILIES["op"])
    try:
        for point in found:
            point.load()
        problem = next(_wrong(package, FAMILIES["op"].keys() - before), None)
    except Exception as error:
        problem = f"the operations of `{package}` cannot be loaded: {type(error).__name__}: {error}"
    if problem:
        FAMILIES["op"].clear()
        FAMILIES["op"].update(before)
    return problem


def load_all() -> list[str]:
    """Make the ops of every installed package known; why some cannot be used."""
    from importlib.metadata import entry_points

    problems = [load(package) for package in sorted({point.name for point in entry_points(group=GROUP)})]
    return [problem for problem in problems if problem is not None]


def _wrong(package: str, names: set[str]) -> Iterator[str]:
    """What is wrong with the new ops of a package."""
    if not names:
        yield f"the package of `{package}` has no operation in it"
    for name in sorted(names):
        if not name.startswith(f"{package}.") or name.count(".") != 1:
            yield f"the package of `{package}` brings `{name}`, whose name should be `{package}.…`"
        for field in FAMILIES["op"][name].FIELDS.keys() & FAMILIES["op"].keys():
            yield f"`{name}` has a field `{field}`, which is the name of an operation"
