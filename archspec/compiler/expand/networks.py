"""A spec embedded in another as a layer: its tensors are reachable by path, its variables keep its own root name."""

from __future__ import annotations

from archspec.compiler.expand.names import UNKNOWN, Bundle, Names, WrongReference, single
from archspec.compiler.expand.place import Place
from archspec.compiler.resolve import Broken, Said
from archspec.compiler.spec.files import resolve
from archspec.compiler.spec.reading import read_file
from archspec.compiler.spec.records import Document, Layer, NetworkCall
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Note


def network_call(
    body: NetworkCall, incoming: Bundle, path: str, variable_path: str, layer: Layer, place: Place
) -> Bundle:
    """Expand another spec here; what it, or its end point `until`, hands on. Its heads stay out."""
    document, variant = _document(body, place)
    if body.variant is not None:
        variant = place.work.resolver.text(body.variant, place.around().environment)
    caller = place.around()
    root = variable_path if layer.variable_name is not None else ""
    settings = {key.text: Said(node, caller.environment, "explicit", "the call") for key, node in _pairs(body.settings)}
    first = len(place.work.sketch.nodes)
    outcome, names, ended = place.work.document(document, variant, settings, incoming, path, root, layer, place)
    if body.until is None:
        return single(outcome.first)
    if not ended:
        _refuse_end(body.until, names, place)
        return UNKNOWN
    if outcome.first is not None:
        gone = _cut(first, outcome.first, place)
        names.take_away(gone, Note("`until` cuts it off", body.until.span))
    return single(outcome.first)


def _refuse_end(until: Scalar, names: Names, place: Place) -> None:
    try:
        names.bundle(until.text)
    except WrongReference as problem:
        place.work.findings.add(problem.code, str(problem), until.span, help=problem.help)
    else:
        help = "name a layer or an end point of the network"
        place.work.findings.add("AS303", f"`until` cannot end the network at `{until.text}`", until.span, help=help)


def _pairs(node: Mapping | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if node is not None else ()


def _document(body: NetworkCall, place: Place) -> tuple[Document, str]:
    findings = place.work.findings
    reference = place.work.resolver.text(body.file, place.environment)
    file = resolve(place.document.file, reference, body.file.span, place.document.sources, place.files, findings)
    if file is None:
        raise Broken
    before = len(findings.errors)
    document, variant = read_file(file, findings, place.document.sources)
    if document is None or len(findings.errors) > before:
        raise Broken
    return document, variant


def _cut(first: int, until: str, place: Place) -> set[str]:
    """Take away the embedded nodes that the end point does not need; their paths."""
    sketch = place.work.sketch
    embedded, needed, stack = set(list(sketch.nodes)[first:]), set(), [until]
    while stack:
        path = stack.pop()
        if path in embedded and path not in needed:
            needed.add(path)
            stack.extend(sketch.nodes[path].inputs)
    gone = embedded - needed
    for path in gone:
        del sketch.nodes[path]
    sketch.owners = {name: owner for name, owner in sketch.owners.items() if owner[1].path not in gone}
    sketch.endpoints = {name: path for name, path in sketch.endpoints.items() if path not in gone}
    return gone
