"""A call of a block that is made like an earlier one: what the earlier call made, under the new call's paths.

Networks call few blocks many times. What a call makes is a function of the block, of its parameters, of the shapes of
its inputs and of the scopes around; where all of these are what they were, nodes, names and end points are copied,
which takes a fifth of the time of their expansion. Where anything could differ or be found wrong, nothing is copied.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from collections.abc import Mapping as Readable
from itertools import islice
from typing import TypeVar

from archspec.compiler.expand.builder import Builder, Made
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.depth import NAMES, Depths
from archspec.compiler.expand.endpoints import name_endpoint
from archspec.compiler.expand.moving import Move, enter_names
from archspec.compiler.expand.names import Bundle, Names, Tensor
from archspec.compiler.language.provenance import Values
from archspec.compiler.resolve import Frame
from archspec.compiler.spec.records import Block, Sequence
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span

_Key = TypeVar("_Key")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Start:
    """How much there was before a call was expanded."""

    nodes: int
    calls: int
    alike: int
    named: int
    asked: int
    left: int
    alone: tuple[int, int, int, int]
    """Findings, end points with names of their own, what the builder calls special, calls that read their depth: a call
    that adds one of them is not copied."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was made of a call, in the order in which it was made."""

    target: Target
    names: Names
    inputs: tuple[Tensor, ...]
    nodes: tuple[Made, ...]
    calls: tuple[tuple[str, Values], ...]
    alike: tuple[tuple[str, Span], ...]
    endpoints: tuple[tuple[str, str, Span], ...]
    outcome: Bundle
    steps: int
    context: Context
    """Kept, for what is compared by identity must not be gone."""


