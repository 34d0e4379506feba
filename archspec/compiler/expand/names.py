"""Which tensor a reference means: looked up in its own scope, then outwards up to the border of the block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache

from archspec.compiler.language.suggestions import nearest
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Note, Span

Tensor = str | None
"""A node's path; None where the layer that would make it has an error, which is reported already."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a layer hands on: tensors by output name, the first one being the main one."""

    outputs: tuple[tuple[str, Tensor], ...]
    listed: bool = False
    """Whether somebody listed them (`from: [a, b]`), so that a merge takes all."""

    @property
    def first(self) -> Tensor:
        """The main tensor."""
        return self.outputs[0][1] if self.outputs else None

    def get(self, name: str) -> Bundle | None:
        """One output by name."""
        return next((Bundle(((name, tensor),)) for key, tensor in self.outputs if key == name), None)


def single(tensor: Tensor) -> Bundle:
    """The bundle of a layer with one output."""
    return Bundle((("output", tensor),))


NO_TENSOR = single(None)
"""What a layer with an error hands on: what reads it says nothing more."""


@dataclass(slots=True)
class Entry:
    """A name: its tensors, what lies below it, the prefix of its variables, and where it was written.

    `bundle` is None where the layer is not there: `absent` tells why, and what said so.
    """

    bundle: Bundle | None
    below: Names
    variable_path: str
    span: Span
    absent: Note | None = None


