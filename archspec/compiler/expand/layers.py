"""Layers, one after the other and side by side, blocks and networks, down to nodes."""

from __future__ import annotations

import re
from dataclasses import replace

from archspec.compiler.expand.blocks import block_call
from archspec.compiler.expand.calls import call
from archspec.compiler.expand.copies import Copy, copies
from archspec.compiler.expand.names import UNKNOWN, Bundle, Entry, Names, joined
from archspec.compiler.expand.networks import network_call
from archspec.compiler.expand.place import Place, Reached
from archspec.compiler.expand.references import entry, reference, source_of
from archspec.compiler.expand.register import alias, enter, refuse_double, register
from archspec.compiler.expand.stride import asked_stride, check_reached
from archspec.compiler.language.expression import NotKnown
from archspec.compiler.language.ops import OPS
from archspec.compiler.resolve import Broken, Said
from archspec.compiler.spec.records import BlockCall, Body, Call, Join, Layer, Missing, NetworkCall, Sequence
from archspec.compiler.syntax.nodes import Mapping
from archspec.diagnostics import Note


def sequence(layers: tuple[Layer, ...], incoming: Bundle, place: Place) -> Bundle:
    """Expand layers that run one after the other; what the last one hands on."""
    place.names.later.update({layer.name.text: layer.span for layer in layers if layer.name is not None})
    for layer in layers:
        name = layer.name.text if layer.name is not None else ""
        place.names.later.pop(name, None)
        place.names.making.add(name)
        for outcome in _copied(layer, incoming, place, chained=True):
            incoming = outcome
        place.names.making.discard(name)
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
    name = _name(layer, place)
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
    holder, below = enter(name, layer, place)
    path = joined(place.path, name)
    if layer.name is not None:
        refuse_double(name, layer, holder, place)
    inner = replace(inner, names=below)
    try:
        outcome = expand_body(layer.body, copy, source, path, variable_path, layer, inner)
    except Reached:
        holder.add(name.rpartition("/")[2], Entry(None, below, variable_path, layer.span))
        raise
    if layer.output_stride is not None:
        check_reached(outcome.first, inner.output_stride, layer.output_stride.span, place)
    register(layer, name, outcome, variable_path, holder, below, place)
    return outcome


_NAME = re.compile(r"(\([\w-]+\)|[\w-]+)(/(\([\w-]+\)|[\w-]+))*")


def _name(layer: Layer, place: Place) -> str:
    """The layer's name, its expressions evaluated; for a bare operation that of the op. Raises Broken."""
    if layer.name is None:
        return layer.body.op.text if isinstance(layer.body, (Call, Join)) else "layers"
    name = place.work.resolver.text(layer.name, place.environment)
    if not _NAME.fullmatch(name):
        help = "use letters, digits, _ and -; / between levels, ( ) around a silent one"
        place.work.findings.add("AS118", f"`{name}` cannot be the name of a layer", layer.name.span, help=help)
        raise Broken
    return name


def _otherwise(layer: Layer, name: str, copy: Copy, incoming: Bundle, place: Place) -> Bundle | None:
    if isinstance(layer.otherwise, Layer):
        other = layer.otherwise
        return _layer(replace(other, name=layer.name, endpoint=other.endpoint or layer.endpoint), copy, incoming, place)
    holder, below = enter(name, layer, place)
    assert layer.when is not None
    if layer.otherwise is None:
        holder.add(
            name.rpartition("/")[2],
            Entry(None, below, "", layer.span, absent=Note("its `when` is false", layer.when.span)),
        )
        return None
    bundle = reference(layer.otherwise, place)
    holder.add(name.rpartition("/")[2], Entry(bundle, below, "", layer.span))
    if bundle.first is not None:
        place.work.sketch.endpoints[joined(place.path, name)] = bundle.first
        if layer.endpoint is not None:
            alias(layer.endpoint, bundle.first, place)
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
    if isinstance(layer.source, Mapping):
        help = "only a block, a network or a sequence has inputs by name; write `from: [a, b]`"
        place.work.findings.add("AS306", f"`{body.op.text}` has no inputs by name", layer.source.span, help=help)
        return UNKNOWN
    if isinstance(body, Join):
        if len(incoming.outputs) > 1 and incoming.listed:
            message = f"the branches of `{body.op.text}` take one input, got {len(incoming.outputs)}"
            place.work.findings.add("AS306", message, layer.span, help="write `from:` on the branches")
            return UNKNOWN
        inner = replace(place, path=path, variable_path=variable_path)
        inputs = [bundle.first for bundle in branches(body.branches, incoming, inner)]
    elif body.operands is not None:
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
