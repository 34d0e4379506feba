"""One op of a layer into nodes: its fields resolved, then a norm and an activation after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archspec.compiler.expand.names import UNKNOWN, Bundle, Tensor, joined, single
from archspec.compiler.expand.place import Place
from archspec.compiler.expand.sketch import Reach
from archspec.compiler.expand.stride import dilated
from archspec.compiler.language.expression import NotKnown
from archspec.compiler.language.fields import Form
from archspec.compiler.language.op import Op
from archspec.compiler.language.ops import OPS
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Broken, Said
from archspec.compiler.spec.layers import COMMON
from archspec.compiler.syntax.nodes import Node, Scalar
from archspec.diagnostics import Span

_FOLLOWERS = ("norm", "activation")
"""Fields that become nodes of their own, in this order."""


def call(
    op: Scalar,
    said: dict[str, Said],
    keys: tuple[tuple[Scalar, Node], ...],
    inputs: list[Tensor],
    path: str,
    variable_path: str,
    span: Span,
    place: Place,
) -> Bundle:
    """Append the nodes of an op; what it hands on."""
    cls, values = OPS[op.text], Values()
    known = _check_fields(cls, keys, place) and _check_arity(cls, len(inputs), span, place)
    try:
        form = place.work.resolver.form(cls, said, place.frames, span, values)
        form = _scaled(form, values)
        followers = _followers(form)
        tensors = [tensor for tensor in inputs if tensor is not None]
        if not known or len(tensors) < len(inputs):
            return UNKNOWN
        alone, reach = dilated(_alone(form), tensors, values, span, place)
    except (Broken, NotKnown):
        return UNKNOWN
    tensor = _append(path, alone, tensors, variable_path, path, span, values, reach, place)
    for name, follower in followers:
        below = {key.removeprefix(f"{name}."): value for key, value in values.items() if key.startswith(f"{name}.")}
        if tensor is not None:
            prefix = joined(variable_path, type(follower).__name__)
            tensor = _append(f"{path}/{_leaf(follower)}", follower, [tensor], prefix, path, span, below, reach, place)
    if tensor is None or not (node := place.work.sketch.nodes[tensor]).further:
        return single(tensor)
    names = node.op.outputs(*(place.work.sketch.shape(name) for name in node.inputs))
    return Bundle(tuple(zip(names, node.tensors, strict=True)))


def _leaf(follower: Op) -> str:
    """`BatchNorm` for what has variables, as TF-Slim names them; `relu` for what has none."""
    return type(follower).__name__ if "norm" in follower.GROUPS else follower.NAME


def _append(
    path: str,
    op: Op,
    inputs: list[str],
    variable_path: str,
    layer: str,
    span: Span,
    values: Values,
    reach: Reach,
    place: Place,
) -> Tensor:
    sketch = place.work.sketch
    tensor = sketch.append(path, op, inputs, variable_path, layer, span, values, place.shared)
    if tensor is not None:
        sketch.reaches.update(dict.fromkeys(sketch.nodes[tensor].tensors, reach))
    return tensor


def _check_fields(cls: type[Form], keys: tuple[tuple[Scalar, Node], ...], place: Place) -> bool:
    unknown = [key for key, _ in keys if key.text not in cls.FIELDS]
    for key in unknown:
        help = nearest(key.text, [*cls.FIELDS, *COMMON]) or f"it has {', '.join(cls.FIELDS) or 'no fields'}"
        place.work.findings.add("AS101", f"`{cls.NAME}` has no field `{key.text}`", key.span, help=help)
    return not unknown


def _check_arity(cls: type[Op], count: int, span: Span, place: Place) -> bool:
    least, most = cls.ARITY
    if count >= least and (most is None or count <= most):
        return True
    needs = "1 input" if most == 1 else f"at least {least} inputs"
    help = f"write `{cls.NAME}: [one, other]`" if most is None else "join them first: `concat: [one, other]`"
    place.work.findings.add("AS306", f"`{cls.NAME}` takes {needs}, got {count}", span, help=help)
    return False


def _scaled(form: Form, values: Values) -> Form:
    """The form with its width multiplier applied to its main field."""
    main, width = form.main(), getattr(form, "width", None)
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


def _followers(form: Form) -> list[tuple[str, Op]]:
    found: list[tuple[str, Op]] = []
    for name in _FOLLOWERS:
        follower: Any = getattr(form, name, None)
        if not isinstance(follower, Op):
            continue
        found.append((name, _alone(follower)))
        found.extend(
            ("activation", inner) for inner in [getattr(follower, "activation", None)] if isinstance(inner, Op)
        )
    return found


def _alone(form: Form) -> Op:
    """The op without what follows it, and with its bias decided while the norm is still known."""
    assert isinstance(form, Op)
    decided = {"bias": form.biased} if hasattr(form, "biased") else {}
    gone = {name: None for name in (*_FOLLOWERS, "width") if name in form.FIELDS}
    return form.replace(**gone, **decided) if gone else form
