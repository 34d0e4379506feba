"""A spec of the zoo as one text of its own: what it extends is written out, a variant's values are set.

Nodes that nothing was laid over are copied letter by letter from the text that they stand in; the others are written
anew around them, each with the comments that stand beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

from archspec.compiler.format import laid_out
from archspec.compiler.program import check_file
from archspec.compiler.spec import zoo
from archspec.compiler.spec.document import kind_of
from archspec.compiler.spec.files import load, split_variant
from archspec.compiler.spec.laying import choose
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings, Span
from archspec.reference.pieces import Pieces, nodes
from archspec.reference.writing import Writer

_UNUSED = ("AS216", "AS217", "AS218", "AS219", "AS220")
"""The codes of what is said in vain."""

_MOST_ROUNDS = 8
"""How often what is said in vain is taken out: a hyperparameter may have been read by a block that nothing calls."""

Place = tuple[int, int, int, int]
"""Where a stretch of a text begins and ends: a mapping begins where its first key does."""

_VARIANT = re.compile(r"\$variant\b|\$\(\s*variant\s*\)")


def whole_text(reference: str, file: str, first: str, findings: Findings) -> str | None:
    """The text of `zoo:NAME` or `zoo:NAME#VARIANT` for a file elsewhere; None after reporting why there is none.

    Of a spec with variants and none chosen it is the first. What nothing was laid over is copied letter by letter;
    comments stay with what they stand beside. `first` is the first line, a comment.
    """
    name, variant = split_variant(reference)
    path, sources = zoo.file_of(name, findings), Sources()
    loaded = load(path, sources, findings) if path is not None else None
    if loaded is None:
        return None
    declared = loaded.root.get("variants")
    if isinstance(declared, Mapping):
        known = [key.text for key, _ in declared]
        variant = variant or known[0]
        if variant not in known:
            findings.add("AS213", f"{name} has no variant `{variant}`", help=f"there are {', '.join(known)}")
            return None
    elif variant:
        findings.add("AS213", f"{name} has no variants, so none is called `{variant}`", help=f"write {name}")
        return None
    root = choose(loaded.root, variant, loaded.registry, sources.history, findings)
    pieces = Pieces()
    for source, tree in reversed(sources.trees.items()):
        pieces.read(sources.texts[source], tree)
    writer = Writer(pieces, _renamed(root, variant or loaded.variant))
    lines = writer.mapping(_without_kinds(root, pieces), 0, ())
    return _used(laid_out("\n".join([first, *lines]) + "\n", file), file)


def _used(text: str, file: str) -> str:
    """The text without the tables, blocks, scopes, defaults and hyperparameters that only others of its family use."""
    for _ in range(_MOST_ROUNDS):
        findings = Findings()
        check_file(file, findings=findings, text=text)
        unused = {_place(found.span) for found in findings.items if found.code in _UNUSED and found.span is not None}
        root = parse(text, file, Findings())
        if not unused or not isinstance(root, Mapping):
            return text
        pieces = Pieces()
        pieces.read(text, root)
        kept = _without(root, unused)
        assert isinstance(kept, Mapping)
        text = laid_out("\n".join(Writer(pieces, {}).mapping(kept, 0, ())) + "\n", file)
    return text


def _without(node: Node, places: set[Place]) -> Node:
    """The node without what stands at these places, and without what would be empty then; itself where none does."""
    if isinstance(node, Listing):
        items = tuple(_without(item, places) for item in node.items)
        return Listing(items, node.span) if any(a is not b for a, b in zip(items, node.items, strict=True)) else node
    if not isinstance(node, Mapping):
        return node
    pairs = []
    for key, value in node:
        if _place(key.span) in places or _place(value.span) in places:
            continue
        kept = _without(value, places)
        if kept is value or not (isinstance(kept, Mapping) and not kept.pairs):
            pairs.append((key, kept))
    same = len(pairs) == len(node.pairs) and all(a[1] is b[1] for a, b in zip(pairs, node.pairs, strict=True))
    return node if same else Mapping(tuple(pairs), node.span)


def _place(span: Span) -> Place:
    return span.line, span.column, span.end_line, span.end_column


def _renamed(root: Mapping, variant: str) -> dict[int, str]:
    """The texts that mean something else in a file of its own, by the identity of their nodes."""
    found: dict[int, str] = {}
    for name, node in nodes(root):
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            continue
        file, variant_of_file = split_variant(node.text)
        if name == "network" and Path(file).suffix == ".yaml" and Path(file).stem in zoo.names():
            found[id(node)] = f"{zoo.PREFIX}{Path(file).stem}" + (f"#{variant_of_file}" if variant_of_file else "")
        elif variant and _VARIANT.search(node.text):
            found[id(node)] = _VARIANT.sub(variant, node.text)
    return found


def _without_kinds(root: Mapping, pieces: Pieces) -> Mapping:
    """The document with hyperparameters as a default alone, where the kind laid beside it goes without saying."""
    pairs = []
    for key, value in root:
        if key.text == "hyperparameters" and isinstance(value, Mapping):
            plain = tuple((name, _default(node, pieces)) for name, node in value)
            if any(new is not old for (_, new), (_, old) in zip(plain, value, strict=True)):
                value = Mapping(plain, value.span)
        pairs.append((key, value))
    return Mapping(tuple(pairs), root.span)


def _default(node: Node, pieces: Pieces) -> Node:
    if not isinstance(node, Mapping) or [key.text for key, _ in node] != ["type", "default"]:
        return node
    (key, kind), (_, default) = node.pairs
    laid = id(key) not in pieces.by_key and isinstance(kind, Scalar) and kind.text == kind_of(default)
    return default if laid else node
