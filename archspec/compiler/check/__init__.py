"""The document against the published JSON Schema, every mistake with its place and in our own words."""

from __future__ import annotations

from archspec.compiler.check.walk import Walk
from archspec.compiler.language.ops import OPS
from archspec.compiler.schema import published
from archspec.compiler.syntax.nodes import Node
from archspec.diagnostics import Findings


def validate(root: Node, findings: Findings) -> None:
    """Report what the schema does not allow: all of it, each mistake once."""
    known, own = len(OPS), Findings()
    Walk(published(), own).check(root)
    if len(OPS) > known:
        # A name with a dot has made the ops of an installed package known.
        own = Findings()
        Walk(published(), own).check(root)
    findings.extend(own.items)
