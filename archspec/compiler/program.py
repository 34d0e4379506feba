"""The stages in order: a spec's file in, a Program out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as Readable
from pathlib import Path

from archspec.compiler.expand import expand
from archspec.compiler.expand.expectations import check_expectations
from archspec.compiler.expand.precision import read_precision
from archspec.compiler.expand.unused import check_scopes, unread
from archspec.compiler.expand.unused import unused as find_unused
from archspec.compiler.graph.graph import Graph
from archspec.compiler.graph.passes import run
from archspec.compiler.graph.passes.precision import in_precision
from archspec.compiler.graph.verify import verify
from archspec.compiler.language.budget import VARIANT, Budget
from archspec.compiler.language.expression import Environment
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.provenance import Resolved, Values
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.files import split_variant
from archspec.compiler.spec.reading import read_file
from archspec.compiler.spec.records import Document
from archspec.compiler.spec.settings import COMMAND_LINE
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.training.frozen import frozen_by
from archspec.compiler.training.sections import read_sections
from archspec.dataclass import dataclass, field, replace
from archspec.diagnostics import Diagnostic, Findings, Note, Span


@dataclass(frozen=True)
class Program:
    """A compiled spec: the graph, how it is trained and evaluated, and where each of those values came from.

    `alike` are copies of a layer that run one after the other and all read one `from`: by path, where that stands.
    `hyperparameters` are the final values; `values` maps a dotted path such as `train.optimizer.rate` to its value
    with provenance, `calls` the path of every block call to its parameters; `sources` is the text of every file read;
    `published` is what the spec says that others have published of this network, by its key in that section.
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
    alike: dict[str, Span] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    published: dict[str, object] = field(default_factory=dict)

    @property
    def precision(self) -> str:
        """The type in which the network computes what it can."""
        return self.values["precision"].value if "precision" in self.values else "float32"


def compile_file(
    path: str,
    *,
    settings: Readable[str, str | object] | None = None,
    findings: Findings,
    text: str | None = None,
    unmet: Findings | None = None,
) -> Program | None:
    """Compile `FILE` or `FILE#variant`; None after errors, which are in `findings`.

    `settings` are hyperparameters, or other values by their paths, from the command line, as text or values; `text`
    stands for the file's content. Expectations that do not hold are errors too, unless `unmet` is there to take them.
    """
    before = len(findings.errors)
    document, variant = _read(path, text, findings, settings)
    if document is None:
        return None
    check_scopes(document, findings)
    unused: dict[Span, list[Diagnostic]] = {}
    program = _compile(document, variant, findings, unused, Budget(), unmet)
    # What a spec says in vain is a warning of lint; what was said for this one time is a mistake.
    findings.extend(replace(seen[0], severity="error") for span, seen in unused.items() if span.file == COMMAND_LINE)
    return program if len(findings.errors) == before else None


def check_file(
    path: str, *, findings: Findings, text: str | None = None, sources: Sources | None = None
) -> list[Program]:
    """Compile a spec in each of its variants, and report defaults, blocks and tables that none of them uses.

    `sources` hold what has been read already.
    """
    document, variant = _read(path, text, findings, sources=sources)
    return check_document(document, variant, findings) if document is not None else []


def check_document(document: Document, variant: str, findings: Findings) -> list[Program]:
    """Compile a document in each of its variants, or in one, as `check_file` does."""
    before = len(findings.errors)
    check_scopes(document, findings)
    names = [variant] if variant else [v.name for v in document.variants] or [""]
    unused: dict[Span, list[Diagnostic]] = {}
    budget, compiled = Budget(), []
    for name in names:
        program = _compile(document, name, findings, unused, budget)
        if program is not None:
            compiled.append(program)
        if budget.exhausted:
            break
    if len(findings.errors) > before:
        return []
    found = [*(seen[0] for seen in unused.values() if len(seen) == len(names)), *unread(document)]
    # What an extended file offers beyond this spec's use is that file's own matter.
    findings.extend(d for d in found if d.span is not None and d.span.file in (document.file, COMMAND_LINE))
    return compiled


