"""Whether weights fit a network: what becomes of each variable, or one finding of all that does not fit."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Note, Stop, stop
from archspec.weights.tensors import Tensors
from archspec.weights.transfer import Selection, Shapes, Transfer, transfer
from archspec.weights.zoo import classes_text, looks_like

_SHOWN = 20
"""How many variables an error names before it counts the rest."""

ALL = Selection()
_HYPERPARAMETER = re.compile(r"\$\{?(\w+)\}?")


def fitted(graph: Graph, weights: Tensors, selection: Selection = ALL, averaged: bool = True) -> Transfer:
    """What becomes of every variable of a network; raises Stop where something undeclared does not fit."""
    owners = {name: node for name, node, _ in graph.variables()}
    wanted = {name: tuple(variable.shape) for name, _, variable in graph.variables()}
    layers = {name: node.layer for name, node in owners.items()}
    idle = selection.idle(layers, weights)
    if idle:
        near = get_close_matches(idle[0], {*layers.values(), *weights.variables}, n=1)
        help = f"did you mean {near[0]}?" if near else "`archspec checkpoint inspect` lists what is there"
        raise stop("AS605", f"`skip` names `{idle[0]}`, and neither {graph.name} nor {weights.where} has it", help=help)
    found = transfer(wanted, layers, weights, selection, averaged)
    if not found.fits:
        raise _misfit(graph, weights, found, averaged)
    return found


def _misfit(graph: Graph, weights: Tensors, found: Transfer, averaged: bool) -> Stop:
    """The Stop for weights that do not fit, with every difference and what to do about what they have in common."""
    does_not_fit = f"{weights.where} does not fit {graph.name}"
    renamed = _renamed(weights, found.wanted) if len(found.missing) == len(found.wanted) else None
    if renamed is not None:
        return _misnamed(graph, weights, renamed, does_not_fit)
    message = f"{does_not_fit}: {_counted(found)}; none was loaded"
    return stop("AS721", message, *_notes(weights, found, averaged), help=_remedy(graph, weights, found))


def _misnamed(graph: Graph, weights: Tensors, renamed: Shapes, does_not_fit: str) -> Stop:
    """The Stop for a checkpoint of a network with another name; what does not fit under that name is said too."""
    root = next(iter(renamed)).split("/")[0]
    found = transfer(renamed, dict.fromkeys(renamed, ""), weights, ALL, averaged=False)
    message, help = f"{does_not_fit}: its variables begin with {root}", f"write `name: {root}` in the spec"
    if found.fits:
        return stop("AS721", f"{message}, and fit otherwise; none was loaded", help=help)
    message += f", and under that name {_counted(found)}; none was loaded"
    notes = _notes(weights, found, averaged=False)
    return stop("AS721", message, *notes, help=f"{help}; {_remedy(graph, weights, found)}")


def _counted(found: Transfer) -> str:
    counts = {"missing there": len(found.missing), "of another shape": len(found.misshapen)}
    here = f"of {len(found.wanted)} variables {' and '.join(f'{n} {what}' for what, n in counts.items() if n)}"
    orphans = len(found.undeclared)
    there = f"{orphans} of its variables ha{'ve' if orphans > 1 else 's'} no place in the network"
    return " and ".join([*([here] if any(counts.values()) else []), *([there] if orphans else [])])


def _notes(weights: Tensors, found: Transfer, averaged: bool) -> tuple[Note, ...]:
    """The first of the variables that do not fit, and how many more there are."""
    wanted, shapes = found.wanted, weights.shapes
    there = {name: shapes[weights.averaged(name) if averaged else name] for name in found.misshapen}
    lines = [f"{name} is {_show(wanted[name])} here and {_show(there[name])} there" for name in found.misshapen]
    lines += [f"{name} is missing{_near(name, shapes)}" for name in found.missing[: max(0, _SHOWN - len(lines))]]
    lines += [f"{name} is there, and not here" for name in found.undeclared]
    rest = len(found.missing) + len(found.misshapen) + len(found.undeclared) - _SHOWN
    return (*map(Note, lines[:_SHOWN]), *([Note(f"and {rest} more")] if rest > 0 else []))


def _remedy(graph: Graph, weights: Tensors, found: Transfer) -> str:
    """What to do, from what the differences have in common."""
    last = {(found.wanted[name][-1:], weights.shapes.get(name, ())[-1:]) for name in found.misshapen}
    if not found.missing and len(last) == 1 and not any(here == there for here, there in last):
        (here,), (there,) = last.pop()
        return _other_classes(graph, found.misshapen, here, there)
    if len(found.missing) <= len(found.wanted) / 2:
        return "use the spec and the --set values that the checkpoint was trained with"
    likeness = looks_like(weights)
    if likeness is not None:
        return f"the checkpoint is of another network: it looks like {likeness}"
    roots = ", ".join(_roots(weights)[:5])
    return f"the checkpoint is of another network: its variables begin with {roots or 'no name'}"


def _other_classes(graph: Graph, misshapen: list[str], here: int, there: int) -> str:
    """What to do where only the size of the last layer differs."""
    text = f"the last axis is {here} here and {there} there: if that is the number of classes, "
    if {here, there} == {1000, 1001}:
        text = f"the checkpoint has {classes_text(there, here)}: "
    owners = {name: node for name, node, _ in graph.variables()}
    owner = owners.get(misshapen[0])
    written = [each.origin.written.strip() for each in owner.values.values() if each.value == here] if owner else []
    name = next((match[1] for text in written if (match := _HYPERPARAMETER.fullmatch(text))), None)
    if name is not None:
        return f"{text}set it with --set {name}={there}"
    return f"{text}set it with --set"


def _renamed(weights: Tensors, wanted: Shapes) -> Shapes | None:
    """The variables under another name of the network, where most of them are in the checkpoint then."""
    shapes = weights.shapes
    own = os.path.commonpath(list(wanted)).split("/")[0] if all("/" in name for name in wanted) else ""
    for root in _roots(weights):
        above = root if own else f"{root}/"
        renamed = {above + name.removeprefix(own): shape for name, shape in wanted.items()}
        if sum(shapes.get(name) == shape for name, shape in renamed.items()) > len(wanted) / 2:
            return renamed
    return None


def _roots(weights: Tensors) -> list[str]:
    """What the names of the checkpoint's variables begin with."""
    return sorted({name.split("/")[0] for name in weights.variables})


def _near(name: str, shapes: Shapes) -> str:
    leaf = name.rsplit("/", 1)[-1]
    near = get_close_matches(name, [other for other in shapes if other.endswith("/" + leaf)], n=1, cutoff=0.8)
    return f"; the nearest name there is {near[0]}" if near else ""


def _show(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a scalar"
