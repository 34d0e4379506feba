"""References of a layer to the tensors of others; what cannot be followed is reported at its place."""

from __future__ import annotations

from archspec.compiler.expand.names import Bundle, Entry, WrongReference
from archspec.compiler.expand.place import Place
from archspec.compiler.resolve import Broken
from archspec.compiler.spec.records import Layer
from archspec.compiler.syntax.nodes import Listing, Scalar


def entry(node: Scalar, place: Place) -> Entry:
    """The entry that a reference means; raises Broken after reporting."""
    text = place.work.resolver.text(node, place.environment)
    try:
        return place.names.find(text)
    except WrongReference as problem:
        _report(problem, node, place)
        raise Broken from None


def reference(node: Scalar, place: Place) -> Bundle:
    """The tensors that a reference means; raises Broken after reporting."""
    text = place.work.resolver.text(node, place.environment)
    try:
        bundle = place.names.bundle(text)
    except WrongReference as problem:
        _report(problem, node, place)
        raise Broken from None
    if bundle is None:
        help = f"ask with `when: given({text})`"
        place.work.findings.add("AS304", f"the input `{text}` is not given here", node.span, help=help)
        raise Broken
    return bundle


def _report(problem: WrongReference, node: Scalar, place: Place) -> None:
    notes = [problem.note] if problem.note else []
    place.work.findings.add(problem.code, str(problem), node.span, *notes, help=problem.help)


def source_of(layer: Layer, incoming: Bundle, place: Place) -> Bundle:
    """The layer's input: what comes from above, or what `from:` names."""
    node = layer.source
    if node is None:
        return incoming
    if isinstance(node, Scalar):
        return reference(node, place)
    if isinstance(node, Listing):
        tensors = [reference(item, place).first for item in node.items if isinstance(item, Scalar)]
        return Bundle(tuple((str(i), tensor) for i, tensor in enumerate(tensors)), listed=True)
    named = [(key.text, reference(value, place).first) for key, value in node.pairs if isinstance(value, Scalar)]
    return Bundle(tuple(named))
