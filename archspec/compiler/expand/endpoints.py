"""End points: what a layer is called from outside, by path and by the names that `endpoint:` gives."""

from __future__ import annotations

from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context
from archspec.compiler.expand.names import bare, joined
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.names import check_levels
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Note, Span


def name_endpoint(path: str, tensor: str, span: Span, builder: Builder) -> None:
    """Make a layer's output an end point under its path, also without the silent parts of that."""
    if path in builder.aliases:
        note = Note("an end point has this name", builder.aliases[path])
        builder.findings.add("AS311", f"the name `{path}` is taken", span, note, help="rename one")
        return
    builder.named.append((path, tensor, span))
    short = bare(path)
    if short and short != path:
        builder.endpoints.setdefault(short, tensor)
    builder.endpoints[path] = tensor


def alias(node: Scalar, tensor: str, context: Context, resolver: Resolver, builder: Builder) -> None:
    """Give a tensor the end point's name that a layer says; one that is taken is reported."""
    name = endpoint_name(node, context, resolver)
    if name is None:
        return
    if builder.endpoints.get(name, tensor) != tensor:
        notes = [Note("the first one", builder.aliases[name])] if name in builder.aliases else []
        message, help = f"the end point `{name}` is taken", "choose another name"
        builder.findings.add("AS311", message, node.span, *notes, help=help)
    builder.endpoints[name] = tensor
    builder.aliases[name] = node.span


def endpoint_name(node: Scalar, context: Context, resolver: Resolver) -> str | None:
    """The full name of an end point that a layer says; None after an error in it."""
    text = resolver.text(node, context.environment)
    if text is None or not check_levels("endpoint", text, node, resolver.findings):
        return None
    return joined(context.root, text)


def ending(path: str, endpoint: str | None, context: Context) -> str | None:
    """The `until` around that names a layer, by its path, with silent parts or without, or by its end point."""
    if not context.ends:
        return None
    names = {path, joined(context.root, bare(context.own_path(path))), endpoint}
    return next((end for end in context.ends if end in names), None)
