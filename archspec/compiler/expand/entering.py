"""Layers entered into the names of their scope: made, wrong, or not there."""

from __future__ import annotations

from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.names import NO_TENSOR, Entry, Names
from archspec.compiler.spec.records import Layer
from archspec.diagnostics import Findings, Note


def holder_of(name: str, layer: Layer, context: Context) -> tuple[Names, str]:
    """The scope that holds the last part of a layer's name, and that part."""
    *levels, leaf = name.split("/")
    holder = context.names
    for level in levels:
        holder = holder.level(level, layer.span)
    return holder, leaf


def enter_wrong(layer: Layer, name: str, context: Context) -> None:
    """Enter a layer that has an error, so that what refers to it stays silent."""
    if layer.name is not None and "$" not in name:
        holder, leaf = holder_of(name, layer, context)
        holder.add(leaf, Entry(NO_TENSOR, holder.below(leaf), "", layer.span))


def is_free(leaf: str, holder: Names, target: Target, findings: Findings) -> bool:
    """Whether a layer's scope has its name not yet; reports where it has."""
    layer = target.layer
    older = holder.entries.get(leaf) if layer.name is not None else None
    if older is None:
        return True
    if older.span == layer.span:
        help = "write the counter into the name: $i, or $_i for nothing, _1, _2, …"
        findings.add("AS302", f"the copies of `{target.path}` have one name", layer.span, help=help)
    else:
        note = Note("the first one", older.span)
        findings.add("AS302", f"two layers are called `{target.path}`", layer.span, note, help="rename one")
    return False
