"""Other libraries' names and layouts onto archspec's: declared in a file, applied to the tensors of another one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache

import numpy as np

from archspec.diagnostics import Note, Stop, stop
from archspec.weights.layout import Layout, Misfit, part
from archspec.weights.numbering import recounted
from archspec.weights.tensors import Entry, Tensors

PLACE = re.compile(r"\{(?P<place>[a-z]\w*)(?::(?P<kind>number|letter))?\}")
"""A place in a pattern: `{unit}` are letters, digits, _ and -, `{unit:number}` digits, `{unit:letter}` one letter."""

NETWORK = "network"
"""The place in a new name for the name of the network that takes the weights."""

TERM = re.compile(
    r"\{(?:(?P<list>[a-z]\w*)\[)?(?P<place>[a-z]\w*)"
    r"(?P<offset>[+-][0-9]{1,6}|\+(?P<of>[a-z]\w*)\[(?P<by>[a-z]\w*)\])?(?(list)\])\}"
)
"""A place in a new name: `{unit}`, `{unit+1}`, `{unit+first[stage]}`, or an item of a list, `{layers[unit-1]}`."""

_MEANS = {None: r"[\w-]+", "number": "[0-9]+", "letter": "[a-z]"}
_SHOWN = 10


@dataclass(frozen=True)
class Rule:
    """The tensors that `pattern` means get the name `to`, in the shape and order of axes of `layout`.

    Several names are those of equal parts along the first axis, as it is in the file.
    """

    pattern: str
    to: tuple[str, ...]
    layout: Layout = field(default_factory=Layout)

    def match(self, name: str) -> dict[str, str] | None:
        """What the places of the pattern mean in a name, a letter as its number (a is 1); None if it is not meant."""
        found = compiled(self.pattern).fullmatch(name)
        if found is None:
            return None
        letters = {place["place"] for place in PLACE.finditer(self.pattern) if place["kind"] == "letter"}
        return {
            place: str(ord(text) - ord("a") + 1) if place in letters else text
            for place, text in found.groupdict().items()
        }


@dataclass(frozen=True)
class NameMap:
    """A file of rules, of which the first that means a name counts; `skip` are patterns of what nobody wants.

    `network` is what the network is called where nobody says it, and `counted` are the layers whose numbers another
    library counts from the first one of its process.
    """

    file: str
    about: str
    rules: tuple[Rule, ...]
    skip: tuple[str, ...]
    lists: Mapping[str, Mapping[str, str]]
    network: str = ""
    counted: tuple[str, ...] = ()

    @property
    def needs_network(self) -> bool:
        """Whether new names begin with a name that the map does not know."""
        return not self.network and any(f"{{{NETWORK}}}" in to for rule in self.rules for to in rule.to)

    def of(self, network: str | None) -> NameMap:
        """The map onto a network of this name, or of the map's own where it is None."""
        return replace(self, network=network) if network else self

    def rule_of(self, name: str) -> tuple[Rule, tuple[str, ...]] | None:
        """(the rule for a name, the new names); None where no rule means it. Raises Misfit."""
        for rule in self.rules:
            found = rule.match(name)
            if found is not None:
                return rule, self._named(rule, {NETWORK: self.network, **found})
        return None

    def _named(self, rule: Rule, places: Mapping[str, str]) -> tuple[str, ...]:
        """The new names, of what the places mean."""
        return tuple(TERM.sub(lambda term: self._filled(term, places), to) for to in rule.to)

    def _filled(self, term: re.Match[str], places: Mapping[str, str]) -> str:
        text = places[term["place"]]
        if term["offset"]:
            text = str(_number(term, term["place"], text) + self._offset(term, places))
        if term["list"] is None:
            return text
        names = self.lists[term["list"]]
        key = str(int(text)) if _is_number(text) else text
        if key in names:
            return names[key]
        what = (
            f"number {text} of {len(names)} names" if _is_number(text.removeprefix("-")) else f"{text}, which it lacks"
        )
        raise Misfit(f"{term[0]} is {what}")

    def _offset(self, term: re.Match[str], places: Mapping[str, str]) -> int:
        """What is added to a place: a number, or an item of a list of numbers."""
        if term["of"] is None:
            return int(term["offset"])
        text = places[term["by"]]
        return _number(term, term["offset"][1:], self.lists[term["of"]].get(text, "not in the list"))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _number(term: re.Match[str], place: str, text: str) -> int:
    if not _is_number(text):
        raise Misfit(f"{{{place}}} is {text}, which is no number for {term[0]}")
    return int(text)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression; a place that is there twice means the same both times."""
    seen: set[str] = set()
    found, end = "", 0
    for place in PLACE.finditer(pattern):
        name = place["place"]
        group = f"(?P={name})" if name in seen else f"(?P<{name}>{_MEANS[place['kind']]})"
        found += re.escape(pattern[end : place.start()]) + group
        seen.add(name)
        end = place.end()
    return re.compile(found + re.escape(pattern[end:]))


def renamed(weights: Tensors, names: NameMap) -> Tensors:
    """The tensors under their new names and in their new shapes; raises Stop with every tensor that fits no rule."""
    if names.needs_network:
        help = "name the spec of the network that takes the weights: --spec zoo:NAME"
        raise stop("AS772", f"the map {names.file} is for networks of several names", help=help)
    found: dict[str, tuple[str, Rule, int]] = {}
    entries: dict[str, Entry] = {}
    wrong: list[str] = []
    for name, counted in recounted(weights.entries, names.counted).items():
        if any(fnmatchcase(name, pattern) for pattern in names.skip) or weights.is_bookkeeping(name):
            continue
        try:
            chosen = names.rule_of(counted)
            if chosen is None:
                wrong.append(f"{name} is named by no rule")
                continue
            rule, new = chosen
            shape = rule.layout.laid_out(part(weights.shapes[name], len(new)))
        except Misfit as problem:
            wrong.append(f"{name}: {problem}")
            continue
        for number, each in enumerate(new):
            if each in found:
                wrong.append(f"{name} and {found[each][0]} would both be {each}")
                continue
            found[each] = name, rule, number
            entries[each] = replace(weights.entries[name], shape=shape)
    if wrong or not found:
        raise _does_not_fit(weights, names, wrong)

    def fetch(name: str) -> np.ndarray:
        old, rule, number = found[name]
        value = weights.read(old)
        size = part(value.shape, len(rule.to))
        return rule.layout.lay_out(value[number * size[0] : (number + 1) * size[0]] if len(rule.to) > 1 else value)

    return replace(weights, entries=entries, fetch=fetch)


def fitting(weights: Tensors, names: NameMap) -> bool:
    """Whether a map has a rule for nearly all variables of a file."""
    counted = recounted(weights.variables, names.counted).values()
    ruled = Counter(any(rule.match(name) is not None for rule in names.rules) for name in counted)
    return ruled[True] > 0.9 * sum(ruled.values())


def _does_not_fit(weights: Tensors, names: NameMap, wrong: list[str]) -> Stop:
    notes = [*map(Note, wrong[:_SHOWN]), *([Note(f"and {len(wrong) - _SHOWN} more")] if len(wrong) > _SHOWN else [])]
    count = len(weights.variables)
    what = (
        f"of its {count} variables {len(wrong)} have no place" if wrong else f"it names none of its {count} variables"
    )
    help = "give each a rule under `variables`, or name what is not wanted under `skip`"
    return stop("AS772", f"the map {names.file} does not fit {weights.where}: {what}", *notes, help=help)
