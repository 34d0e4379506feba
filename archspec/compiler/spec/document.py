"""The root of a node tree to a Document."""

from __future__ import annotations

import keyword

from archspec.compiler.language.registry import Registry
from archspec.compiler.spec.functions import read_functions
from archspec.compiler.spec.layers import (
    COMMON,
    OPERATIONS,
    LayerReader,
)
from archspec.compiler.spec.names import check_names
from archspec.compiler.spec.records import Block, Document, Layer, Parameter, Scope, Variant, items
from archspec.compiler.spec.scopes import read_defaults, read_scope
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar, plain
from archspec.diagnostics import Findings

SECTIONS = ("train", "eval")
KINDS = ("int", "float", "bool", "str", "list", "any")
"""What a parameter can be declared to hold."""

RESERVED = (
    "i",
    "_i",
    "first",
    "last",
    "depth_index",
    "depth_count",
    "depth_fraction",
    "variant",
    "true",
    "false",
    "null",
    *keyword.kwlist,
)
"""Names that expressions have already."""

_BLOCK_KEYS = ("parameters", "inputs", "outputs", "defaults")


def read_document(
    file: str, root: Mapping, registry: Registry, sources: Sources, findings: Findings, variant: str = ""
) -> Document:
    """The document's records; what is wrong is reported and left out."""
    check_names(root, registry, findings)
    reader = LayerReader(registry, findings)
    expect, published = root.get("expect"), root.get("published")
    name, about = root.get("name"), root.get("about")
    return Document(
        file,
        root,
        registry,
        name=name if isinstance(name, Scalar) else None,
        about=about.text if isinstance(about, Scalar) else "",
        precision=root.get("precision"),
        variants=_variants(root.get("variants")),
        hyperparameters=read_parameters(root.get("hyperparameters"), "hyperparameter", findings),
        functions=read_functions(root, findings),
        tables={key.text: value for key, value in _pairs(root.get("tables"))},
        defaults=_document_defaults(root.get("defaults"), findings),
        scopes={
            key.text: read_scope(value, f"scope {key.text}", findings) for key, value in _pairs(root.get("scopes"))
        },
        inputs=_pairs(root.get("inputs")),
        blocks={key.text: _block(key, value, reader) for key, value in _pairs(root.get("blocks"))},
        layers=reader.sequence(root.get("layers") or Listing((), root.span)),
        heads=_heads(root.get("heads"), reader),
        outputs=tuple((key, value) for key, value in _pairs(root.get("outputs")) if isinstance(value, Scalar)),
        names=tuple((key, value) for key, value in _pairs(root.get("names")) if isinstance(value, Scalar)),
        sections={key: value for key in SECTIONS if isinstance(value := root.get(key), Mapping)},
        expect=expect if isinstance(expect, Mapping) else None,
        published=published if isinstance(published, Mapping) else None,
        sources=sources,
        variant=variant,
    )


def _pairs(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if isinstance(node, Mapping) else ()


def _document_defaults(node: Node | None, findings: Findings) -> Scope | None:
    return None if node is None else read_scope(node, "the document's defaults", findings)


def _heads(node: Node | None, reader: LayerReader) -> tuple[Layer, ...]:
    return reader.branches(node) if isinstance(node, Mapping) else ()


def _variants(node: Node | None) -> tuple[Variant, ...]:
    found = []
    for key, value in _pairs(node):
        said = {k.text: v for k, v in _pairs(value)}
        settings, expect, published = said.get("set"), said.get("expect"), said.get("published")
        found.append(
            Variant(
                key.text,
                settings if isinstance(settings, Mapping) else None,
                expect if isinstance(expect, Mapping) else None,
                published if isinstance(published, Mapping) else None,
                key.span,
            )
        )
    return tuple(found)


def read_parameters(node: Node | None, what: str, findings: Findings) -> tuple[Parameter, ...]:
    """Parameters: `name: kind`, `name: default`, or `name: {type, default, one_of, min, max, about}`."""
    found: list[Parameter] = []
    for key, value in _pairs(node):
        if key.text in RESERVED:
            help = "choose another name"
            findings.add("AS108", f"`{key.text}` means something else in expressions", key.span, help=help)
        elif not key.text.isidentifier():
            findings.add(
                "AS108", f"`{key.text}` cannot be named in an expression", key.span, help="use letters, digits, _"
            )
        elif isinstance(value, Mapping):
            found.append(_declared(key, value, findings))
        elif isinstance(value, Scalar) and not value.quoted and value.text in KINDS:
            found.append(Parameter(key.text, value.text, None, key.span))
        else:
            found.append(Parameter(key.text, kind_of(value), value, key.span))
    return tuple(found)


def _declared(key: Scalar, node: Mapping, findings: Findings) -> Parameter:
    said = {k.text: plain(v) for k, v in node.pairs}
    default = node.get("default")
    kind = str(said["type"]) if "type" in said else kind_of(default)
    if kind not in KINDS:
        findings.add("AS102", f"`type` must be one of {', '.join(KINDS)}, got {kind}", node.span)
        kind = "any"
    one_of, low, high = said.get("one_of"), said.get("min"), said.get("max")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        findings.add("AS108", f"`{key.text}` has min {low} above max {high}", key.span, help="exchange them")
        low = high = None
    return Parameter(
        key.text,
        kind,
        default,
        key.span,
        tuple(one_of) if isinstance(one_of, list) else (),
        low if isinstance(low, (int, float)) else None,
        high if isinstance(high, (int, float)) else None,
    )


def kind_of(node: Node | None) -> str:
    """The kind that a default shows: a float default takes any number, an expression and null take anything."""
    if isinstance(node, Listing):
        return "list"
    if not isinstance(node, Scalar) or node.value is None or (isinstance(node.value, str) and "$" in node.value):
        return "any"
    return type(node.value).__name__


def _block(key: Scalar, node: Node, reader: LayerReader) -> Block:
    findings = reader.findings
    said = {k.text: v for k, v in _pairs(node)}
    for k, _ in _pairs(node):
        if k.text in COMMON and k.text != "defaults":
            help = "write it where the block is called, or on a layer inside it"
            findings.add("AS110", f"`{k.text}` would do nothing in the body of block `{key.text}`", k.span, help=help)
    body_pairs = tuple((k, v) for k, v in _pairs(node) if k.text not in _BLOCK_KEYS)
    body = reader.layer(key, Mapping(body_pairs, node.span)) if body_pairs else None
    if body is None:
        keys = ", ".join(OPERATIONS)
        findings.add(
            "AS110", f"block `{key.text}` has no body", key.span, help=f"give it one of {keys}, or an operation"
        )
        body = reader.layer(key, Listing((), node.span))
    return Block(
        key.text,
        read_parameters(said.get("parameters"), "parameter", findings),
        tuple((text.removesuffix("?"), text.endswith("?")) for text in map(_text, items(said.get("inputs")))),
        tuple((k.text, v) for k, v in _pairs(said.get("outputs")) if isinstance(v, Scalar)),
        read_defaults(said.get("defaults"), f"defaults of block {key.text}", findings),
        body,
        key.span,
    )


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
