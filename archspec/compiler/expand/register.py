"""Names entered: a layer under its path, its end point, and the `until` that it may be."""

from __future__ import annotations

from archspec.compiler.expand.names import Bundle, Entry, Names, bare, joined
from archspec.compiler.expand.place import Place, Reached
from archspec.compiler.resolve import Broken
from archspec.compiler.spec.records import Layer
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Note


def enter(name: str, layer: Layer, place: Place) -> tuple[Names, Names]:
    """The scope that will hold the last part of the name, and a new one for what lies below the layer."""
    holder = place.names
    for part in name.split("/")[:-1]:
        holder = holder.level(part, layer.span)
    return holder, Names(holder)


def refuse_double(name: str, layer: Layer, holder: Names, place: Place) -> None:
    """Report a name that its scope has already; raises Broken."""
    older = holder.entries.get(name.rpartition("/")[2])
    if older is None:
        return
    path = joined(place.path, name)
    if older.span == layer.span:
        help = "write the counter into the name: $i, or $_i for nothing, _1, _2, …"
        place.work.findings.add("AS302", f"the copies of `{path}` have one name", layer.span, help=help)
    else:
        note = Note("the first one", older.span)
        place.work.findings.add("AS302", f"two layers are called `{path}`", layer.span, note, help="rename one")
    raise Broken


def register(
    layer: Layer, name: str, outcome: Bundle, variable_path: str, holder: Names, below: Names, place: Place
) -> None:
    """Enter a layer that is made, with its end points; raises Reached where an `until` names it."""
    sketch, path = place.work.sketch, joined(place.path, name)
    if layer.name is not None:
        holder.add(name.rpartition("/")[2], Entry(outcome, below, variable_path, layer.span))
    if outcome.first is not None:
        if layer.name is not None:
            if path in sketch.aliases:
                note = Note("an end point has this name", sketch.aliases[path])
                place.work.findings.add("AS311", f"the name `{path}` is taken", layer.span, note, help="rename one")
                return
            sketch.endpoints.setdefault(bare(path), outcome.first)
            sketch.endpoints[path] = outcome.first
        if layer.endpoint is not None:
            alias(layer.endpoint, outcome.first, place)
    _end(path, layer, outcome, place)


def _end(path: str, layer: Layer, outcome: Bundle, place: Place) -> None:
    """Raise Reached where an `until` around names this layer, by path or end point."""
    if place.ends and layer.name is not None:
        alias = [_endpoint(layer.endpoint, place)] if layer.endpoint is not None else []
        for end in place.ends:
            if end in (path, joined(place.at, bare(place.inside(path))), *alias):
                raise Reached(outcome, end)


def _endpoint(node: Scalar, place: Place) -> str:
    return joined(place.at, place.work.resolver.text(node, place.environment))


def alias(node: Scalar, tensor: str, place: Place) -> None:
    """Give a tensor the end point's name that a layer says; one that is taken is reported."""
    sketch, name = place.work.sketch, _endpoint(node, place)
    if sketch.endpoints.get(name, tensor) != tensor:
        notes = [Note("the first one", sketch.aliases[name])] if name in sketch.aliases else []
        message, help = f"the end point `{name}` is taken", "choose another name"
        place.work.findings.add("AS311", message, node.span, *notes, help=help)
    sketch.endpoints[name] = tensor
    sketch.aliases[name] = node.span
