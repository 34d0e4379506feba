"""A document expanded: its hyperparameters bound, its inputs made, its layers and heads walked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archspec.compiler.expand.layers import branches, expand_body, sequence
from archspec.compiler.expand.names import Bundle, Entry, Names, Tensor, joined, single
from archspec.compiler.expand.opening import bind_hyperparameters, chosen_variant, make_inputs, root_place
from archspec.compiler.expand.place import Place, Reached, Work
from archspec.compiler.expand.references import reference
from archspec.compiler.expand.sketch import Sketch
from archspec.compiler.expand.unused import check_scopes
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Broken, Resolver, Said
from archspec.compiler.spec.records import Document, Layer, NetworkCall
from archspec.compiler.syntax.nodes import Mapping
from archspec.diagnostics import Findings, Note


@dataclass(frozen=True)
class Expanded:
    """A document's graph, with what the sections after it need: names, scopes, values."""

    graph: Graph | None
    place: Place
    hyperparameters: Values
    calls: dict[str, Values] = field(default_factory=dict)


def expand(document: Document, variant: str, settings: dict[str, Said], resolver: Resolver) -> Expanded | None:
    """The document's flat graph; None after errors in its hyperparameters, all reported in the resolver's findings."""
    findings = resolver.findings
    if not any("depth_fraction" in text for text in document.sources.values()):
        return _expand(
            document, variant, settings, Work(Sketch(findings), resolver, findings, body=expand_body, document=embed)
        )
    # How deep a block stands in the chain is known once all of the chain has been walked: walk it twice.
    silent = Findings()
    counting = Work(Sketch(silent), Resolver(silent), silent, body=expand_body, document=embed)
    _expand(document, variant, settings, counting)
    work = Work(
        Sketch(findings), resolver, findings, chain_length=counting.chain_position, body=expand_body, document=embed
    )
    return _expand(document, variant, settings, work)


def _expand(document: Document, variant: str, settings: dict[str, Said], work: Work) -> Expanded | None:
    chosen, name = chosen_variant(document, variant, work.findings, document.root.span)
    try:
        hyperparameters = bind_hyperparameters(document, chosen, settings, work.resolver)
        place = root_place(document, name, hyperparameters, work, path="", files=(document.file,))
    except Broken:
        return None
    check_scopes(document, work.findings)
    incoming = make_inputs(document, place)
    outcome = sequence(document.layers, incoming, place)
    chain, heads = work.chain_position, _heads(document, outcome, place)
    work.chain_position = chain
    outputs = _outputs(document, place)
    _stale_names(document, work)
    sketch = work.sketch
    graph = None
    if outcome.first is not None and not work.findings.errors and outcome.first in sketch.nodes:
        graph = Graph(place.variable_path, sketch.inputs, sketch.nodes, sketch.endpoints, outcome.first, heads, outputs)
        graph = replace(graph, output=graph.ends[0])
    elif not document.layers:
        help = "write `layers:` with at least one layer"
        work.findings.add("AS312", "the spec has no layers", document.root.span, help=help)
    elif outcome.first is not None and not work.findings.errors:
        help = "look at their `when` and `repeat`"
        work.findings.add("AS312", "none of the spec's layers is left", document.layers[0].span, help=help)
    return Expanded(graph, place, hyperparameters, sketch.calls)