class WrongReference(ValueError):
    """The reference cannot be followed."""

    def __init__(self, code: str, message: str, note: Note | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.code, self.note, self.help = code, note, help


@dataclass(slots=True)
class Names:
    """The names of one scope: a symbol table that grows as layers are made.

    `parent` is where a name is looked up next, None at the border of a block or of the document; `around` is the
    scope that sees these names too, where they stand in a silent group.
    """

    parent: Names | None = None
    around: Names | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    through: dict[str, dict[int, Names]] = field(default_factory=dict)
    """For a name: the silent groups in this scope in which it can be found."""
    later: dict[str, Span] = field(default_factory=dict)
    """Layers that stand further down, for the message to whoever names one too early."""
    making: set[str] = field(default_factory=set)
    """Layers that are being expanded, for the message to whoever names one inside itself."""

    def below(self, name: str, border: bool = False) -> Names:
        """A new scope for what lies below a name here; one with a border sees nothing outside it."""
        return Names(None if border else self, self if name.startswith("(") else None)

    def add(self, name: str, entry: Entry) -> Entry | None:
        """Enter a name; gives back the entry that has it already, if any."""
        older = self.entries.get(name)
        if older is None:
            self.entries[name] = entry
            self._show(name)
        return older

    def _show(self, name: str) -> None:
        """Tell the scopes that see through this silent group that a name is in it."""
        scope = self
        while scope.around is not None and id(scope) not in scope.around.through.setdefault(name, {}):
            scope.around.through[name][id(scope)] = scope
            scope = scope.around

    def level(self, name: str, span: Span) -> Names:
        """The scope below a name, made if it is not there: for `unit_1/bottleneck_v1`."""
        if name not in self.entries:
            self.add(name, Entry(None, self.below(name), "", span))
        return self.entries[name].below

    def find(self, reference: str) -> Entry:
        """The entry that a name or path means; raises WrongReference."""
        if not reference:
            raise WrongReference("AS303", "an empty text names no layer", help="write the name of a layer")
        parts = reference.split("/")
        scope: Names | None = self
        while scope is not None:
            found = scope._below(parts)
            if len(found) > 1:
                places = " and ".join(entry.span.short for entry in found[:2])
                help = "write the path with its parentheses"
                raise WrongReference("AS305", f"`{reference}` may mean two layers, at {places}", help=help)
            if found:
                return found[0]
            scope = scope.parent
        raise self._not_found(reference)

    def _below(self, parts: list[str]) -> list[Entry]:
        direct = self.entries.get(parts[0])
        if direct is not None:
            inner = [direct] if len(parts) == 1 else direct.below._below(parts[1:])
            # What should stand below a layer that has an error is not known: it is as wrong as that.
            wrong = direct.bundle is not None and direct.bundle.first is None
            return inner or ([direct] if wrong else [])
        silent = self.through.get(parts[0], {}).values()
        return [found for scope in silent for found in scope._below(parts)]

    def bundle(self, reference: str) -> Bundle | None:
        """The tensors that a reference means (`cell_3.prev` is one output); None for an input that was not given."""
        path, dot, output = reference.partition(".")
        entry = self.find(path)
        if entry.absent is not None:
            conditional = "give that layer an `else:`, or this one the same `when:`"
            help = conditional if "when" in entry.absent.message else "name an earlier layer, or move `until`"
            raise WrongReference("AS304", f"the layer `{path}` is not there", entry.absent, help)
        if entry.bundle is None and entry.below.entries:
            raise WrongReference("AS303", f"`{path}` is a scope, not a layer", help="name a layer in it")
        # A layer that could not be made has no outputs, and what is wrong with it is said there.
        if entry.bundle is None or not dot or entry.bundle == NO_TENSOR:
            return entry.bundle
        found = entry.bundle.get(output)
        if found is None:
            known = ", ".join(name for name, _ in entry.bundle.outputs)
            raise WrongReference("AS303", f"`{path}` has no output `{output}`", help=f"it has {known}")
        return found

    def _not_found(self, reference: str) -> WrongReference:
        name = reference.partition("/")[0]
        later = next((s.later[name] for s in self._outwards() if name in s.later), None)
        if later is not None:
            note, help = Note(f"`{name}` stands here", later), "only earlier layers can be named: move it up"
            return WrongReference("AS303", f"the layer `{name}` comes after this one", note, help)
        if any(name in scope.making for scope in self._outwards()):
            return WrongReference("AS303", f"`{name}` would be its own input", help="name an earlier layer")
        known = list(dict.fromkeys(name for scope in self._outwards() for name in scope.paths()))
        usual = "names are looked up from here outwards, up to the border of the block"
        help = nearest(reference, known) or _below(reference, known) or usual
        return WrongReference("AS303", f"there is no layer `{reference}` here", help=help)

    def _outwards(self) -> Iterator[Names]:
        scope: Names | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def take_away(self, tensors: set[str], why: Note) -> None:
        """Mark the layers that hand on one of these tensors as not there."""
        for entry in self.entries.values():
            if entry.bundle is not None and any(tensor in tensors for _, tensor in entry.bundle.outputs):
                entry.bundle, entry.absent = None, why
            entry.below.take_away(tensors, why)

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Every path below, from here."""
        for name, entry in self.entries.items():
            yield prefix + name
            yield from entry.below.paths(f"{prefix}{name}/")


def _below(name: str, known: list[str]) -> str | None:
    """The question whether a layer was meant that has this name below another one, where only one has."""
    found = [path for path in known if path.endswith(f"/{name}")]
    return f"did you mean `{found[0]}`?" if len(found) == 1 else None


def bare(path: str) -> str:
    """A path without its silent parts, as variables have it."""
    return _SILENT.sub("", path).lstrip("/") if "(" in path else path


_SILENT = re.compile(r"(?:^|/)\([^/]*")


def means(pattern: str, layer: str) -> bool:
    """Whether a path or pattern (`block1`, `unit_*`) means a layer or one around it; silent parts may be left out.

    An empty pattern means none.
    """
    means_it = _compiled(pattern).match
    return bool(pattern and (means_it(layer) or ("(" in layer and means_it(bare(layer)))))


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{translate(pattern)}|{translate(f'{pattern}/*')}")


def joined(upper: str, lower: str) -> str:
    """Two parts of a path, an empty one left out."""
    return f"{upper}/{lower}" if upper and lower else upper or lower
