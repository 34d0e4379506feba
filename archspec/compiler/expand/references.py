"""References of a layer to the tensors of others; what cannot be followed is reported at its place, and None."""

from __future__ import annotations

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.names import Bundle, Entry, WrongReference
from archspec.compiler.language.budget import GUESS
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.records import Layer
from archspec.compiler.syntax.nodes import Listing, Node, Scalar


def entry(node: Scalar, context: Context, resolver: Resolver) -> Entry | None:
    """The entry that a reference means."""
    text = resolver.text(node, context.environment)
    if text is None:
        return None
    try:
        return context.names.find(text)
    except WrongReference as problem:
        _report(problem, node, context, resolver)
        return None


def reference(node: Node, context: Context, resolver: Resolver) -> Bundle | None:
    """The tensors that a reference means."""
    text = resolver.text(node, context.environment) if isinstance(node, Scalar) else None
    if text is None:
        return None
    try:
        bundle = context.names.bundle(text)
    except WrongReference as problem:
        _report(problem, node, context, resolver)
        return None
    if bundle is None:
        help = f"ask with `when: given({text})`"
        resolver.findings.add("AS304", f"the input `{text}` is not given here", node.span, help=help)
    return bundle


def _report(problem: WrongReference, node: Node, context: Context, resolver: Resolver) -> None:
    notes = [problem.note] if problem.note else []
    resolver.findings.add(problem.code, str(problem), node.span, *notes, help=problem.help)
    context.environment.budget.spend(GUESS * len(context.names.entries))


def source_of(layer: Layer, incoming: Bundle, context: Context, resolver: Resolver) -> Bundle | None:
    """The layer's input: what comes from above, or what `from:` names."""
    node = layer.source
    if node is None:
        return incoming
    if isinstance(node, Scalar):
        return reference(node, context, resolver)
    listed = isinstance(node, Listing)
    pairs = [(str(i), item) for i, item in enumerate(node.items)] if isinstance(node, Listing) else _named(node)
    if not pairs:
        help = "name a layer, or take `from` out to read the one above"
        resolver.findings.add("AS322", "`from` names nothing", node.span, help=help)
        return None
    found = [(name, reference(item, context, resolver)) for name, item in pairs]
    known = [(name, bundle.first) for name, bundle in found if bundle is not None]
    return Bundle(tuple(known), listed) if len(known) == len(found) else None


def _named(node: Node) -> list[tuple[str, Node]]:
    return [(key.text, value) for key, value in node.pairs] if not isinstance(node, (Scalar, Listing)) else []
