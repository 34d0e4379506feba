"""`output_stride`: strides beyond it become dilation of the layers that follow.

TF-Slim's rule (stack_blocks_dense): once the tensor has the asked stride, a layer's own stride becomes 1 and the
layers after it take their samples that much further apart (Chen et al. 2017, https://arxiv.org/abs/1706.05587).
"""

from __future__ import annotations

from typing import Any

from archspec.compiler.expand.builder import Builder, Reach
from archspec.compiler.expand.context import Context
from archspec.compiler.language.expression import UNKNOWN
from archspec.compiler.language.expression.environment import Unknown
from archspec.compiler.language.op import Op, show
from archspec.compiler.language.provenance import Origin, Resolved, Values
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Resolver
from archspec.compiler.syntax.nodes import Node
from archspec.dataclass import replace
from archspec.diagnostics import Findings, Span

Sizes = tuple[int, ...]


def asked_stride(node: Node, context: Context, resolver: Resolver) -> int | Unknown | None:
    """The value of an `output_stride`; null asks for nothing; UNKNOWN after an error."""
    value = resolver.value(node, context.environment)
    fits = value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
    if value is UNKNOWN or fits:
        return value  # type: ignore[no-any-return]  # checked above
    message = f"`output_stride` must be a whole number or null, got {shown(value)}"
    resolver.findings.add("AS307", message, node.span)
    return UNKNOWN


def reach_of(inputs: list[str], builder: Builder) -> Reach:
    """How far the inputs of an op are from the graph's: the farthest of them."""
    return max((builder.reaches.get(name, Reach()) for name in inputs), key=lambda r: (r.stride, r.dilation))


def dilated(
    op: Op, reach: Reach, asked: int | None, span: Span, values: Values, findings: Findings
) -> tuple[Op, Reach] | None:
    """The op, its stride turned into dilation where the asked output stride is reached; and its output's reach.

    None after reporting that the op cannot be dilated.
    """
    if not op.SPATIAL:
        return op, reach
    spatial: Any = op
    ones = (1,) * len(spatial.stride)
    if len(reach.stride) != len(ones):
        reach = Reach(ones, ones)
    beyond = _each(lambda r, s: asked is not None and r * s > asked and s > 1, reach.stride, spatial.stride)
    after = _after(reach, spatial.stride, beyond)
    changes: dict[str, Sizes] = {}
    if any(beyond):
        changes["stride"] = _each(lambda s, b: 1 if b else s, spatial.stride, beyond)
    if asked is not None and reach.dilation != ones and spatial.kernel != ones:
        if "rate" not in op.FIELDS:
            help = "ask for a larger output_stride, or put a strided convolution in its place"
            findings.add("AS308", f"`{op.NAME}` cannot be dilated for output_stride {asked}", span, help=help)
            return None
        changes["rate"] = _each(lambda r, d: r * d, spatial.rate, reach.dilation)
    for name, value in changes.items():
        values[name] = _explained(values.get(name), value, f"output_stride: {asked} around it")
    return (op.replace(**changes) if changes else op), after


def _each(rule: Any, left: Any, right: Any) -> Any:
    """The rule along each axis."""
    return tuple(rule(a, b) for a, b in zip(left, right, strict=True))


def _after(reach: Reach, stride: Sizes, beyond: tuple[bool, ...]) -> Reach:
    kept = _each(lambda s, b: 1 if b else s, stride, beyond)
    taken = _each(lambda s, b: s if b else 1, stride, beyond)
    return Reach(
        _each(lambda r, s: r * s, reach.stride, kept),
        _each(lambda d, s: d * s, reach.dilation, taken),
    )


def _explained(resolved: Resolved | None, value: Sizes, why: str) -> Resolved:
    step = f"{show(value)} because of {why}"
    if resolved is None:
        return Resolved(value, Origin("derived", why), steps=(step,))
    return replace(resolved, value=value, steps=(*resolved.steps, step))


def check_reached(tensor: str | None, asked: int | None, span: Span, builder: Builder) -> None:
    """Report an output stride that the layers inside never come to."""
    reach = builder.reaches.get(tensor or "")
    reached = max(reach.stride, default=1) if reach is not None else asked
    if asked is not None and reached != asked:
        message = f"output_stride {asked} is not reached: the strides multiply to {reached}"
        builder.findings.add("AS307", message, span, help="ask for a product of the layers' strides")
