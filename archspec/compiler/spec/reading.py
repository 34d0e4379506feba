"""A spec's file to its records: parsed, laid over what it extends, validated, read."""

from __future__ import annotations

from archspec.compiler.check import validate
from archspec.compiler.spec.document import read_document
from archspec.compiler.spec.files import load, split_variant
from archspec.compiler.spec.records import Document
from archspec.diagnostics import Findings


def read_file(path: str, findings: Findings, text: str | None = None) -> tuple[Document | None, str]:
    """The document of `FILE` or `FILE#variant` and the variant's name; None after mistakes that hide all others.

    `text` stands for the file's content.
    """
    file, variant = split_variant(path)
    before = len(findings.errors)
    root, sources, inherited = load(file, findings, text)
    if root is None or len(findings.errors) > before:
        return None, ""
    validate(root, findings)
    if len(findings.errors) > before:
        return None, ""
    # What cannot be read stands as a missing layer, so that the stages after this one find the other mistakes.
    return read_document(file, root, sources, findings), variant or inherited
