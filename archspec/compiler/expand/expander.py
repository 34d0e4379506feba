"""The expansion: layers, one after the other and side by side, blocks and networks, down to the nodes of a graph.

One recursion. What surrounds a layer is a Context, what is made of it a Target; both are frozen. What changes stands
in the Expander: the findings, the graph in its builder, what is used, how deep blocks stand. A mistake is reported
where it is found; what needs the wrong thing hands on NO_TENSOR and stays silent. None is a layer that is not there.
"""

from __future__ import annotations

from archspec.compiler.expand.again import Again
from archspec.compiler.expand.blocks import arguments, bind_inputs, block_of, inputs_of
from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.copies import Copy, copies
from archspec.compiler.expand.counting import counted
from archspec.compiler.expand.depth import Depths, inherited
from archspec.compiler.expand.endpoints import alias, ending, endpoint_name, name_endpoint
from archspec.compiler.expand.entering import enter_wrong, holder_of, is_free
from archspec.compiler.expand.labels import labels, name_of
from archspec.compiler.expand.names import NO_TENSOR, Bundle, Entry, Names, joined, single
from archspec.compiler.expand.networks import enter_cut_off, enter_inputs, inside_network, read_network, refuse_end
from archspec.compiler.expand.ops import append_op
from archspec.compiler.expand.reads import names_read
from archspec.compiler.expand.references import reference, source_of
from archspec.compiler.expand.scopes import within
from archspec.compiler.expand.stride import check_reached
from archspec.compiler.expand.targets import is_shallow, surrounded, target_of
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.budget import COPY, FINDING, Budget
from archspec.compiler.language.called import CalledBlock
from archspec.compiler.resolve import Resolver
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
from archspec.dataclass import dataclass, field, replace
from archspec.diagnostics import Findings, Note


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
    again: Again = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Nothing has been called so far."""
        self.again = Again(self.builder, self.depths, self.findings)

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
            enter_wrong(layer, label, context)
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
            enter_wrong(layer, name or label, context)
            return Made(name or label, NO_TENSOR)
        if not present:
            return self._otherwise(layer, name, copy, incoming, context)
        outcome = self._present(layer, name, copy, incoming, context)
        if outcome is None:
            enter_wrong(layer, name, context)
        return Made(name, outcome or NO_TENSOR)

    def _otherwise(self, layer: Layer, name: str, copy: Copy, incoming: Bundle, context: Context) -> Made | None:
        """What stands in the place of a layer whose `when` is false."""
        other, holder, leaf = layer.otherwise, *holder_of(name, layer, context)
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
        target = target_of(layer, name, copy, context, self.resolver, self.usage)
        inner = surrounded(layer, context, self.resolver, self.usage)
        holder, leaf = holder_of(name, layer, context)
        if source is None or target is None or inner is None or not is_free(leaf, holder, target, self.findings):
            return None
        calls = isinstance(layer.body, (BlockCall, NetworkCall))
        below = holder.below(leaf, border=calls)
        caller = inner.inside(holder, self.builder) if calls else inner
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
        """Expand what a layer is; `context` is its inside, `caller` where it stands, which calls alone look at."""
        if isinstance(body, Missing) or not is_shallow(target, context, self.findings):
            return NO_TENSOR
        if isinstance(body, (Call, Join)):
            inputs = self._inputs(body, incoming, target, context)
            if inputs is None:
                return NO_TENSOR
            return append_op(body, inputs, target, context, self.resolver, self.builder, self._follow)
        inner = context.below(target)
        if isinstance(body, Sequence):
            return self.sequence(body.layers, incoming, inner)
        if isinstance(body, BlockCall):
            return self._block(body, incoming, target, inner, caller)
        return self._network(body, incoming, target, inner, caller)

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

    def _follow(self, called: CalledBlock, tensor: str, target: Target, context: Context) -> Bundle:
        """Expand a block that stands for a norm or an activation, on what comes before that; it counts for no depth."""
        caller = replace(context, environment=called.environment)
        target = replace(target, layer=replace(target.layer, source=None))
        inside = context.inside(Names(), self.builder).below(target)
        body = BlockCall(called.block, called.arguments)
        return self._block(body, single(tensor), target, inside, caller, follows=True)

    def _block(
        self,
        body: BlockCall,
        incoming: Bundle,
        target: Target,
        context: Context,
        caller: Context,
        follows: bool = False,
    ) -> Bundle:
        """Expand a call of a block: its inputs bound, its parameters resolved, its body under the call's path."""
        block = block_of(body, caller, self.resolver)
        if block is None:
            return NO_TENSOR
        self.usage.mark(context.document, "block", block.name)
        if not bind_inputs(block, incoming, body, target.layer, context.names, self.findings):
            return NO_TENSOR
        counts = not follows and self.depths.counts(block.name, caller)
        depth = self.depths.next(caller) if counts else inherited(caller)
        environment = replace(context.environment, values={**context.constants, **depth})
        values = arguments(block, body, target.cells, caller, environment, self.resolver)
        if values is None:
            return NO_TENSOR
        self.builder.calls[target.path] = values
        inner = replace(context, environment=environment, calls=(*context.calls, block.name))
        inner = inner.with_values({name: resolved.value for name, resolved in values.items()})
        sign = self.again.sign(block, target, inner)
        copied = self.again.copy(sign, block, target, inner) if sign is not None else None
        if copied is not None:
            return copied
        start = self.again.start()
        outcome = self._block_body(block, target, inner)
        if sign is not None:
            self.again.remember(sign, start, block, target, inner, outcome)
        return outcome

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
        read = read_network(body, caller, self.resolver, self.builder)
        if read is None:
            return NO_TENSOR
        document, _ = read
        inner = inside_network(read, body, target, context, caller, self.resolver, self.builder)
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
        silent = Resolver(Findings(), self.resolver.registry)
        builder = Builder(silent.findings, self.budget)
        builder.inputs.update(self.builder.known(tensor for _, tensor in incoming.outputs if tensor is not None))
        counting = Expander(silent, builder, self.budget)
        names = Names(entries=dict(context.names.entries))
        counting.depths.length[context.root, False] = 0
        counting.sequence(document.layers, incoming, context.inside(names, builder))
        return counting.depths.position.get((context.root, False), 0)
