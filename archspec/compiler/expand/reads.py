"""Which names the expressions of a document read, found by parsing them."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.expression import names_in, names_of_code
from archspec.compiler.spec.records import (
    BlockCall,
    Body,
    Call,
    Document,
    Join,
    Layer,
    NetworkCall,
    Scope,
    Sequence,
)
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar


def names_read(node: Node | None, code: bool = False) -> Iterator[str]:
    """Every name in an expression of a tree; `code` where the node is an expression by position, as behind `when`."""
    if isinstance(node, Scalar):
        if "$" in node.text:
            yield from names_in(node.text)
        elif code:
            yield from names_of_code(node.text)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from names_read(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield from names_in(key.text) if "$" in key.text else ()
            yield from names_read(value, key.text == "when")


def names_read_in_document(document: Document) -> set[str]:
    """Every name that an expression of the document reads; what a function's parameters hide is not among them."""
    pairs = document.root.pairs if isinstance(document.root, Mapping) else ()
    found = {name for key, section in pairs if key.text != "functions" for name in names_read(section)}
    for function in document.functions.values():
        found |= names_of_code(function.body) - set(function.parameters)
    return found


def names_read_in_block(document: Document, name: str) -> set[str]:
    """Every name that a block's expressions read, those of scopes and tables that it names included."""
    blocks = document.root.get("blocks") if isinstance(document.root, Mapping) else None
    tree = blocks.get(name) if isinstance(blocks, Mapping) else None
    found = set(names_read(tree))
    texts = set(_texts(tree))
    for scope in texts & document.scopes.keys():
        found.update(_in_scope(document.scopes[scope]))
    for table in texts & document.tables.keys():
        found.update(names_read(document.tables[table]))
    return found


def blocks_in_block(document: Document, name: str) -> set[str] | None:
    """The blocks that a block may call; None where expressions give their names, or a network stands in it."""
    blocks = document.root.get("blocks") if isinstance(document.root, Mapping) else None
    tree = blocks.get(name) if isinstance(blocks, Mapping) else None
    pairs = list(_pairs(tree))
    if any(key == "network" or (key == "block" and "$" in text) for key, text in pairs):
        return None
    return {text for _, text in pairs} & document.blocks.keys()


def _pairs(node: Node | None, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a tree, with the key that it stands behind; an empty one for a mapping."""
    if isinstance(node, Scalar):
        yield key, node.text
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _pairs(item, key)
    elif isinstance(node, Mapping):
        yield key, ""
        for name, value in node.pairs:
            yield from _pairs(value, name.text)


def _texts(node: Node | None) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif node is not None:
        for item in node.items if isinstance(node, Listing) else [value for _, value in node.pairs]:
            yield from _texts(item)


def names_read_by(layer: Layer, document: Document) -> set[str]:
    """Every name that the expressions on a layer, and on those inside it, read."""
    plain = (layer.name, layer.source, layer.repeat, layer.endpoint, layer.share, layer.variable_name)
    found = {name for node in (*plain, layer.output_stride) for name in names_read(node)}
    found.update(names_read(layer.when, code=True))
    for scope in layer.defaults:
        named = document.scopes.get(scope.text) if isinstance(scope, Scalar) else scope
        found.update(_in_scope(named) if named is not None else ())
    other = layer.otherwise
    found.update(names_read_by(other, document) if isinstance(other, Layer) else names_read(other))
    return found | _in_body(layer.body, document)


def _in_scope(scope: Scope) -> set[str]:
    return {name for default in scope.defaults for name in names_read(default.value)}


def _in_body(body: Body, document: Document) -> set[str]:
    inner = body.layers if isinstance(body, Sequence) else body.branches if isinstance(body, Join) else ()
    found = {name for layer in inner for name in names_read_by(layer, document)}
    for node in _written(body):
        found.update(names_read(node))
    for layer in inner:
        found.update(names_read(layer.table))
    return found


def _written(body: Body) -> Iterator[Node | None]:
    if isinstance(body, Call):
        yield from (body.main, *(body.operands or ()))
    if isinstance(body, (Call, Join)):
        yield from (value for _, value in body.fields)
    if isinstance(body, BlockCall):
        yield from (body.block, *(value for _, value in body.arguments))
    if isinstance(body, NetworkCall):
        yield from (body.file, body.settings, body.until, body.variant)