@dataclass
class Again:
    """The calls of blocks so far, by everything that decides what they make."""

    builder: Builder
    depths: Depths
    findings: Findings
    made: dict[Hashable, Call] = field(default_factory=dict)
    frames: dict[tuple[int, tuple[str, ...]], tuple[Frame, Hashable]] = field(default_factory=dict)
    """What tells a scope in force from others, by its identity; the scope is kept so that it stays the only one."""

    def sign(self, block: Block, target: Target, context: Context) -> Hashable | None:
        """What decides what a call makes; None where that cannot be told from what surrounds it.

        `context` is the inside of the call, with its inputs and parameters.
        """
        if context.shared or context.ends or context.renames:
            return None
        inputs = _inputs(block, context.names)
        if any(bundle is not None and bundle.first is None for bundle in inputs):
            return None
        tensors = [bundle.first if bundle is not None else None for bundle in inputs]
        layer = None if isinstance(block.body.body, Sequence) else id(target.layer)
        around = (context.calls, target.path.count("/"), context.root, context.in_heads, context.output_stride)
        hidden = self._unread(block, context)
        frames = tuple([self._frame(frame, hidden) for frame in context.frames])
        values = _values(context.environment.values, hidden)
        return id(block), layer, around, frames, values, tuple(map(tensors.index, tensors)), self._kinds(tensors)

    def _kinds(self, tensors: list[Tensor]) -> Hashable:
        """What an op sees of the inputs: shapes, dtypes, and how far they are from the graph's inputs."""
        builder = self.builder
        return tuple(
            None if tensor is None else (builder.shape(tensor), builder.dtype(tensor), builder.reaches.get(tensor))
            for tensor in tensors
        )

    def _unread(self, block: Block, context: Context) -> tuple[str, ...]:
        """The names of the depth, where nothing that a call makes depends on them."""
        depths = self.depths
        if "depth_index" not in context.environment.values or not depths.leaves_alone(context.document, block.name):
            return ()
        return () if any(depths.is_read_in(frame.scope) for frame in context.frames) else NAMES

    def _frame(self, frame: Frame, hidden: tuple[str, ...]) -> Hashable:
        key = id(frame), hidden
        if key not in self.frames:
            self.frames[key] = frame, (id(frame.scope), _values(frame.environment.values, hidden))
        return self.frames[key][1]

    def copy(self, sign: Hashable, block: Block, target: Target, context: Context) -> Bundle | None:
        """Make a call like the earlier one with this sign; what it hands on. None, nothing made, if there is none."""
        call = self.made.get(sign)
        if call is None or self.builder.budget.left < call.steps:
            return None
        inputs = (bundle.first if bundle is not None else None for bundle in _inputs(block, context.names))
        move = Move(call.target, target, dict(zip(call.inputs, inputs, strict=True)))
        nodes = [(move.node(node), variables, reach) for node, variables, reach in call.nodes]
        if not self.builder.has_room(nodes):
            return None
        self.builder.budget.spend(call.steps)
        self.builder.adopt(nodes)
        self.builder.calls.update((move.path(path), values) for path, values in call.calls)
        self.builder.alike.update((move.path(path), span) for path, span in call.alike)
        for path, tensor, span in call.endpoints:
            name_endpoint(move.path(path), move.tensor(tensor) or "", span, self.builder)
        enter_names(call.names, context.names, move)
        return move.bundle(call.outcome)

    def start(self) -> Start:
        """What there is now."""
        made = self.builder
        alone = len(self.findings.items), len(made.aliases), made.special, self.depths.taken
        sizes = len(made.nodes), len(made.calls), len(made.alike), len(made.named), len(made.asked)
        return Start(*sizes, made.budget.left, alone)

    def remember(
        self, sign: Hashable, start: Start, block: Block, target: Target, context: Context, outcome: Bundle
    ) -> None:
        """Keep what a call made, if another one like it would make the same."""
        now, builder = self.start(), self.builder
        if now.alone != start.alone or not self._asked_inside(start, context.names) or builder.budget.exhausted:
            return
        nodes = _last(builder.nodes, now.nodes - start.nodes)
        if not all(_stands_below(node.variable_path, target.variable_path) for _, node in nodes):
            return
        inputs = tuple(bundle.first if bundle is not None else None for bundle in _inputs(block, context.names))
        self.made[sign] = Call(
            target,
            context.names,
            inputs,
            tuple((node, builder.weights[path], builder.reaches[path]) for path, node in nodes),
            tuple(_last(builder.calls, now.calls - start.calls)),
            tuple(_last(builder.alike, now.alike - start.alike)),
            tuple(builder.named[start.named :]),
            outcome,
            start.left - now.left,
            context,
        )

    def _asked_inside(self, start: Start, names: Names) -> bool:
        """Whether all tensors whose shapes were asked for are the call's own: a scope around may ask for others."""
        asked = self.builder.asked[start.asked :]
        return not asked or {id(scope) for scope in asked} <= {id(scope) for scope in _scopes(names)}


def _inputs(block: Block, names: Names) -> list[Bundle | None]:
    """What is bound to a block's inputs, in order; None for one that is not given."""
    return [names.entries[name].bundle for name, _ in block.inputs or (("input", False),)]


def _values(values: Readable[str, object], hidden: tuple[str, ...]) -> Hashable:
    """What tells values apart: 1, 1.0 and true are not the same, and lists are so only where they are one object."""
    return tuple((name, type(value), _told_apart(value)) for name, value in values.items() if name not in hidden)


def _told_apart(value: object) -> Hashable:
    if isinstance(value, float):
        return repr(value)
    return value if value is None or isinstance(value, (bool, int, str)) else id(value)


def _last(entries: dict[_Key, _Item], count: int) -> list[tuple[_Key, _Item]]:
    """The newest entries, in order."""
    return list(islice(reversed(entries.items()), count))[::-1]


def _stands_below(path: str, upper: str) -> bool:
    return not upper or path == upper or path.startswith(f"{upper}/")


def _scopes(names: Names) -> Iterator[Names]:
    """The scope, and all below it that have names."""
    yield names
    for entry in names.entries.values():
        yield from _scopes(entry.below)
