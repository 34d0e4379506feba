"""The networks of the zoo that weights could be of, by how many variables they have: what the index tells at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from archspec.compiler.spec import zoo
from archspec.reference.models import axes_of, in_file, is_current, is_its_own


def alike(shapes: Iterable[tuple[int, ...]], part: float) -> list[str]:
    """`zoo:NAME` or `zoo:FAMILY#VARIANT` of each network of which this part of all variables may agree with shapes.

    Variables with other numbers of axes above 1 never agree, so a network is left out only where too few can. Specs
    with a file of their own come first; one that has changed since the index was written is always among them.
    """
    wanted, index, known = Counter(map(axes_of, shapes)), in_file(), zoo.names()
    found: list[str] = []
    for name in known:
        entry = index.get(name, {})
        variables = entry["variables"] if is_current(entry) else {name: None}
        own = {each: counts for each, counts in variables.items() if is_its_own(name, each, known)}
        found += [each for each, counts in own.items() if counts is None or _may_agree(wanted, counts, part)]
    return [zoo.PREFIX + name for name in sorted(found, key=lambda name: "#" in name)]


def _may_agree(wanted: Counter[int], counts: str, part: float) -> bool:
    here = Counter(dict(enumerate(map(int, counts.split()))))
    return (wanted & here).total() >= part * (wanted | here).total()
