"""The stages in order: a spec's file in, a Program out."""

from __future__ import annotations

from collections.abc import Mapping as Readable
from dataclasses import dataclass, field
from pathlib import Path

from archspec.compiler.expand.document import expand
from archspec.compiler.expand.expectations import check_expectations
from archspec.compiler.expand.sections import read_sections
from archspec.compiler.expand.unused import unused as find_unused
from archspec.compiler.graph.graph import Graph
from archspec.compiler.graph.verify import verify
from archspec.compiler.language.expression import Environment
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.provenance import Values
from archspec.compiler.resolve import Resolver, Said
from archspec.compiler.spec.reading import read_file
from archspec.compiler.spec.records import Document
from archspec.compiler.syntax.nodes import Node, Scalar
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Diagnostic, Findings, Span


@dataclass(frozen=True)
class Program:
    """A compiled spec: the graph, how it is trained and evaluated, and where each of those values came from.

    `hyperparameters` are the final values; `values` maps a dotted path such as `train.optimizer.rate` to its value
    with provenance, `calls` the path of every block call to its parameters; `sources` is the text of every file read.
    """

    file: str
    name: str
    variant: str
    about: str
    graph: Graph
    hyperparameters: Values
    train: Train | None = None
    eval: Evaluate | None = None
    values: Values = field(default_factory=dict)
    calls: dict[str, Values] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def compile_file(
    path: str,
    *,
    settings: Readable[str, str | object] | None = None,
    findings: Findings,
    text: str | None = None,
) -> Program | None:
    """Compile `FILE` or `FILE#variant`; None after errors, which are in `findings`.

    `settings` are hyperparameters from the command line, text or values; `text` stands for the file's content.
    """
    before = len(findings.errors)
    document, variant = read_file(path, findings, text)
    if document is None:
        return None
    program = _compile(document, variant, settings or {}, findings, {})
    return program if len(findings.errors) == before else None


def check_file(path: str, *, findings: Findings, text: str | None = None) -> list[Program]:
    """Compile a spec in each of its variants, and report defaults, blocks and tables that none of them uses."""
    before = len(findings.errors)
    document, variant = read_file(path, findings, text)
    if document is None:
        return []
    names = [variant] if variant else [v.name for v in document.variants] or [""]
    unused: dict[Span, list[Diagnostic]] = {}
    programs = [_compile(document, name, {}, findings, unused) for name in names]
    compiled = [program for program in programs if program is not None]
    if len(findings.errors) > before:
        return []
    findings.extend(seen[0] for seen in unused.values() if len(seen) == len(names))
    return compiled


def variants(path: str, findings: Findings) -> tuple[str, ...]:
    """The names of a file's variants, in order."""
    document, _ = read_file(path, findings)
    return tuple(variant.name for variant in document.variants) if document is not None else ()


def _compile(
    document: Document,
    variant: str,
    settings: Readable[str, object],
    findings: Findings,
    unused: dict[Span, list[Diagnostic]],
) -> Program | None:
    own = Findings()
    resolver = Resolver(own)
    said = _settings(settings, own)
    expanded = expand(document, variant, said, resolver) if not own.errors else None
    if expanded is None:
        findings.extend(own.items)
        return None
    sections = read_sections(document, expanded, resolver)
    if expanded.graph is None or own.errors:
        findings.extend(own.items)
        return None
    verify(expanded.graph, own)
    check_expectations(document, variant, expanded, own)
    for diagnostic in find_unused(document, expanded.place.work, resolver):
        # What an extended file offers beyond this spec's use is that file's own matter.
        if diagnostic.span is not None and diagnostic.span.file == document.file:
            unused.setdefault(diagnostic.span, []).append(diagnostic)
    findings.extend(own.items)
    if own.errors:
        return None
    chosen = str(expanded.place.values["variant"])
    return Program(
        file=document.file,
        name=chosen or Path(document.file).name.removesuffix(".yaml").removesuffix(".yml"),
        variant=chosen,
        about=document.about,
        graph=expanded.graph,
        hyperparameters=expanded.hyperparameters,
        train=sections.train,
        eval=sections.eval,
        values=sections.values,
        calls=expanded.calls,
        sources=document.sources,
    )


def _settings(settings: Readable[str, object], findings: Findings) -> dict[str, Said]:
    """`--set name=value` pairs; text is read as YAML."""
    found = {}
    for name, value in settings.items():
        found[name] = Said(_set_node(name, value, findings), Environment(), "set", f"--set {name}={value}")
    return found


def _set_node(name: str, value: object, findings: Findings) -> Node:
    """The node of a value from the command line; nothing after `=` is null, as in a file."""
    place = Span("--set", 1, 1, 1, 1)
    if not isinstance(value, str) or not value.strip():
        return Scalar(None if isinstance(value, str) else value, str(value), place)  # type: ignore[arg-type]
    inner = Findings()
    node = parse(value, "--set", inner)
    if node is None:
        message = f"the value of --set {name}={value} is not YAML"
        findings.add("AS214", message, place, help="quote it for the shell: --set 'units=[3, 4, 6, 3]'")
    return node if node is not None else Scalar(None, "", place)
