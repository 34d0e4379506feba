"""A document opened: its variant chosen, its hyperparameters bound, its place and inputs made."""

from __future__ import annotations

from archspec.compiler.expand.names import UNKNOWN, Bundle, Entry, Names, Tensor, single
from archspec.compiler.expand.parameters import bind
from archspec.compiler.expand.place import Place, Work
from archspec.compiler.graph.graph import Input
from archspec.compiler.language.expression import Environment
from archspec.compiler.language.forms.draws import Draw
from archspec.compiler.language.op import Shape
from archspec.compiler.language.provenance import Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Broken, Frame, Resolver, Said
from archspec.compiler.resolve.forms import form_and_fields
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
    return chosen, chosen.name if chosen else ""


def bind_hyperparameters(
    document: Document, variant: Variant | None, settings: dict[str, Said], resolver: Resolver
) -> Values:
    """The document's hyperparameters: settings before the variant's before the defaults. Raises Broken."""
    known = [parameter.name for parameter in document.hyperparameters]
    environment = Environment({"variant": variant.name if variant else ""}, document.functions)
    chosen = variant.settings.pairs if variant is not None and variant.settings is not None else ()
    said: dict[str, list[Said]] = {name: [value] for name, value in settings.items()}
    for key, node in chosen:
        where = f"variant {variant.name}" if variant else ""
        said.setdefault(key.text, []).append(Said(node, environment, "variant", where))
    for name in [name for name in said if name not in known]:
        span = said[name][0].node.span if said[name][0].kind != "set" else None
        help = nearest(name, known) or f"there are {', '.join(known) or 'none'}"
        resolver.findings.add("AS214", f"there is no hyperparameter `{name}`", span, help=help)
    return bind("the spec", document.hyperparameters, said, environment, None, resolver)


def root_place(
    document: Document, name: str, hyperparameters: Values, work: Work, path: str, files: tuple[str, ...]
) -> Place:
    """The place of the document's first layer. Raises Broken."""
    values = {key: resolved.value for key, resolved in hyperparameters.items()}
    values["variant"] = name
    environment = Environment(values, document.functions)
    root = work.resolver.text(document.name, environment) if document.name is not None else ""
    frames = (Frame(document.defaults, environment),) if document.defaults is not None else ()
    renames = {key.text: value.text for key, value in document.names}
    return Place(document, work, path, root, Names(), values, values, frames, renames, files=files)


def make_inputs(document: Document, place: Place) -> Bundle:
    """Make the graph's inputs; what they hand to the first layer."""
    work = place.work
    if not document.inputs:
        help = "write `inputs: {image: {shape: [224, 224, 3]}}`"
        work.findings.add("AS313", "the spec has no inputs", document.root.span, help=help)
        place.names.entries["input"] = Entry(UNKNOWN, Names(place.names), "", document.root.span)
        return UNKNOWN
    tensors: list[tuple[str, Tensor]] = []
    for key, node in document.inputs:
        try:
            shape, dtype = _input_type(node, key.span, place)
            draw = _draw(key.text, node, place)
        except Broken:
            tensors.append((key.text, None))
            place.names.entries[key.text] = Entry(single(None), Names(place.names), "", key.span)
            continue
        work.sketch.inputs[key.text] = Input(key.text, shape, dtype, draw)
        place.names.entries[key.text] = Entry(single(key.text), Names(place.names), "", key.span)
        tensors.append((key.text, key.text))
    if len(tensors) == 1:
        place.names.entries.setdefault("input", place.names.entries[tensors[0][0]])
    return Bundle(tuple(tensors))


def _input_type(node: Node, span: Span, place: Place) -> tuple[Shape, str]:
    said = {key.text: value for key, value in node.pairs} if isinstance(node, Mapping) else {}
    resolver = place.work.resolver
    sizes = resolver.value(said["shape"], place.environment) if "shape" in said else None
    if not isinstance(sizes, list) or not all(map(_is_size, sizes)):
        where = said["shape"].span if "shape" in said else span
        message = f"`shape` of an input is a list of sizes without the batch, got {shown(sizes)}"
        place.work.findings.add("AS314", message, where, help="[height, width, channels]; null for a size not known")
        raise Broken
    dtype = said.get("dtype")
    return tuple(sizes), str(resolver.value(dtype, place.environment)) if dtype is not None else "float32"


def _draw(name: str, node: Node, place: Place) -> Draw | None:
    """The distribution that an input is drawn from, where it says one. Raises Broken."""
    written = node.get("draw") if isinstance(node, Mapping) else None
    if written is None:
        return None
    resolver, values = place.work.resolver, Values()
    cls, fields, span = form_and_fields("draw", written, place.work.findings)
    form = resolver.form(cls, place.said(tuple((Scalar(k, k, v.span), v) for k, v in fields.items())), (), span, values)
    assert isinstance(form, Draw)
    return form


def _is_size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0)
