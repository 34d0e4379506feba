"""One op of a layer into nodes: its fields resolved, then a norm and an activation after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archspec.compiler.expand.builder import Builder, Reach
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.followers import Part, by_itself
from archspec.compiler.expand.names import NO_TENSOR, Bundle, Tensor, joined, single
from archspec.compiler.expand.stride import dilated, reach_of
from archspec.compiler.graph.graph import Node
from archspec.compiler.language.called import CalledBlock
from archspec.compiler.language.fields import Form
from archspec.compiler.language.op import Op
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.layers import COMMON
from archspec.compiler.spec.records import Call, Join, Layer
from archspec.compiler.syntax.nodes import Scalar
from archspec.dataclass import replace
from archspec.diagnostics import Findings, Span

Calling = Callable[[CalledBlock, str, Target, Context], Bundle]
"""Expands a block in the place of an op: on a tensor, at a target, in the context of the layer that it follows."""


def append_op(
    body: Call | Join,
    inputs: list[Tensor],
    target: Target,
    context: Context,
    resolver: Resolver,
    builder: Builder,
    call: Calling,
) -> Bundle:
    """Append the nodes of an op; what it hands on. `call` expands a block that stands for a norm or an activation."""
    cls, findings, span, values = body.kind, resolver.findings, target.layer.span, Values()
    fits = _check_fields(cls, body, findings) & _check_arity(cls, len(inputs), span, findings)
    written = _written(cls, body, context, findings)
    cells = {name: cell for name, cell in target.cells.items() if name in cls.FIELDS}
    form = resolver.form(cls, written, context.frames, span, values, cells)
    tensors = [tensor for tensor in inputs if tensor is not None]
    if form is None or not fits or len(tensors) < len(inputs):
        return NO_TENSOR
    form = _scaled(form, values)
    made = dilated(by_itself(form), reach_of(tensors, builder), context.output_stride, span, values, findings)
    if made is None:
        return NO_TENSOR
    alone, reach = made
    first, parts = len(builder.nodes), [Part(alone, "", "", values), *builder.followers.of(form, values)]
    outcome = _append(_numbered(parts), tensors, reach, target, context, builder, call)
    if outcome.first is not None:
        _refuse_idle(target.layer, body, first, builder)
    return outcome


def _handed_on(node: Node, builder: Builder) -> Bundle:
    """What a node hands on: its outputs by name."""
    if not node.further:
        return single(node.path)
    names = node.op.outputs(*map(builder.shape, node.inputs))
    return Bundle(tuple(zip(names, node.tensors, strict=True)))


def _numbered(parts: list[Part]) -> list[Part]:
    """The parts, the second of one name with a number behind it: a norm may bring the layer's own activation."""
    leaves = [part.leaf for part in parts]
    counts = [leaves[:i].count(leaf) for i, leaf in enumerate(leaves)]
    return [_renamed(part, f"_{n}") if n else part for part, n in zip(parts, counts, strict=True)]


def _renamed(part: Part, suffix: str) -> Part:
    return replace(part, leaf=part.leaf + suffix, variable_leaf=part.variable_leaf + suffix)


def _append(
    parts: list[Part],
    tensors: list[str],
    reach: Reach,
    target: Target,
    context: Context,
    builder: Builder,
    call: Calling,
) -> Bundle:
    """Append nodes one after the other, all of one layer; what the last hands on, NO_TENSOR if one cannot be made."""
    outcome = NO_TENSOR
    for part in parts:
        path, variable_path = joined(target.path, part.leaf), joined(target.variable_path, part.variable_leaf)
        if isinstance(part.op, CalledBlock):
            place = replace(target, path=path, variable_path=variable_path, cells={})
            outcome = call(part.op, tensors[0], place, context)
            if outcome.first is None:
                break
            tensors, reach = [outcome.first], builder.reaches.get(outcome.first, reach)
            continue
        where = variable_path, target.path, target.layer.span, part.values
        if not builder.append(Node(path, part.op, tuple(tensors), (), "", *where), context.shared):
            return NO_TENSOR
        made = builder.nodes[path]
        builder.reaches.update(dict.fromkeys(made.tensors if made.further else (path,), reach))
        tensors, outcome = [path], _handed_on(made, builder)
    return outcome


def _refuse_idle(layer: Layer, body: Call | Join, first: int, builder: Builder) -> None:
    """Report keys of a layer that would do nothing, for it has no variables or makes none of its own.

    Its nodes are those from the one of number `first` on.
    """
    if layer.share is None and layer.variable_name is None:
        return
    findings, op = builder.findings, body.op.text
    if not any(builder.weights[path] for path in list(builder.nodes)[first:]):
        # Beside `share`, `name` is refused where it is read: it does nothing beside any operation.
        own = layer.variable_name if layer.share is None else None
        for name, node in (("share", layer.share), ("name", own)):
            if node is not None:
                message = f"`{op}` has no variables, so `{name}` would do nothing"
                findings.add("AS119", message, node.span, help="take it out")
    elif layer.share is not None:
        refuse_shared(layer.share, body.kind, {key.text: key.span for key, _ in body.fields}, findings)


def refuse_shared(share: Scalar, kind: type[Op], said: Mapping[str, Span], findings: Findings) -> None:
    """Report fields that say how variables are made, beside a `share` of variables that another layer makes."""
    for name, span in said.items():
        declared = kind.FIELDS.get(name)
        if declared is not None and (declared.type.family == "initializer" or name.endswith(("l1", "l2"))):
            message = f"`{share.text}` makes the variables that are shared, so `{name}` would do nothing"
            findings.add("AS119", message, span, help=f"take it out, or write it on `{share.text}`")


def _written(cls: type[Op], body: Call | Join, context: Context, findings: Findings) -> dict[str, Written]:
    """What the layer itself says for its op's fields: keys, then the main value."""
    written, main = context.written(body.fields), cls.MAIN
    if isinstance(body, Call) and body.main is not None:
        if main is None:
            findings.add("AS102", f"`{cls.NAME}` has no main value", body.main.span)
        else:
            written[main.name] = Written(body.main, context.environment)
    return written


def _check_fields(cls: type[Form], body: Call | Join, findings: Findings) -> bool:
    unknown = [key for key, _ in body.fields if key.text not in cls.FIELDS]
    for key in unknown:
        help = nearest(key.text, [*cls.FIELDS, *COMMON]) or f"it has {', '.join(cls.FIELDS) or 'no fields'}"
        findings.add("AS101", f"`{cls.NAME}` has no field `{key.text}`", key.span, help=help)
    return not unknown


def _check_arity(cls: type[Op], count: int, span: Span, findings: Findings) -> bool:
    least, most = cls.ARITY
    if count >= least and (most is None or count <= most):
        return True
    needs = "1 input" if most == 1 else f"at least {least} inputs"
    help = f"write `{cls.NAME}: [one, other]`" if most is None else "join them first: `concat: [one, other]`"
    findings.add("AS306", f"`{cls.NAME}` takes {needs}, got {count}", span, help=help)
    return False


def _scaled(form: Form, values: Values) -> Form:
    """The form with its width multiplier applied to its main field."""
    main, width = form.MAIN, getattr(form, "width", None)
    if main is None or width is None:
        return form
    written = getattr(form, main.name)
    size = width.scaled(written)
    factor = values.get("width")
    step = f"{written} x {width.times:g} = {size}" + (f", at least {width.min}" if width.min > 1 else "")
    if factor is not None:
        step += f" (width from {factor.origin.where})"
    if main.name in values and size != written:
        values[main.name] = replace(values[main.name], value=size, steps=(step,))
    return form.replace(**{main.name: size})
