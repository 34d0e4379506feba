"""The document against the JSON Schema of its registry, every mistake with its place and in our own words."""

from __future__ import annotations

from archspec.compiler.check.walk import Walk
from archspec.compiler.language.registry import Registry
from archspec.compiler.syntax.nodes import Node
from archspec.diagnostics import Findings


def validate(root: Node, registry: Registry, findings: Findings) -> None:
    """Report what the schema does not allow: all of it, each mistake once."""
    Walk(registry, findings).check(root)
