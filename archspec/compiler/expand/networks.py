"""A spec embedded in another as a layer: read, its inputs given, cut where `until` ends it."""

from __future__ import annotations

from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context, Target
from archspec.compiler.expand.names import Bundle, Entry, Names, Tensor, WrongReference, joined, single
from archspec.compiler.expand.opening import bind_hyperparameters, chosen_variant, opened
from archspec.compiler.language.budget import CALL, PARAMETER
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.files import resolve
from archspec.compiler.spec.reading import read_file
from archspec.compiler.spec.records import Document, Layer, NetworkCall
from archspec.compiler.syntax.nodes import Mapping, Scalar
from archspec.dataclass import replace
from archspec.diagnostics import Findings, Note, Span


def read_network(
    body: NetworkCall, context: Context, resolver: Resolver, builder: Builder
) -> tuple[Document, str] | None:
    """The document that a layer embeds, and its variant; None after reporting what is wrong with it."""
    findings, sources = resolver.findings, context.document.sources
    reference = resolver.text(body.file, context.environment)
    if reference is None:
        return None
    file = resolve(context.document.file, reference, body.file.span, sources, context.files, findings)
    if file is None:
        return None
    before = len(findings.errors)
    if file not in builder.networks:
        document, variant = read_file(file, findings, sources)
        if document is None or len(findings.errors) > before:
            return None
        builder.networks[file] = document, variant
    document, variant = builder.networks[file]
    builder.budget.spend(CALL + PARAMETER * len(document.hyperparameters) + len(document.names))
    resolver.know(document.registry)
    chosen = resolver.text(body.variant, context.environment) if body.variant is not None else variant
    return None if chosen is None else (document, chosen)


def inside_network(
    network: tuple[Document, str],
    body: NetworkCall,
    target: Target,
    context: Context,
    caller: Context,
    resolver: Resolver,
    builder: Builder,
) -> Context:
    """The context inside an embedded document. It means the same everywhere: only scopes at the call reach in."""
    document, variant = network
    if body.variant is not None and not variant:
        help = f"name one of {', '.join(v.name for v in document.variants)}" if document.variants else "take it out"
        resolver.findings.add("AS213", "`variant` names none", body.variant.span, help=help)
    chosen, name = chosen_variant(document, variant, resolver.findings, (body.variant or body.file).span)
    pairs = body.settings.pairs if body.settings is not None else ()
    settings = {key.text: Written(node, caller.environment, "explicit", "the call") for key, node in pairs}
    hyperparameters = bind_hyperparameters(document, chosen, settings, builder.budget, resolver)
    inner = opened(document, name, hyperparameters, context.names, builder, resolver)
    own = len(caller.frames) - len(target.layer.defaults)
    until = (joined(target.path, body.until.text),) if body.until is not None and body.until.text else ()
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


def enter_inputs(document: Document, incoming: Bundle, layer: Layer, names: Names, findings: Findings) -> Bundle | None:
    """Enter a network's inputs, by name where the names agree, else by position; what its first layer takes."""
    tensors = _tensors(document, incoming, layer, findings)
    if tensors is None:
        return None
    pairs = [(key, tensor) for (key, _), tensor in zip(document.inputs, tensors, strict=True)]
    for key, tensor in pairs:
        names.entries[key.text] = Entry(single(tensor), Names(names), "", key.span)
    if len(pairs) == 1:
        names.entries.setdefault("input", Entry(single(tensors[0]), Names(names), "", layer.span))
    return Bundle(tuple((key.text, tensor) for key, tensor in pairs))


def _tensors(document: Document, incoming: Bundle, layer: Layer, findings: Findings) -> list[Tensor] | None:
    names, given = [key.text for key, _ in document.inputs], dict(incoming.outputs)
    for key, _ in layer.source.pairs if isinstance(layer.source, Mapping) else ():
        if key.text not in names:
            help = nearest(key.text, names) or f"it has {', '.join(names)}"
            findings.add("AS306", f"{document.file} has no input `{key.text}`", key.span, help=help)
            return None
    tensors: list[Tensor] = list(given.values())
    if not incoming.listed and not any(name in given for name in names):
        tensors = tensors[:1]
    elif not incoming.listed:
        tensors = [given[name] for name in names if name in given]
    if len(tensors) != len(names):
        message = f"{document.file} takes {len(names)} inputs ({', '.join(names)}), got {len(tensors)}"
        findings.add("AS306", message, layer.span, help=f"write `from: {{{names[0]}: …}}`" if names else "take it out")
        return None
    return tensors


def enter_cut_off(document: Document, names: Names, until: Span) -> None:
    """Enter the layers that were never reached, so that a reference to one says why it is not there."""
    why = Note("`until` cuts it off", until)
    for layer in document.layers:
        if layer.name is not None and layer.name.text not in names.entries and "$" not in layer.name.text:
            names.add(layer.name.text, Entry(None, Names(names), "", layer.span, absent=why))


def refuse_end(until: Scalar, names: Names, findings: Findings) -> None:
    """Report an `until` that no layer of the network came to."""
    try:
        names.bundle(until.text)
    except WrongReference as problem:
        findings.add(problem.code, str(problem), until.span, help=problem.help)
    else:
        help = "name a layer or an end point of the network"
        findings.add("AS303", f"`until` cannot end the network at `{until.text}`", until.span, help=help)
