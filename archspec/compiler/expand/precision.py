"""`precision`: the type in which a network computes what it can."""

from __future__ import annotations

from archspec.compiler.language.expression import UNKNOWN, Environment
from archspec.compiler.language.provenance import Candidate, Origin, Resolved
from archspec.compiler.language.values import shown
from archspec.compiler.resolve.resolver import Resolver
from archspec.compiler.resolve.values import quiet
from archspec.compiler.resolve.written import Written, origin_of
from archspec.compiler.spec.records import Document

PRECISIONS = ("float32", "bfloat16")
"""float16 is none of them: its gradients need a loss that is scaled, which training does not do."""


def read_precision(document: Document, environment: Environment, resolver: Resolver) -> Resolved | None:
    """The document's precision and who said it; None where nobody did, or after reporting that it is none."""
    if document.precision is None:
        return None
    written = Written(document.precision, environment, where="the spec")
    winner, *lost = resolver.layered(written)
    value = resolver.value(winner.node, environment)
    if value is UNKNOWN:
        return None
    if value not in PRECISIONS:
        message = f"`precision` must be {' or '.join(PRECISIONS)}, got {shown(value)}"
        help = "write bfloat16, which has float32's range" if value == "float16" else None
        resolver.findings.add("AS102", message, winner.node.span, help=help)
        return None
    below = [Candidate(quiet(each), origin_of(each)) for each in lost]
    default = Candidate("float32", Origin("default", "the default of specs"))
    return Resolved(value, origin_of(winner), (*below, default))