def variants(path: str, findings: Findings) -> tuple[str, ...]:
    """The names of a file's variants, in order."""
    document, _ = _read(path, None, findings)
    return tuple(variant.name for variant in document.variants) if document is not None else ()


def _read(
    path: str,
    text: str | None,
    findings: Findings,
    settings: Readable[str, object] | None = None,
    sources: Sources | None = None,
) -> tuple[Document | None, str]:
    if sources is None:
        sources = Sources({split_variant(path)[0]: text} if text is not None else {})
    document, variant = read_file(path, findings, sources, settings)
    findings.sources.update(sources.texts)
    return document, variant


def _compile(
    document: Document,
    variant: str,
    findings: Findings,
    unused: dict[Span, list[Diagnostic]],
    budget: Budget,
    unmet: Findings | None = None,
) -> Program | None:
    own = Findings()
    resolver = Resolver(own, document.registry, history=document.sources.history)
    place = next((v.span for v in document.variants if v.name == variant), document.root.span)
    budget.charge(VARIANT, place, own)
    if own.errors:
        findings.extend(own.items)
        return None
    expanded = expand(document, variant, _settings(document), budget, resolver)
    sections = read_sections(document, expanded, resolver)
    precision = read_precision(document, expanded.context.environment, resolver)
    if expanded.graph is None and not own.errors and not findings.errors:
        help = "please report it with the spec: this is a mistake of archspec"
        own.add(
            "AS320", "no graph came of this spec, and nothing was found wrong with it", document.root.span, help=help
        )
    if expanded.graph is None or own.errors:
        findings.extend(gathered(own.items))
        return None
    verify(expanded.graph, own)
    frozen = frozen_by(sections.train)
    check_expectations(document, variant, expanded, frozen, own if unmet is None else unmet)
    for diagnostic in find_unused(document, expanded.usage, resolver):
        if diagnostic.span is not None:
            unused.setdefault(diagnostic.span, []).append(diagnostic)
    findings.extend(own.items)
    findings.sources.update(document.sources.texts)
    if own.errors:
        return None
    chosen = expanded.variant if document.variants else ""
    return Program(
        file=document.file,
        name=chosen or Path(document.file).name.removesuffix(".yaml").removesuffix(".yml"),
        variant=chosen,
        about=document.about,
        graph=expanded.graph if precision is None else _precise(expanded.graph, precision),
        hyperparameters=expanded.hyperparameters,
        train=sections.train,
        eval=sections.eval,
        values=sections.values | ({"precision": precision} if precision is not None else {}),
        calls=expanded.calls,
        alike=expanded.alike,
        sources={file: text for file, text in document.sources.texts.items() if file != COMMAND_LINE},
        published=_published(document, chosen),
    )


def _precise(graph: Graph, precision: Resolved) -> Graph:
    return graph if precision.value == "float32" else run(in_precision, graph, precision.value)


def _published(document: Document, variant: str) -> dict[str, object]:
    """What is published of a variant, over what is of all of them; nothing where the network may be another."""
    own = next((each.published for each in document.variants if each.name == variant), None)
    said = [] if document.changed else [document.published, own]
    return {key.text: plain(value) for section in said if section is not None for key, value in section}


def gathered(diagnostics: list[Diagnostic]) -> Iterator[Diagnostic]:
    """The first mistake of a kind at each place: copies and calls of one layer bring the same one again and again."""
    alike = Counter((diagnostic.code, diagnostic.span) for diagnostic in diagnostics)
    for diagnostic in diagnostics:
        count = alike.pop((diagnostic.code, diagnostic.span), 0)
        if count > 1 and diagnostic.span is not None:
            note = Note("there is more like it here, in other copies or calls")
            diagnostic = replace(diagnostic, notes=(*diagnostic.notes, note))
        if count:
            yield diagnostic


def _settings(document: Document) -> dict[str, Written]:
    """Hyperparameters from the command line."""
    return {name: Written(node, Environment(), "set", f"--set {name}") for name, node in document.settings.items()}
