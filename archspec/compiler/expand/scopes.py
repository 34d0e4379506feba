"""Scopes around a layer: written in place, or named."""

from __future__ import annotations

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.budget import SCOPE
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.records import Scope
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Findings


def within(scopes: tuple[Scope | Scalar, ...], context: Context, usage: Usage, findings: Findings) -> Context | None:
    """The context with scopes around it; None after reporting that one is not there."""
    inner = context
    for scope in scopes:
        if context.environment.budget.exhausted:
            return None
        found = _named(scope, context, usage, findings) if isinstance(scope, Scalar) else scope
        if found is None:
            return None
        # Scopes are a tuple, made anew with each.
        context.environment.budget.spend(SCOPE + len(inner.frames) // SCOPE)
        inner = inner.with_scope(found)
    return inner


def _named(name: Scalar, context: Context, usage: Usage, findings: Findings) -> Scope | None:
    scopes = context.document.scopes
    if name.text not in scopes:
        help = nearest(name.text, scopes) or f"under `scopes` there are: {', '.join(scopes) or 'none'}"
        findings.add("AS205", f"there is no scope `{name.text}`", name.span, help=help)
        return None
    usage.mark(context.document, "scope", name.text)
    return scopes[name.text]
