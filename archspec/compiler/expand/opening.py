"""A document opened: its variant chosen, its hyperparameters bound, its context and inputs made."""

from __future__ import annotations

from functools import partial

from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context, layer_of, shape_of
from archspec.compiler.expand.names import NO_TENSOR, Bundle, Entry, Names, Tensor, single
from archspec.compiler.expand.parameters import bind, plain_values
from archspec.compiler.graph.graph import Input
from archspec.compiler.language.budget import Budget
from archspec.compiler.language.expression import UNKNOWN, Environment, has_expression
from archspec.compiler.language.expression.environment import Unknown
from archspec.compiler.language.forms.draws import Draw
from archspec.compiler.language.op import Shape
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Frame, Resolver, Written
from archspec.compiler.spec.names import problem_of
from archspec.compiler.spec.records import Document, Variant
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Findings, Span


def chosen_variant(document: Document, variant: str, findings: Findings, span: Span) -> tuple[Variant | None, str]:
    """The chosen variant and the root of the variables' names."""
    chosen = next((v for v in document.variants if v.name == variant), None)
    if variant and chosen is None:
        names = [v.name for v in document.variants]
        help = nearest(variant, names) or f"there are {', '.join(names) or 'none'}"
        findings.add("AS213", f"{document.file} has no variant `{variant}`", span, help=help)
    if chosen is None and document.variants:
        chosen = document.variants[0]
    return chosen, chosen.name if chosen else document.variant


def bind_hyperparameters(
    document: Document, variant: Variant | None, settings: dict[str, Written], budget: Budget, resolver: Resolver
) -> Values:
    """The document's hyperparameters: settings before the variant's before the defaults; without those in error."""
    known = [parameter.name for parameter in document.hyperparameters]
    name = variant.name if variant is not None else document.variant
    environment = Environment({"variant": name}, document.functions, budget=budget)
    chosen = variant.settings.pairs if variant is not None and variant.settings is not None else ()
    written = {name: [value] for name, value in settings.items()}
    for key, node in chosen:
        written.setdefault(key.text, []).append(Written(node, environment, "variant", f"variant {name}"))
    for name in [name for name in written if name not in known]:
        span = written[name][0].node.span if written[name][0].kind != "set" else None
        help = nearest(name, known) or f"there are {', '.join(known) or 'none'}"
        resolver.findings.add("AS214", f"there is no hyperparameter `{name}`", span, help=help)
    return bind("the spec", document.hyperparameters, written, environment, None, resolver)


def opened(
    document: Document, name: str, hyperparameters: Values, names: Names, builder: Builder, resolver: Resolver
) -> Context:
    """The context of the document's first layer."""
    values = {**plain_values(document.hyperparameters, hyperparameters), "variant": name}
    tensor, called = partial(shape_of, names, builder), partial(layer_of, names, builder)
    environment = Environment(values, document.functions, tensor, builder.budget, called=called)
    root = _root_name(document.name, environment, resolver) if document.name is not None else ""
    frames = (Frame(document.defaults, environment),) if document.defaults is not None else ()
    renames = {key.text: value.text for key, value in document.names}
    return Context(
        document, names, environment, values, frames, variable_path=root or "", renames=renames, files=(document.file,)
    )


def _root_name(name: Scalar, environment: Environment, resolver: Resolver) -> str | None:
    """The name of a network, its expressions evaluated; None after reporting that it is none."""
    root = resolver.text(name, environment)
    problem = problem_of(root) if root is not None else ""
    if problem and has_expression(name.text):
        message, help = f"`{root}` cannot be the name of a spec: {problem}", "use letters, digits, _ and -"
        resolver.findings.add("AS134", message, name.span, help=help)
    return root


def make_inputs(document: Document, context: Context, resolver: Resolver, builder: Builder) -> Bundle:
    """Make the graph's inputs; what they hand to the first layer."""
    names = context.names
    if not document.inputs:
        help = "write `inputs: {image: {shape: [224, 224, 3]}}`"
        resolver.findings.add("AS313", "the spec has no inputs", document.root.span, help=help)
        names.add("input", Entry(NO_TENSOR, Names(names), "", document.root.span))
        return NO_TENSOR
    tensors: list[tuple[str, Tensor]] = []
    for key, node in document.inputs:
        kind, draw = _input_type(node, key.span, context, resolver), _draw(node, context, resolver)
        tensor = key.text if kind is not None and draw is not UNKNOWN else None
        if kind is not None and draw is not UNKNOWN:
            builder.inputs[key.text] = Input(key.text, *kind, draw)
        names.add(key.text, Entry(single(tensor), Names(names), "", key.span))
        tensors.append((key.text, tensor))
    if len(tensors) == 1:
        names.entries.setdefault("input", names.entries[tensors[0][0]])
    return Bundle(tuple(tensors))


_MOST_AXES = 8
"""TensorFlow's operations take few more."""


def _input_type(node: Node, span: Span, context: Context, resolver: Resolver) -> tuple[Shape, str] | None:
    fields = {key.text: value for key, value in node.pairs} if isinstance(node, Mapping) else {}
    sizes = resolver.value(fields["shape"], context.environment) if "shape" in fields else None
    dtype = resolver.value(fields["dtype"], context.environment) if "dtype" in fields else "float32"
    if sizes is UNKNOWN or dtype is UNKNOWN:
        return None
    if not isinstance(sizes, list) or not all(map(_is_size, sizes)):
        where = fields["shape"].span if "shape" in fields else span
        message = f"`shape` of an input is a list of sizes without the batch, got {shown(sizes)}"
        resolver.findings.add("AS314", message, where, help="[height, width, channels]; null for a size not known")
        return None
    if len(sizes) > _MOST_AXES:
        message = f"an input has at most {_MOST_AXES} axes beside the batch, this one has {len(sizes):,}"
        resolver.findings.add("AS314", message, fields["shape"].span, help="[height, width, channels]")
        return None
    return tuple(sizes), str(dtype)


def _draw(node: Node, context: Context, resolver: Resolver) -> Draw | Unknown | None:
    """The distribution that an input is drawn from, where it says one; UNKNOWN after an error in it."""
    written = node.get("draw") if isinstance(node, Mapping) else None
    if written is None:
        return None
    form = resolver.form_of("draw", written, context.environment)
    assert form is None or isinstance(form, Draw)
    return UNKNOWN if form is None else form


def _is_size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0)
