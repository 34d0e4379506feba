"""Layers, one after the other and side by side, blocks and networks, down to nodes."""

from __future__ import annotations

from dataclasses import replace

from archspec.compiler.expand.calls import call
from archspec.compiler.expand.copies import Copy, copies
from archspec.compiler.expand.blocks import block_call
from archspec.compiler.expand.names import UNKNOWN, Bundle, Entry, Names, bare, joined
from archspec.compiler.expand.networks import network_call
from archspec.compiler.expand.place import Place
from archspec.compiler.expand.references import entry, reference, source_of
from archspec.compiler.expand.stride import asked_stride, check_reached
from archspec.compiler.expression import NotKnown
from archspec.compiler.ops import OPS
from archspec.compiler.scopes import Broken, Said
from archspec.compiler.source import Scalar
from archspec.compiler.spec.records import BlockCall, Body, Call, Join, Layer, Missing, NetworkCall, Sequence
from archspec.diagnostics import Note


def sequence(layers: tuple[Layer, ...], incoming: Bundle, place: Place) -> Bundle:
    """Expand layers that run one after the other; what the last one hands on."""
    for layer in layers:
        for outcome in _copied(layer, incoming, place, chained=True):
            incoming = outcome
    return incoming


def branches(layers: tuple[Layer, ...], incoming: Bundle, place: Place) -> list[Bundle]:
    """Expand layers side by side, all from the same input."""
    return [outcome for layer in layers for outcome in _copied(layer, incoming, place, chained=False)]


def _copied(layer: Layer, incoming: Bundle, place: Place, chained: bool) -> list[Bundle]:
    outcomes: list[Bundle] = []
    try:
        made = copies(layer, place)
    except (Broken, NotKnown):
        return [UNKNOWN]
    for copy in made:
        source = outcomes[-1] if chained and outcomes else incoming
        outcome = _guarded(layer, copy, source, place.with_values(copy.values))
        if outcome is not None:
            outcomes.append(outcome)
    return outcomes


def _guarded(layer: Layer, copy: Copy, incoming: Bundle, place: Place) -> Bundle | None:
    """The layer's output; UNKNOWN after an error; None where `when` leaves it out."""
    try:
        return _layer(layer, copy, incoming, place)
    except (Broken, NotKnown):
        outcome = UNKNOWN
    if layer.name is not None and "$" not in layer.name.text:
        place.names.add(layer.name.text, Entry(outcome, Names(place.names), "", layer.span))
    return outcome


def _layer(layer: Layer, copy: Copy, incoming: Bundle, place: Place) -> Bundle | None:
    work = place.work
    name = work.resolver.text(layer.name, place.environment) if layer.name is not None else _anonymous(layer.body)
    if layer.when is not None and not work.resolver.condition(layer.when, place.environment):
        return _otherwise(layer, name, copy, incoming, place)
    source = source_of(layer, incoming, place)
    inner = place.within(layer.defaults)
    if layer.output_stride is not None:
        inner = replace(inner, output_stride=asked_stride(layer.output_stride, place))
    own = work.resolver.text(layer.variable_name, place.environment) if layer.variable_name is not None else None
    variable_path = place.variable(name, own)
    if layer.share is not None:
        variable_path = entry(layer.share, place).variable_path
        inner = replace(inner, shared=True)
    holder, below = _enter(name, layer, place)
    path = joined(place.path, name)
    inner = replace(inner, names=below)
    outcome = expand_body(layer.body, copy, source, path, variable_path, layer, inner)
    if layer.output_stride is not None:
        check_reached(outcome.first, inner.output_stride, layer.output_stride.span, place)
    _register(layer, name, outcome, variable_path, holder, below, place)
    return outcome


def _anonymous(body: Body) -> str:
    return body.op.text if isinstance(body, (Call, Join)) else "layers"


def _enter(name: str, layer: Layer, place: Place) -> tuple[Names, Names]:
    """The scope that will hold the last part of the name, and a new one for what lies below the layer."""
    holder = place.names
    for part in name.split("/")[:-1]:
        holder = holder.level(part, layer.span)
    return holder, Names(holder)


def _register(
    layer: Layer, name: str, outcome: Bundle, variable_path: str, holder: Names, below: Names, place: Place
) -> None:
    sketch, path = place.work.sketch, joined(place.path, name)
    if layer.name is not None:
        older = holder.add(name.rpartition("/")[2], Entry(outcome, below, variable_path, layer.span))
        if older is not None:
            note = Note("the first one", older.span)
            place.work.findings.add("AS302", f"two layers are called `{path}`", layer.span, note, help="rename one")
            return
    if outcome.first is not None:
        if layer.name is not None:
            sketch.endpoints.setdefault(bare(path), outcome.first)
            sketch.endpoints[path] = outcome.first
        if layer.endpoint is not None:
            _alias(layer.endpoint, outcome.first, place)


def _alias(node: Scalar, tensor: str, place: Place) -> None:
    sketch, name = place.work.sketch, place.work.resolver.text(node, place.environment)
    if sketch.endpoints.get(name, tensor) != tensor:
        place.work.findings.add("AS311", f"the end point `{name}` is taken", node.span, help="choose another name")
    sketch.endpoints[name] = tensor


def _otherwise(layer: Layer, name: str, copy: Copy, incoming: Bundle, place: Place) -> Bundle | None:
    if isinstance(layer.otherwise, Layer):
        return _layer(replace(layer.otherwise, name=layer.name), copy, incoming, place)
    holder, below = _enter(name, layer, place)
    assert layer.when is not None
    if layer.otherwise is None:
        holder.add(name.rpartition("/")[2], Entry(None, below, "", layer.span, absent=layer.when.span))
        return None
    bundle = reference(layer.otherwise, place)
    holder.add(name.rpartition("/")[2], Entry(bundle, below, "", layer.span))
    if bundle.first is not None:
        place.work.sketch.endpoints[joined(place.path, name)] = bundle.first
    return bundle


def expand_body(
    body: Body, copy: Copy, incoming: Bundle, path: str, variable_path: str, layer: Layer, place: Place
) -> Bundle:
    """Expand what a layer is, under its path."""
    if isinstance(body, Missing):
        return UNKNOWN
    if isinstance(body, Sequence):
        inner = replace(place, path=path, variable_path=variable_path)
        return sequence(body.layers, incoming, inner)
    if isinstance(body, BlockCall):
        return block_call(body, copy, incoming, path, variable_path, layer, place)
    if isinstance(body, NetworkCall):
        return network_call(body, incoming, path, variable_path, layer, place)
    if isinstance(body, Join):
        inner = replace(place, path=path, variable_path=variable_path)
        inputs = [bundle.first for bundle in branches(body.branches, incoming, inner)]
    elif body.operands:
        inputs = [reference(operand, place).first for operand in body.operands]
    else:
        inputs = [tensor for _, tensor in incoming.outputs] if incoming.listed else [incoming.first]
    return call(body.op, _said(body, copy, place), body.fields, inputs, path, variable_path, layer.span, place)


def _said(body: Call | Join, copy: Copy, place: Place) -> dict[str, Said]:
    """What the layer itself says for its op's fields: table cells, then keys, then the main value."""
    cls = OPS[body.op.text]
    said = {name: cell for name, cell in copy.cells.items() if name in cls.FIELDS}
    said.update(place.said(body.fields))
    main = cls.main()
    if isinstance(body, Call) and body.main is not None:
        if main is None:
            place.work.findings.add("AS102", f"`{cls.NAME}` has no main value", body.main.span)
        else:
            said[main.name] = Said(body.main, place.environment)
    return said