def embed(
    document: Document,
    variant: str,
    settings: dict[str, Said],
    incoming: Bundle,
    path: str,
    root: str,
    layer: Layer,
    outer: Place,
) -> tuple[Bundle, Names, bool]:
    """Expand a document as a layer of another: its outcome, its names, whether `until` ended it. Raises Broken."""
    assert isinstance(layer.body, NetworkCall)
    chosen, name = chosen_variant(document, variant, outer.work.findings, (layer.body.variant or layer.body.file).span)
    hyperparameters = bind_hyperparameters(document, chosen, settings, outer.work.resolver)
    place = root_place(document, name, hyperparameters, outer.work, path, (*outer.files, document.file))
    place = replace(place, variable_path=root) if root else place
    place = replace(place, output_stride=outer.output_stride, shared=outer.shared, names=outer.names.bordered())
    # A file means the same everywhere: only scopes written at the call reach in.
    own = len(outer.frames) - len(layer.defaults)
    until = (joined(path, layer.body.until.text),) if layer.body.until is not None else ()
    place = replace(place, frames=(*place.frames, *outer.frames[own:]), at=path, ends=(*outer.ends, *until))
    tensors = _network_inputs(document, incoming, layer, outer)
    for (key, _), tensor in zip(document.inputs, tensors, strict=True):
        place.names.entries[key.text] = Entry(single(tensor), Names(place.names), "", key.span)
    handed = Bundle(tuple((key.text, tensor) for (key, _), tensor in zip(document.inputs, tensors, strict=True)))
    if len(tensors) == 1:
        place.names.entries.setdefault("input", Entry(single(tensors[0]), Names(place.names), "", layer.span))
    try:
        return sequence(document.layers, handed, place), place.names, False
    except Reached as reached:
        if reached.end not in until:
            raise
        assert layer.body.until is not None
        _cut_off(document, place.names, Note("`until` cuts it off", layer.body.until.span))
        return reached.outcome, place.names, True


def _cut_off(document: Document, names: Names, why: Note) -> None:
    """Enter the layers that were never reached, so that a reference to one says why it is not there."""
    for layer in document.layers:
        if layer.name is not None and layer.name.text not in names.entries and "$" not in layer.name.text:
            names.entries[layer.name.text] = Entry(None, Names(names), "", layer.span, absent=why)


def _network_inputs(document: Document, incoming: Bundle, layer: Layer, outer: Place) -> list[Tensor]:
    """The tensors for a network's inputs: by name where the names agree, else by position."""
    names, given = [key.text for key, _ in document.inputs], dict(incoming.outputs)
    for key, _ in layer.source.pairs if isinstance(layer.source, Mapping) else ():
        if key.text not in names:
            help = nearest(key.text, names) or f"it has {', '.join(names)}"
            outer.work.findings.add("AS306", f"{document.file} has no input `{key.text}`", key.span, help=help)
            raise Broken
    tensors: list[Tensor] = list(given.values())
    if not incoming.listed and not any(name in given for name in names):
        tensors = tensors[:1]
    elif not incoming.listed:
        tensors = [given[name] for name in names if name in given]
    if len(tensors) != len(names):
        message = f"{document.file} takes {len(names)} inputs ({', '.join(names)}), got {len(tensors)}"
        outer.work.findings.add("AS306", message, layer.span, help=f"write `from: {{{names[0]}: …}}`")
        raise Broken
    return tensors


def _heads(document: Document, outcome: Bundle, place: Place) -> dict[str, str]:
    sketch = place.work.sketch
    before = set(sketch.endpoints)
    branches(document.heads, outcome, place)
    written = [layer.name for layer in document.heads if layer.name is not None]
    try:
        names = [place.work.resolver.text(name, place.environment) for name in written]
    except Broken:
        return {}
    return {name: sketch.endpoints[name] for name in names if name in sketch.endpoints and name not in before}


def _outputs(document: Document, place: Place) -> dict[str, str]:
    """The tensors that `outputs` names; what is not there is reported."""
    found: dict[str, str] = {}
    for key, node in document.outputs:
        if node.text in place.work.sketch.endpoints:
            found[key.text] = place.work.sketch.endpoints[node.text]
            continue
        try:
            tensor = reference(node, place).first
        except Broken:
            continue
        if tensor is not None:
            found[key.text] = tensor
    return found


def _stale_names(document: Document, work: Work) -> None:
    for key, _ in document.names:
        if f"name {key.text}" not in work.used_names and not work.findings.errors:
            help = "take the line out, or correct the path"
            work.findings.add("AS215", f"`names` has `{key.text}`, and there is no such layer", key.span, help=help)
