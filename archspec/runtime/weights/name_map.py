"""Other libraries' names and layouts onto archspec's: declared in a file, applied to the tensors of another one."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from archspec.compiler.language.op import show
from archspec.diagnostics import Note, Stop, stop
from archspec.runtime.weights.tensors import Entry, Tensors

PLACE = re.compile(r"\{([a-z]\w*)\}")
"""A place in a pattern, `{unit}`: letters, digits, _ and - of a name."""

TERM = re.compile(r"\{(?:(?P<list>[a-z]\w*)\[)?(?P<place>[a-z]\w*)(?P<offset>[+-][0-9]{1,6})?(?(list)\])\}")
"""A place in a new name: `{unit}`, `{unit+1}`, or an item of a list, `{layers[unit-1]}`."""

_ANY = r"[\w-]+"
_SHOWN = 10


class Misfit(ValueError):
    """Why a tensor cannot be renamed or laid out as a rule says, as the end of a sentence."""


@dataclass(frozen=True)
class Rule:
    """The tensors that `pattern` means get the name `to`; then the shape, then the order of axes, where there are any.

    One size of `shape` may be -1, and follows from the others; `axes` are the old numbers of the new axes.
    """

    pattern: str
    to: str
    shape: tuple[int, ...] | None = None
    axes: tuple[int, ...] | None = None

    def match(self, name: str) -> re.Match[str] | None:
        """What the places of the pattern mean in a name; None where it is not meant."""
        return compiled(self.pattern).fullmatch(name)

    def reshaped(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape before the order of axes changes; raises Misfit."""
        if self.shape is None:
            return shape
        count, known = math.prod(shape), math.prod(size for size in self.shape if size != -1)
        sizes = tuple(count // known if size == -1 else size for size in self.shape)
        if math.prod(sizes) != count:
            raise Misfit(f"{show(shape)} cannot be laid out as {show(self.shape)}")
        return sizes

    def laid_out(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that a tensor of this shape gets; raises Misfit."""
        found = self.reshaped(shape)
        if self.axes is None:
            return found
        if len(self.axes) != len(found):
            raise Misfit(f"{show(found)} has {len(found)} axes, and `axes` has {len(self.axes)}")
        return tuple(found[axis] for axis in self.axes)

    def lay_out(self, value: np.ndarray) -> np.ndarray:
        """A tensor in its new shape and order of axes."""
        found = value.reshape(self.reshaped(value.shape))
        return found if self.axes is None else np.ascontiguousarray(found.transpose(self.axes))


@dataclass(frozen=True)
class NameMap:
    """A file of rules, of which the first that means a name counts; `skip` are patterns of what nobody wants."""

    file: str
    about: str
    rules: tuple[Rule, ...]
    skip: tuple[str, ...]
    lists: Mapping[str, tuple[str, ...]]

    def rule_of(self, name: str) -> tuple[Rule, str] | None:
        """(the rule for a name, the new name); None where no rule means it. Raises Misfit."""
        for rule in self.rules:
            found = rule.match(name)
            if found is not None:
                return rule, self._named(rule, found.groupdict())
        return None

    def _named(self, rule: Rule, places: Mapping[str, str]) -> str:
        """The new name, of what the places mean."""
        return TERM.sub(lambda term: self._filled(term, places), rule.to)

    def _filled(self, term: re.Match[str], places: Mapping[str, str]) -> str:
        text = places[term["place"]]
        if not term["offset"] and not term["list"]:
            return text
        if not (text.isascii() and text.isdecimal()) or len(text) > 9:
            raise Misfit(f"{{{term['place']}}} is {text}, which is no number for {term[0]}")
        number = int(text) + int(term["offset"] or 0)
        if term["list"] is None:
            return str(number)
        names = self.lists[term["list"]]
        if not 0 <= number < len(names):
            raise Misfit(f"{term[0]} is number {number} of {len(names)} names")
        return names[number]


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression; a place that is there twice means the same both times."""
    seen: set[str] = set()
    parts = PLACE.split(pattern)
    for at in range(1, len(parts), 2):
        parts[at], name = (f"(?P={parts[at]})" if parts[at] in seen else f"(?P<{parts[at]}>{_ANY})"), parts[at]
        seen.add(name)
    return re.compile("".join(part if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def renamed(weights: Tensors, names: NameMap) -> Tensors:
    """The tensors under their new names and in their new shapes; raises Stop with every tensor that fits no rule."""
    found: dict[str, tuple[str, Rule]] = {}
    entries: dict[str, Entry] = {}
    wrong: list[str] = []
    for name in weights.entries:
        if any(fnmatchcase(name, pattern) for pattern in names.skip) or weights.is_bookkeeping(name):
            continue
        try:
            chosen = names.rule_of(name)
            if chosen is None:
                wrong.append(f"{name} is named by no rule")
                continue
            rule, new = chosen
            shape = rule.laid_out(weights.shapes[name])
        except Misfit as problem:
            wrong.append(f"{name}: {problem}")
            continue
        if new in found:
            wrong.append(f"{name} and {found[new][0]} would both be {new}")
            continue
        found[new] = name, rule
        entries[new] = replace(weights.entries[name], shape=shape)
    if wrong or not found:
        raise _does_not_fit(weights, names, wrong)

    def fetch(name: str) -> np.ndarray:
        old, rule = found[name]
        return rule.lay_out(weights.read(old))

    return replace(weights, entries=entries, fetch=fetch)


def fitting(weights: Tensors, names: NameMap) -> bool:
    """Whether a map has a rule for nearly all variables of a file."""
    ruled = Counter(any(rule.match(name) for rule in names.rules) for name in weights.variables)
    return ruled[True] > 0.9 * sum(ruled.values())


def _does_not_fit(weights: Tensors, names: NameMap, wrong: list[str]) -> Stop:
    notes = [*map(Note, wrong[:_SHOWN]), *([Note(f"and {len(wrong) - _SHOWN} more")] if len(wrong) > _SHOWN else [])]
    count = len(weights.variables)
    what = (
        f"of its {count} variables {len(wrong)} have no place" if wrong else f"it names none of its {count} variables"
    )
    help = "give each a rule under `variables`, or name what is not wanted under `skip`"
    return stop("AS772", f"the map {names.file} does not fit {weights.where}: {what}", *notes, help=help)
