"""The expansion: layers, one after the other and side by side, blocks and networks, down to the nodes of a graph.

One recursion. What surrounds a layer is a Context, what is made of it a Target; both are frozen. What changes stands
in the Expander: the findings, the graph in its builder, what is used, how deep blocks stand. A mistake is reported
where it is found; what needs the wrong thing hands on NO_TENSOR and stays silent. None is a layer that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archspec.compiler.expand.blocks import arguments, bind_inputs, block_of, inputs_of
from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.copies import Copy, copies
from archspec.compiler.expand.counting import counted
from archspec.compiler.expand.depth import Depths, inherited
from archspec.compiler.expand.endpoints import alias, ending, endpoint_name, name_endpoint
from archspec.compiler.expand.labels import kind_of, labels, name_of, variable_path
from archspec.compiler.expand.names import NO_TENSOR, Bundle, Entry, Names, joined, single
from archspec.compiler.expand.networks import enter_cut_off, enter_inputs, read_network, refuse_end
from archspec.compiler.expand.opening import bind_hyperparameters, chosen_variant, opened
from archspec.compiler.expand.ops import append_op
from archspec.compiler.expand.reads import names_read
from archspec.compiler.expand.references import entry, reference, source_of
from archspec.compiler.expand.scopes import within
from archspec.compiler.expand.stride import asked_stride, check_reached
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.budget import COPY, FINDING, Budget
from archspec.compiler.language.expression import UNKNOWN
from archspec.compiler.language.ops import OPS
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.records import (
    Block,
    BlockCall,
    Body,
    Call,
    Document,
    Join,
    Layer,
    Missing,
    NetworkCall,
    Sequence,
)
from archspec.compiler.syntax.nodes import Mapping
from archspec.diagnostics import Findings, Note

_DEEPEST = 100
"""Levels of layers and calls of blocks inside one another."""


@dataclass(frozen=True)
class Made:
    """A copy of a layer that is made: its name and what it hands on."""

    name: str
    outcome: Bundle


@dataclass(frozen=True)
class Ended:
    """The layer at which an `until` ends a network: which end it is, and what it hands on."""

    end: str
    outcome: Bundle


@dataclass
class Expander:
    """Expands the layers of documents into one graph."""

    resolver: Resolver
    builder: Builder
    budget: Budget
    usage: Usage = field(default_factory=Usage)
    depths: Depths = field(default_factory=Depths)
    ended: Ended | None = None
    """Set from where an `until` is reached to where its network ends: all layers in between are left out."""

    @property
    def findings(self) -> Findings:
        """What has been reported."""
        return self.resolver.findings

    @property
    def stopped(self) -> bool:
        """Whether no further layer is to be made."""
        return self.ended is not None or self.budget.exhausted or self.builder.full

    def sequence(self, layers: tuple[Layer, ...], incoming: Bundle, context: Context) -> Bundle:
        """Expand layers that run one after the other; what the last one hands on."""
        names = context.names
        names.later.update({layer.name.text: layer.span for layer in layers if layer.name is not None})
        for layer, label in zip(layers, labels(layers), strict=True):
            names.later.pop(label, None)
            names.making.add(label)
            made = self._copied(layer, label, incoming, context, chained=True)
            names.making.discard(label)
            incoming = made[-1].outcome if made else incoming
            if self.stopped:
                break
        return incoming

    def branches(self, layers: tuple[Layer, ...], incoming: Bundle, context: Context) -> list[Made]:
        """Expand layers side by side, all from the same input."""
        found: list[Made] = []
        for layer, label in zip(layers, labels(layers), strict=True):
            found += self._copied(layer, label, incoming, context, chained=False)
            if self.stopped:
                break
        return found

    def _copied(self, layer: Layer, label: str, incoming: Bundle, context: Context, chained: bool) -> list[Made]:
        """Expand every copy of a layer; those that are there."""
        made: list[Made] = []
        found = copies(layer, context, self.resolver, self.usage)
        if found is None:
            self._enter_wrong(layer, label, context)
            return [Made(label, NO_TENSOR)]
        for copy in found:
            before = len(self.findings.items)
            source = made[-1].outcome if chained and made else incoming
            one = self._layer(layer, label, copy, source, context.with_values(copy.values))
            if one is not None:
                made.append(one)
            self.budget.charge(COPY + FINDING * (len(self.findings.items) - before), layer.span, self.findings)
            if self.stopped:
                break
        if chained and len(made) > 1:
            self._note_alike(layer, made, context)
        return made

    def _note_alike(self, layer: Layer, made: list[Made], context: Context) -> None:
        """Note copies that run one after the other and all read what one `from` names."""
        if layer.source is not None and not any(names_read(layer.source)):
            paths = (joined(context.path, one.name) for one in made[:-1])
            self.builder.alike.update(dict.fromkeys(paths, layer.source.span))

    def _layer(self, layer: Layer, label: str, copy: Copy, incoming: Bundle, context: Context) -> Made | None:
        """Expand one copy; None where `when` leaves it out."""
        name = name_of(layer, label, context, self.resolver)
        present = True if layer.when is None else self.resolver.condition(layer.when, context.environment)
        if name is None or present is None:
            self._enter_wrong(layer, name or label, context)
            return Made(name or label, NO_TENSOR)
        if not present:
            return self._otherwise(layer, name, copy, incoming, context)
        outcome = self._present(layer, name, copy, incoming, context)
        if outcome is None:
            self._enter_wrong(layer, name, context)
        return Made(name, outcome or NO_TENSOR)

    def _enter_wrong(self, layer: Layer, name: str, context: Context) -> None:
        """Enter a layer that has an error, so that what refers to it stays silent."""
        if layer.name is not None and "$" not in name:
            holder, leaf = _holder(name, layer, context)
            holder.add(leaf, Entry(NO_TENSOR, holder.below(leaf), "", layer.span))

    def _otherwise(self, layer: Layer, name: str, copy: Copy, incoming: Bundle, context: Context) -> Made | None:
        """What stands in the place of a layer whose `when` is false."""
        other, holder, leaf = layer.otherwise, *_holder(name, layer, context)
        if isinstance(other, Layer):
            other = replace(other, name=layer.name, endpoint=other.endpoint or layer.endpoint)
            return self._layer(other, name, copy, incoming, context)
        assert layer.when is not None
        if other is None:
            why = Note("its `when` is false", layer.when.span)
            holder.add(leaf, Entry(None, holder.below(leaf), "", layer.span, absent=why))
            return None
        bundle = reference(other, context, self.resolver) or NO_TENSOR
        holder.add(leaf, Entry(bundle, holder.below(leaf), "", layer.span))
        if bundle.first is not None:
            name_endpoint(joined(context.path, name), bundle.first, layer.span, self.builder)
            if layer.endpoint is not None:
                alias(layer.endpoint, bundle.first, context, self.resolver, self.builder)
        return Made(name, bundle)

    def _present(self, layer: Layer, name: str, copy: Copy, incoming: Bundle, context: Context) -> Bundle | None:
        """Expand a layer that is there and enter it; None after an error that leaves nothing to enter."""
        source = source_of(layer, incoming, context, self.resolver)
        target = self._target(layer, name, copy, context)
        inner = self._surrounded(layer, context)
        holder, leaf = _holder(name, layer, context)
        if source is None or target is None or inner is None or not self._is_free(leaf, layer, holder, target):
            return None
        caller = inner.inside(holder, self.builder)
        below = holder.below(leaf, border=isinstance(layer.body, (BlockCall, NetworkCall)))
        outcome = self._body(layer.body, source, target, inner.inside(below, self.builder), caller)
        if self.ended is not None:
            holder.add(leaf, Entry(None, below, target.variable_path, layer.span))
            return outcome
        if layer.output_stride is not None:
            check_reached(outcome.first, inner.output_stride, layer.output_stride.span, self.builder)
        if layer.name is not None:
            holder.add(leaf, Entry(outcome, below, target.variable_path, layer.span))
        self._name_ends(outcome, target, context)
        return outcome

    def _target(self, layer: Layer, name: str, copy: Copy, context: Context) -> Target | None:
        """The paths of a layer and of its variables: its own, or those of the layer that it shares them with."""
        own = self.resolver.text(layer.variable_name, context.environment) if layer.variable_name is not None else ""
        path, line = variable_path(_kind(name, layer), own if layer.variable_name is not None else None, context)
        if line is not None:
            self.usage.mark(context.document, "name", line)
        if layer.share is not None:
            other = entry(layer.share, context, self.resolver)
            if other is None:
                return None
            path = other.variable_path
        return None if own is None else Target(layer, joined(context.path, name), path, copy.cells)

    def _surrounded(self, layer: Layer, context: Context) -> Context | None:
        """The context inside a layer: with its scopes, its output stride, and whether its variables are shared."""
        inner = within(layer.defaults, context, self.usage, self.findings)
        stride = context.output_stride
        if layer.output_stride is not None:
            asked = asked_stride(layer.output_stride, context, self.resolver)
            if asked is UNKNOWN:
                return None
            stride = asked
        if inner is None:
            return None
        return inner.surrounded(stride, context.shared or layer.share is not None)

    def _is_free(self, leaf: str, layer: Layer, holder: Names, target: Target) -> bool:
        """False after reporting that the layer's scope has its name already."""
        older = holder.entries.get(leaf) if layer.name is not None else None
        if older is None:
            return True
        if older.span == layer.span:
            help = "write the counter into the name: $i, or $_i for nothing, _1, _2, …"
            self.findings.add("AS302", f"the copies of `{target.path}` have one name", layer.span, help=help)
        else:
            note = Note("the first one", older.span)
            message = f"two layers are called `{target.path}`"
            self.findings.add("AS302", message, layer.span, note, help="rename one")
        return False

    def _name_ends(self, outcome: Bundle, target: Target, context: Context) -> None:
        """Name the end points of a layer, and note where an `until` around names it."""
        layer, endpoint = target.layer, None
        if outcome.first is not None and layer.name is not None:
            name_endpoint(target.path, outcome.first, layer.span, self.builder)
        if outcome.first is not None and layer.endpoint is not None:
            alias(layer.endpoint, outcome.first, context, self.resolver, self.builder)
            endpoint = endpoint_name(layer.endpoint, context, self.resolver)
        end = ending(target.path, endpoint, context) if layer.name is not None else None
        if end is not None:
            self.ended = Ended(end, outcome)

    def _body(self, body: Body, incoming: Bundle, target: Target, context: Context, caller: Context) -> Bundle:
        """Expand what a layer is; `context` is its inside, `caller` where it stands."""
        inner = context.below(target)
        if isinstance(body, Missing) or not self._ends(target, context):
            return NO_TENSOR
        if isinstance(body, Sequence):
            return self.sequence(body.layers, incoming, inner)
        if isinstance(body, BlockCall):
            return self._block(body, incoming, target, inner, caller)
        if isinstance(body, NetworkCall):
            return self._network(body, incoming, target, inner, caller)
        inputs = self._inputs(body, incoming, target, context)
        if inputs is None:
            return NO_TENSOR
        return append_op(OPS[body.op.text], body, inputs, target, context, self.resolver, self.builder)

    def _ends(self, target: Target, context: Context) -> bool:
        """Whether layers do not stand too deep inside one another; reports where they do."""
        if len(context.calls) + target.path.count("/") <= _DEEPEST:
            return True
        message = f"blocks and layers stand more than {_DEEPEST} levels inside one another"
        help = "let some of the blocks be one"
        self.findings.add("AS132", message, target.layer.span, help=help)
        return False

    def _inputs(self, body: Call | Join, incoming: Bundle, target: Target, context: Context) -> list[str | None] | None:
        """The tensors that an op takes: its branches' or operands', or what comes in; None after an error."""
        if isinstance(target.layer.source, Mapping):
            help = "only a block, a network or a sequence has inputs by name; write `from: [a, b]`"
            message = f"`{body.op.text}` has no inputs by name"
            self.findings.add("AS306", message, target.layer.source.span, help=help)
            return None
        if isinstance(body, Join):
            if len(incoming.outputs) > 1 and incoming.listed:
                message = f"the branches of `{body.op.text}` take one input, got {len(incoming.outputs)}"
                self.findings.add("AS306", message, target.layer.span, help="write `from:` on the branches")
                return None
            inner = context.below(target)
            made = self.branches(body.branches, incoming, inner)
            return None if self.stopped else [one.outcome.first for one in made]
        if body.operands is not None:
            found = [reference(operand, context, self.resolver) for operand in body.operands]
            return [bundle.first if bundle is not None else None for bundle in found]
        return [tensor for _, tensor in incoming.outputs] if incoming.listed else [incoming.first]

    def _block(self, body: BlockCall, incoming: Bundle, target: Target, context: Context, caller: Context) -> Bundle:
        """Expand a call of a block: its inputs bound, its parameters resolved, its body under the call's path."""
        block = block_of(body, caller, self.resolver)
        if block is None:
            return NO_TENSOR
        self.usage.mark(context.document, "block", block.name)
        if not bind_inputs(block, incoming, body, target.layer, context.names, self.findings):
            return NO_TENSOR
        depth = self.depths.next(caller) if self.depths.counts(block.name, caller) else inherited(caller)
        environment = replace(context.environment, values={**context.constants, **depth})
        values = arguments(block, body, target.cells, caller, environment, self.resolver)
        if values is None:
            return NO_TENSOR
        self.builder.calls[target.path] = values
        inner = replace(context, environment=environment, calls=(*context.calls, block.name))
        inner = inner.with_values({name: resolved.value for name, resolved in values.items()})
        return self._block_body(block, target, inner)

    def _block_body(self, block: Block, target: Target, context: Context) -> Bundle:
        body, incoming = block.body.body, inputs_of(block, context.names)
        inner = within((*block.defaults, *block.body.defaults), context, self.usage, self.findings)
        if inner is None:
            return NO_TENSOR
        # A body that is one operation takes the block's path; its layers are named below it.
        layer = block.body if isinstance(body, Sequence) else replace(block.body, span=target.layer.span)
        below = inner
        if isinstance(body, (BlockCall, NetworkCall)):
            below = inner.inside(Names(None, around=inner.names), self.builder)
        outcome = self._body(body, incoming, replace(target, layer=layer, cells={}), below, inner)
        if not block.outputs or self.stopped:
            return single(outcome.first)
        named = [(name, reference(node, inner, self.resolver)) for name, node in block.outputs]
        return Bundle(tuple((name, bundle.first if bundle is not None else None) for name, bundle in named))

    def _network(
        self, body: NetworkCall, incoming: Bundle, target: Target, context: Context, caller: Context
    ) -> Bundle:
        """Expand another spec here; what it, or its end point `until`, hands on. Its heads stay out."""
        read = read_network(body, caller, self.resolver)
        if read is None:
            return NO_TENSOR
        document, variant = read
        inner = self._opened(document, variant, body, target, context, caller)
        handed = enter_inputs(document, incoming, target.layer, inner.names, self.findings)
        if handed is None:
            return NO_TENSOR
        first = len(self.builder.nodes)
        outcome = self.layers(document, handed, inner)
        if body.until is None:
            return single(outcome.first)
        if self.ended is None or self.ended.end != joined(target.path, body.until.text):
            if self.ended is None and not self.stopped:
                refuse_end(body.until, inner.names, self.findings)
            return NO_TENSOR
        outcome, self.ended = self.ended.outcome, None
        enter_cut_off(document, inner.names, body.until.span)
        if outcome.first is not None:
            gone = self.builder.cut(first, outcome.first)
            inner.names.take_away(gone, Note("`until` cuts it off", body.until.span))
        return single(outcome.first)

    def _opened(
        self, document: Document, variant: str, body: NetworkCall, target: Target, context: Context, caller: Context
    ) -> Context:
        """The context inside an embedded document. It means the same everywhere: only scopes at the call reach in."""
        span = (body.variant or body.file).span
        chosen, name = chosen_variant(document, variant, self.findings, span)
        pairs = body.settings.pairs if body.settings is not None else ()
        settings = {key.text: Written(node, caller.environment, "explicit", "the call") for key, node in pairs}
        hyperparameters = bind_hyperparameters(document, chosen, settings, self.budget, self.resolver)
        inner = opened(document, name, hyperparameters, context.names, self.builder, self.resolver)
        own = len(caller.frames) - len(target.layer.defaults)
        until = (joined(target.path, body.until.text),) if body.until is not None else ()
        return replace(
            inner,
            path=target.path,
            root=target.path,
            variable_path=target.variable_path if target.layer.variable_name is not None else inner.variable_path,
            output_stride=context.output_stride,
            shared=context.shared,
            frames=(*inner.frames, *caller.frames[own:]),
            files=(*caller.files, document.file),
            ends=(*caller.ends, *until),
        )

    def layers(self, document: Document, incoming: Bundle, context: Context) -> Bundle:
        """Expand the main line of a document, the calls that read their depth being counted before."""
        chain = context.root, False
        if self.depths.reading(document) and chain not in self.depths.length:
            count = counted(document.layers, context, self.depths)
            self.depths.length[chain] = self._counted_by_making(document, incoming, context) if count is None else count
        return self.sequence(document.layers, incoming, context)

    def heads(self, document: Document, incoming: Bundle, context: Context) -> dict[str, str]:
        """Expand a document's heads; the tensor of each by name. Their calls are counted apart."""
        context = replace(context, in_heads=True)
        if self.depths.reading(document):
            self.depths.length[context.root, True] = counted(document.heads, context, self.depths) or 0
        made = self.branches(document.heads, incoming, context)
        return {one.name: one.outcome.first for one in made if one.outcome.first is not None}

    def _counted_by_making(self, document: Document, incoming: Bundle, context: Context) -> int:
        """How many calls read their depth where tensors decide: all is made once in silence, on a graph of its own."""
        silent = Resolver(Findings())
        builder = Builder(silent.findings, self.budget)
        builder.inputs.update(self.builder.known(tensor for _, tensor in incoming.outputs if tensor is not None))
        counting = Expander(silent, builder, self.budget)
        names = Names(entries=dict(context.names.entries))
        counting.depths.length[context.root, False] = 0
        counting.sequence(document.layers, incoming, context.inside(names, builder))
        return counting.depths.position.get((context.root, False), 0)


def _kind(name: str, layer: Layer) -> str:
    """What variables are called by: an unnamed layer's number stays out, or a layer above would rename them."""
    return kind_of(layer) if layer.name is None else name


def _holder(name: str, layer: Layer, context: Context) -> tuple[Names, str]:
    """The scope that holds the last part of a layer's name, and that part."""
    *levels, leaf = name.split("/")
    holder = context.names
    for level in levels:
        holder = holder.level(level, layer.span)
    return holder, leaf
