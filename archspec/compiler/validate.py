"""The document against the JSON Schema."""

from __future__ import annotations

from archspec.compiler.source import Mapping, Node
from archspec.diagnostics import Findings

SECTIONS = (
    "archspec name about extends variants hyperparameters functions tables defaults scopes inputs blocks layers heads "
    "names train eval expect change insert remove"
).split()


def validate(root: Node, findings: Findings) -> None:
    """Report what the schema does not allow."""
    if isinstance(root, Mapping):
        for key, _ in root.pairs:
            if key.text not in SECTIONS:
                findings.add("AS101", f"a spec has no section `{key.text}`", key.span, help=f"there are {', '.join(SECTIONS)}")
