"""How many calls of a document's main line read their depth, counted before the layers are made."""

from __future__ import annotations

from archspec.compiler.expand.blocks import arguments, block_of
from archspec.compiler.expand.context import Context
from archspec.compiler.expand.copies import Copy, copies
from archspec.compiler.expand.depth import Depths
from archspec.compiler.expand.scopes import within
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.budget import COPY
from archspec.compiler.language.expression import NotKnown, Shape
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.records import BlockCall, Join, Layer, Sequence
from archspec.dataclass import dataclass, field, replace
from archspec.diagnostics import Findings


def counted(layers: tuple[Layer, ...], context: Context, depths: Depths) -> int | None:
    """How many calls count; None where that depends on the shape of a tensor, which only the layers can tell."""
    counter = _Counter(depths, Resolver(Findings(), context.document.registry))
    counter.layers(layers, context.with_tensors(_unknown))
    return None if counter.unsure else counter.count


def _unknown(reference: str) -> Shape | None:
    raise NotKnown


@dataclass
class _Counter:
    """Walks layers, copies and blocks as the expansion does, and makes nothing."""

    depths: Depths
    resolver: Resolver
    usage: Usage = field(default_factory=Usage)
    count: int = 0
    unsure: bool = False

    def layers(self, layers: tuple[Layer, ...], context: Context) -> None:
        """Count in layers, whether they run one after the other or side by side."""
        for layer in layers:
            found = copies(layer, context, self.resolver, self.usage)
            self.unsure |= found is None
            for copy in found or ():
                if self.unsure or not context.environment.budget.spend(COPY):
                    return
                self._layer(layer, copy, context.with_values(copy.values))

    def _layer(self, layer: Layer, copy: Copy, context: Context) -> None:
        present = True if layer.when is None else self.resolver.condition(layer.when, context.environment)
        inner = within(layer.defaults, context, self.usage, self.resolver.findings)
        if present is None or inner is None:
            self.unsure = True
        elif not present:
            if isinstance(layer.otherwise, Layer):
                self._layer(layer.otherwise, copy, context)
        elif isinstance(layer.body, Sequence):
            self.layers(layer.body.layers, inner)
        elif isinstance(layer.body, Join):
            self.layers(layer.body.branches, inner)
        elif isinstance(layer.body, BlockCall):
            self._block(layer.body, copy, inner)

    def _block(self, body: BlockCall, copy: Copy, context: Context) -> None:
        block = block_of(body, context, self.resolver)
        if block is not None and self.depths.counts(block.name, context):
            self.count += 1
        elif block is not None:
            inside = replace(context.environment, values=context.constants)
            values = arguments(block, body, copy.cells, context, inside, self.resolver)
            self.unsure |= values is None
            inner = replace(context, environment=inside, calls=(*context.calls, block.name))
            inner = inner.with_values({name: resolved.value for name, resolved in (values or {}).items()})
            scoped = within(block.defaults, inner, self.usage, self.resolver.findings)
            if scoped is not None:
                self._layer(block.body, Copy(), scoped)
