"""A spec's file to its records: parsed, laid over what it extends, validated, read."""

from __future__ import annotations

import os
from collections.abc import Mapping as Readable

from archspec.compiler.check import validate
from archspec.compiler.spec import zoo
from archspec.compiler.spec.document import read_document
from archspec.compiler.spec.files import load, split_variant
from archspec.compiler.spec.records import Document
from archspec.compiler.spec.settings import lay_settings
from archspec.compiler.spec.sources import Sources
from archspec.dataclass import replace
from archspec.diagnostics import Findings, Span


def read_file(
    path: str, findings: Findings, sources: Sources, settings: Readable[str, object] | None = None
) -> tuple[Document | None, str]:
    """The document of `FILE`, `FILE#variant` or `zoo:NAME` and the variant's name; None after mistakes.

    `settings` are hyperparameters, or other values by their paths, that stand over what is written. Where `sources`
    read files partly, there is a document in spite of mistakes.
    """
    reference, variant = split_variant(path)
    file = zoo.file_of(reference, findings) if zoo.is_of_zoo(reference) else _named(reference, sources, findings)
    before = len(findings.errors)
    loaded = load(file, sources, findings) if file is not None else None
    if loaded is None or file is None:
        return None, ""
    laid = lay_settings(loaded.root, settings or {}, loaded.registry, sources, findings)
    if loaded.is_whole:
        validate(laid.root, laid.registry, findings)
    wrong = len(findings.errors) > before
    if wrong and not sources.partly:
        return None, ""
    # What cannot be read stands as a missing layer, so that the stages after this one find the other mistakes; those
    # of a document that is wrong in its form would only repeat what has been said.
    shown = Findings() if wrong else findings
    document = read_document(file, laid.root, laid.registry, sources, shown, loaded.variant)
    document = replace(document, settings=laid.hyperparameters, changed=laid.changed)
    return document, variant if variant != loaded.variant or document.variants else ""


def _named(file: str, sources: Sources, findings: Findings) -> str | None:
    """The file; None after reporting that it is not there, and has the name of a spec that comes with archspec."""
    help = None if sources.has(file) or os.path.lexists(file) else zoo.offered(file)
    if help is None:
        return file
    findings.add("AS012", f"there is no file {file}", Span(file, 1, 1, 1, 1), help=help)
    return None
