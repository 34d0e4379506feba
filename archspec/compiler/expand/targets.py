"""What is made of a layer: its paths, what surrounds its inside, and how deep it may stand."""

from __future__ import annotations

from archspec.compiler.expand.builder import LONGEST_PATH
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.copies import Copy
from archspec.compiler.expand.labels import kind_of, variable_path
from archspec.compiler.expand.names import joined
from archspec.compiler.expand.references import entry
from archspec.compiler.expand.scopes import within
from archspec.compiler.expand.stride import asked_stride
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.expression import UNKNOWN
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.names import check_levels
from archspec.compiler.spec.records import Layer
from archspec.diagnostics import Findings

_DEEPEST = 100
"""Levels of layers and calls of blocks inside one another."""


def target_of(layer: Layer, name: str, copy: Copy, context: Context, resolver: Resolver, usage: Usage) -> Target | None:
    """The paths of a layer and of its variables: its own, or those of the layer that it shares them with."""
    own = resolver.text(layer.variable_name, context.environment) if layer.variable_name is not None else None
    if layer.variable_name is not None:
        if own is None:
            return None
        own = own if check_levels("name", own, layer.variable_name, resolver.findings) else None
    # An unnamed layer's number stays out of its variables' names, or a layer above would rename them.
    path, line = variable_path(kind_of(layer) if layer.name is None else name, own, context)
    if line is not None:
        usage.mark(context.document, "name", line)
    if layer.share is not None:
        other = entry(layer.share, context, resolver)
        if other is None:
            return None
        path = other.variable_path
        if line is not None:
            key = next(key for key, _ in context.document.names if key.text == line)
            message = f"the variables of `{line}` are those of `{layer.share.text}`, so their name would do nothing"
            resolver.findings.add("AS119", message, key.span, help="take it out")
    return Target(layer, joined(context.path, name), path, copy.cells)


def surrounded(layer: Layer, context: Context, resolver: Resolver, usage: Usage) -> Context | None:
    """The context inside a layer: with its scopes, its output stride, and whether its variables are shared."""
    inner = within(layer.defaults, context, usage, resolver.findings)
    stride = context.output_stride
    if layer.output_stride is not None:
        asked = asked_stride(layer.output_stride, context, resolver)
        if asked is UNKNOWN:
            return None
        stride = asked
    return None if inner is None else inner.surrounded(stride, context.shared or layer.share is not None)


def is_shallow(target: Target, context: Context, findings: Findings) -> bool:
    """Whether a layer does not stand too deep inside others; reports where it does."""
    if len(target.path) > LONGEST_PATH:
        message = f"the path of this layer has {len(target.path):,} letters; {LONGEST_PATH:,} is the limit"
        findings.add("AS132", message, target.layer.span, help="give it and the layers around it shorter names")
        return False
    if len(context.calls) + target.path.count("/") <= _DEEPEST:
        return True
    message = f"blocks and layers stand more than {_DEEPEST} levels inside one another"
    findings.add("AS132", message, target.layer.span, help="let some of the blocks be one")
    return False
