"""A block called: which block, its inputs by name or by position, its parameters."""

from __future__ import annotations

from collections.abc import Mapping as Readable

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.names import Bundle, Entry, Names, Tensor, single
from archspec.compiler.expand.parameters import bind, unknown_argument
from archspec.compiler.language.budget import CALL, GUESS, PARAMETER, SCOPE
from archspec.compiler.language.expression import Environment
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.records import Block, BlockCall, Layer
from archspec.compiler.syntax.nodes import Mapping
from archspec.diagnostics import Findings

_NO_CIRCLE = (
    "use `repeat` for many of one kind; inside a block that stands for an activation or a norm, write that as null, "
    "where the scopes around say it"
)


def block_of(body: BlockCall, context: Context, resolver: Resolver) -> Block | None:
    """The block that a call names; None after reporting that there is none, or that it leads back to itself."""
    name = resolver.text(body.block, context.environment)
    if name is None:
        return None
    blocks, findings, budget = context.document.blocks, resolver.findings, context.environment.budget
    budget.spend(CALL)
    if name not in blocks:
        budget.spend(GUESS * len(blocks))
        help = nearest(name, blocks) or f"under `blocks` there are: {', '.join(blocks) or 'none'}"
        findings.add("AS211", f"there is no block `{name}`", body.block.span, help=help)
        return None
    if name in context.calls:
        circle = " calls ".join([*context.calls[context.calls.index(name) :], name])
        message, help = f"a block cannot lead back to itself: {circle}", _NO_CIRCLE
        findings.add("AS212", message, body.block.span, help=help)
        return None
    return blocks[name]


def bind_inputs(
    block: Block, incoming: Bundle, body: BlockCall, layer: Layer, names: Names, findings: Findings
) -> bool:
    """Enter a block's inputs, by name where the names agree, else by position; False after reporting a mistake."""
    declared = block.inputs or (("input", False),)
    if not _refuse_unknown(block, [name for name, _ in declared], layer, findings):
        return False
    given = dict(incoming.outputs)
    by_name = any(name in given for name, _ in declared)
    tensors = [tensor for _, tensor in incoming.outputs]
    if not by_name and not incoming.listed:
        tensors = tensors[:1]
    if not by_name and len(tensors) > len(declared):
        inputs = "1 input" if len(declared) == 1 else f"{len(declared)} inputs"
        message = f"block `{block.name}` takes {inputs}, got {len(tensors)}"
        help = f"its inputs are {', '.join(name for name, _ in declared)}"
        findings.add("AS306", message, body.block.span, help=help)
        return False
    for position, (name, optional) in enumerate(declared):
        present = name in given if by_name else position < len(tensors)
        if not present and not optional:
            message = f"block `{block.name}` needs its input `{name}`"
            findings.add("AS306", message, body.block.span, help=f"write `from: {{{name}: …}}`")
            return False
        tensor: Tensor = (given[name] if by_name else tensors[position]) if present else None
        names.entries[name] = Entry(single(tensor) if present else None, Names(names), "", block.span)
    names.entries.setdefault("input", names.entries[declared[0][0]])
    return True


def _refuse_unknown(block: Block, names: list[str], layer: Layer, findings: Findings) -> bool:
    """False after reporting inputs in `from` that the block does not have."""
    given = [key for key, _ in layer.source.pairs] if isinstance(layer.source, Mapping) else []
    unknown = [key for key in given if key.text not in names]
    for key in unknown:
        help = nearest(key.text, names) or f"it has {', '.join(names)}"
        findings.add("AS306", f"block `{block.name}` has no input `{key.text}`", key.span, help=help)
    return not unknown


def inputs_of(block: Block, names: Names) -> Bundle:
    """What the first layer of a block's body takes: the block's inputs, as they are bound."""
    declared = [name for name, _ in block.inputs or (("input", False),)]
    bound = ((name, names.entries[name].bundle) for name in declared)
    return Bundle(tuple((name, bundle.first) for name, bundle in bound if bundle is not None))


def arguments(
    block: Block,
    body: BlockCall,
    cells: Readable[str, Written],
    caller: Context,
    inside: Environment,
    resolver: Resolver,
) -> Values | None:
    """The values of a block's parameters; None after reporting arguments that it does not take, or a bad value.

    What is written at the call wins over the table's cells, these over the scopes around the call. Defaults see what
    is `inside` the block.
    """
    known = [parameter.name for parameter in block.parameters]
    inside.budget.spend(PARAMETER * len(known) + SCOPE * len(caller.frames))
    unknown = [key for key, _ in body.arguments if key.text not in known]
    for key in unknown:
        unknown_argument(f"block `{block.name}`", key, block.parameters, resolver)
    if unknown:
        return None
    candidates = resolver.scoped(block.name, (), caller.frames)
    for source in (cells, caller.written(body.arguments)):
        for name, value in source.items():
            candidates.setdefault(name, []).insert(0, value)
    values = bind(f"block `{block.name}`", block.parameters, candidates, inside, body.block.span, resolver)
    return values if len(values) == len(known) else None
