"""What becomes of each variable when a network takes weights: reused, reshaped, re-initialised or orphaned.

A variable takes a tensor of its own name. Its shape may differ by leading axes of 1, as [1, 1, a, b] of a convolution
and [a, b] of a dense layer: the same numbers in the same order. Nothing else is reshaped unless a map of names says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archspec.compiler.expand.names import means
from archspec.compiler.language.op import show
from archspec.weights.tensors import Tensors

Shapes = dict[str, tuple[int, ...]]
"""The shapes of variables by name."""

REUSED, RESHAPED, FRESH, ORPHANED = "reused", "reshaped", "re-initialised", "orphaned"


@dataclass(frozen=True)
class Selection:
    """Which layers take weights: all, or those that a pattern in `only` means, without those in `reinit`.

    What `skip` means is not taken, whether it is a layer of the network or variables of the file. `strict` says that a
    variable of the file without a place in the network must be meant by it.
    """

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    reinit: tuple[str, ...] = ()
    strict: bool = False

    def takes(self, variable: str, layer: str) -> bool:
        """Whether a variable of the network is to come from the file."""
        chosen = not self.only or _meant(self.only, variable, layer)
        return chosen and not _meant((*self.skip, *self.reinit), variable, layer)

    def leaves(self, variable: str) -> bool:
        """Whether a variable of the file that has no place in the network is known to have none."""
        return bool(self.only) or not self.strict or _meant(self.skip, variable, _below_root(variable))

    def idle(self, variables: Mapping[str, str], weights: Tensors) -> list[str]:
        """The patterns of `skip` that mean nothing on either side; `variables` has the network's layers by variable."""
        names = [*variables.items(), *((name, _below_root(name)) for name in weights.variables)]
        return [pattern for pattern in self.skip if not any(_meant((pattern,), *each) for each in names)]


@dataclass
class Transfer:
    """The fate of each variable: {variable: tensor of the file} for those that come from there, and lists of others."""

    wanted: Shapes
    sources: dict[str, str] = field(default_factory=dict)
    reshaped: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    """Orphans that nothing in the selection speaks of."""

    @property
    def fits(self) -> bool:
        """Whether all that is not as it is wanted was declared."""
        return not (self.missing or self.misshapen or self.undeclared)

    @property
    def counts(self) -> dict[str, int]:
        """How many variables come to what, where any do."""
        reused = len(self.sources) - len(self.reshaped)
        found = {REUSED: reused, RESHAPED: len(self.reshaped), FRESH: len(self.fresh), ORPHANED: len(self.orphaned)}
        return {fate: count for fate, count in found.items() if count}

    def fates(self, weights: Tensors) -> list[dict[str, str]]:
        """One record for each variable: its name, its fate, and what there is to say of it."""
        found = [{"variable": name, "fate": REUSED, "from": source} for name, source in self.sources.items()]
        for record in found:
            if record["variable"] in self.reshaped:
                here, there = self.wanted[record["variable"]], weights.shapes[record["from"]]
                record |= {"fate": RESHAPED, "shapes": f"{show(there)} to {show(here)}"}
        found += [{"variable": name, "fate": FRESH} for name in self.fresh]
        return found + [{"variable": name, "fate": ORPHANED} for name in self.orphaned]


def transfer(
    wanted: Shapes, layers: Mapping[str, str], weights: Tensors, selection: Selection, averaged: bool
) -> Transfer:
    """What would become of every variable; `wanted` are the network's, `layers` the layer of each.

    `averaged` takes the moving average of a variable where there is one.
    """
    found = Transfer(wanted)
    name_of: Callable[[str], str] = weights.averaged if averaged else str
    for name, shape in wanted.items():
        source = name_of(name)
        if not selection.takes(name, layers[name]):
            found.fresh.append(name)
        elif source not in weights.entries:
            found.missing.append(name)
        else:
            _compare(found, name, source, shape, weights.shapes[source])
    found.orphaned = [name for name in weights.variables if name not in wanted]
    found.undeclared = [name for name in found.orphaned if not selection.leaves(name)]
    return found


def _compare(found: Transfer, name: str, source: str, here: tuple[int, ...], there: tuple[int, ...]) -> None:
    found.sources[name] = source
    if here == there:
        return
    if _without_leading_ones(here) == _without_leading_ones(there):
        found.reshaped.append(name)
    else:
        del found.sources[name]
        found.misshapen.append(name)


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the axes of 1 that it begins with; its last axis stays."""
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _below_root(variable: str) -> str:
    """A variable's path without the name of its network, as layers go."""
    return variable.partition("/")[2] or variable


def _meant(patterns: tuple[str, ...], variable: str, layer: str) -> bool:
    """Whether a pattern means a variable's layer, the variable itself, or what is above it in TF-Slim's names."""
    return any(means(pattern, layer) or means(pattern, variable) for pattern in patterns)
