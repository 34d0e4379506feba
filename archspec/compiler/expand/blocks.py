"""A block called: its inputs bound, its parameters resolved, its body expanded under the call's path."""

from __future__ import annotations

from dataclasses import replace

from archspec.compiler.expand.copies import Copy
from archspec.compiler.expand.names import UNKNOWN, Bundle, Entry, Names, Tensor, single
from archspec.compiler.expand.parameters import bind, scoped, unknown_argument
from archspec.compiler.expand.place import Place, Work
from archspec.compiler.expand.references import reference
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Broken, Said
from archspec.compiler.spec.records import Block, BlockCall, Layer, Sequence
from archspec.compiler.syntax.nodes import Mapping


def block_call(
    body: BlockCall, copy: Copy, incoming: Bundle, path: str, variable_path: str, layer: Layer, place: Place
) -> Bundle:
    """Expand a call; what the block hands on."""
    work, resolver, caller = place.work, place.work.resolver, place.around()
    name = resolver.text(body.block, caller.environment)
    block = place.document.blocks.get(name)
    if block is None:
        help = (
            nearest(name, place.document.blocks)
            or f"under `blocks` there are: {', '.join(place.document.blocks) or 'none'}"
        )
        work.findings.add("AS211", f"there is no block `{name}`", body.block.span, help=help)
        return UNKNOWN
    work.used_blocks.add(name)
    if name in place.calls:
        circle = " calls ".join([*place.calls[place.calls.index(name) :], name])
        message, help = f"a block cannot lead back to itself: {circle}", "use `repeat` for many of one kind"
        work.findings.add("AS212", message, body.block.span, help=help)
        return UNKNOWN
    if isinstance(layer.source, Mapping):
        _refuse_unknown_inputs(block, layer.source, work)
    names = _bind_inputs(block, incoming, body, place)
    outer = _inside(place, names, path, variable_path, name)
    values = _arguments(block, body, copy, caller, outer)
    work.sketch.calls[path] = values
    inner = outer.with_values({key: resolved.value for key, resolved in values.items()})
    inner = inner.within(block.defaults)
    return _run_block(block, names, path, variable_path, layer, inner)


def _inside(place: Place, names: Names, path: str, variable_path: str, name: str) -> Place:
    """The place inside the call: it sees the document's hyperparameters, not the names around the call."""
    work, fraction = place.work, place.values.get("depth_fraction")
    if not place.calls:
        work.chain_position += 1
        fraction = work.chain_position / (work.chain_length or work.chain_position)
    values = {**place.base, "depth_fraction": fraction}
    calls = (*place.calls, name)
    return replace(place, names=names, path=path, variable_path=variable_path, values=values, calls=calls)


def _run_block(block: Block, names: Names, path: str, variable_path: str, layer: Layer, place: Place) -> Bundle:
    inputs = [(name, entry.bundle.first) for name, entry in names.entries.items() if entry.bundle is not None]
    incoming = Bundle(tuple(pair for pair in inputs if pair[0] != "input") or tuple(inputs))
    # A body that is one operation takes the block's path; its layers are named below it.
    body = replace(block.body, span=layer.span) if not isinstance(block.body.body, Sequence) else block.body
    outcome = place.work.body(body.body, Copy(), incoming, path, variable_path, body, place.within(body.defaults))
    if not block.outputs:
        return single(outcome.first)
    return Bundle(tuple((name, reference(node, place).first) for name, node in block.outputs))


def _refuse_unknown_inputs(block: Block, source: Mapping, work: Work) -> None:
    names = [name for name, _ in block.inputs or (("input", False),)]
    for key, _ in source.pairs:
        if key.text not in names:
            help = nearest(key.text, names) or f"it has {', '.join(names)}"
            work.findings.add("AS306", f"block `{block.name}` has no input `{key.text}`", key.span, help=help)
            raise Broken


def _bind_inputs(block: Block, incoming: Bundle, body: BlockCall, place: Place) -> Names:
    """The block's names: its inputs, by name where the names agree, else by position."""
    declared = block.inputs or (("input", False),)
    given = dict(incoming.outputs)
    by_name = any(name in given for name, _ in declared)
    tensors = [tensor for _, tensor in incoming.outputs]
    if not by_name and not incoming.listed:
        tensors = tensors[:1]
    if not by_name and len(tensors) > len(declared):
        inputs = "1 input" if len(declared) == 1 else f"{len(declared)} inputs"
        message = f"block `{block.name}` takes {inputs}, got {len(tensors)}"
        help = f"its inputs are {', '.join(name for name, _ in declared)}"
        place.work.findings.add("AS306", message, body.block.span, help=help)
        raise Broken
    names = place.names.bordered()
    for position, (name, optional) in enumerate(declared):
        present = name in given if by_name else position < len(tensors)
        if not present and not optional:
            message = f"block `{block.name}` needs its input `{name}`"
            place.work.findings.add("AS306", message, body.block.span, help=f"write `from: {{{name}: …}}`")
            raise Broken
        tensor: Tensor = (given[name] if by_name else tensors[position]) if present else None
        names.entries[name] = Entry(single(tensor) if present else None, Names(names), "", block.span)
    names.entries.setdefault("input", names.entries[declared[0][0]])
    return names


def _arguments(block: Block, body: BlockCall, copy: Copy, place: Place, outer: Place) -> Values:
    resolver, known = place.work.resolver, {parameter.name for parameter in block.parameters}
    what = f"block `{block.name}`"
    unknown = [key for key, _ in body.arguments if key.text not in known]
    for key in unknown:
        unknown_argument(what, key, block.parameters, resolver)
    if unknown:
        raise Broken
    explicit = place.said(body.arguments)
    said: dict[str, list[Said]] = {}
    for name in known:
        candidates = [explicit[name]] if name in explicit else []
        candidates += [copy.cells[name]] if name in copy.cells else []
        said[name] = candidates + scoped(block.name, name, place.frames, resolver)
    return bind(what, block.parameters, said, outer.environment, body.block.span, resolver)
