"""Defaults that nothing could accept, and what a document declares and nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.expand.reads import names_read_in_document
from archspec.compiler.expand.usage import Usage
from archspec.compiler.language.fields import Form
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.records import Document, Scope, walk
from archspec.diagnostics import Diagnostic, Findings, Span


def check_scopes(document: Document, findings: Findings) -> None:
    """Report defaults that nothing could accept: an unknown target, or a field that no member of it has."""
    blocks = {block.name: {p.name for p in block.parameters} for block in document.blocks.values()}
    groups = _groups(document.registry)
    for scope in (*document.scopes.values(), *_scopes(document)):
        for default in scope.defaults:
            target, name = default.target.text, default.field.text
            members = groups.get(target, [])
            fields = blocks.get(target) or {field for cls in members for field in cls.FIELDS}
            if target not in blocks and not members:
                why, help = document.registry.why_not(target, "form")
                help = help or nearest(target, [*groups, *blocks]) or ""
                help = help or "a scope is keyed by an operation, a group, a block or another form"
                findings.add("AS203", f"nothing is called `{target}`{why}", default.target.span, help=help)
            elif name not in fields:
                help = nearest(name, fields) or f"`{target}` has {', '.join(sorted(fields)) or 'none'}"
                findings.add("AS204", f"`{target}` has no field `{name}`", default.field.span, help=help)


def _groups(registry: Registry) -> dict[str, list[type[Form]]]:
    """Everything a scope can be keyed by: the name of a form or of a group -> the forms it stands for."""
    found: dict[str, list[type[Form]]] = {}
    for name, cls in registry.by_name.items():
        for key in (name, *cls.GROUPS):
            found.setdefault(key, []).append(cls)
    return found


def _scopes(document: Document, unused: frozenset[str] = frozenset()) -> Iterator[Scope]:
    """The scopes written in place: the document's, the layers', and those of blocks but the unused ones."""
    if document.defaults is not None:
        yield document.defaults
    used = [block for block in document.blocks.values() if block.name not in unused]
    for block in used:
        yield from (scope for scope in block.defaults if isinstance(scope, Scope))
    for layer in walk((*document.layers, *document.heads, *(block.body for block in used))):
        yield from (scope for scope in layer.defaults if isinstance(scope, Scope))


def unused(document: Document, usage: Usage, resolver: Resolver) -> Iterator[Diagnostic]:
    """Defaults that reached no layer; blocks, scopes, tables, columns and hyperparameters that nothing uses."""
    idle = frozenset(name for name in document.blocks if not usage.marked(document, "block", name))
    for name in sorted(idle):
        yield _warning("AS217", f"nothing calls the block `{name}`", document.blocks[name].span)
    scopes = list(_scopes(document, idle))
    for name, scope in document.scopes.items():
        if usage.marked(document, "scope", name):
            scopes.append(scope)
        else:
            yield _warning("AS220", f"nothing uses the scope `{name}`", scope.span)
    for scope in scopes:
        for default in scope.defaults:
            if default.field.span not in resolver.reached:
                message = f"the default `{default.target.text}: {default.field.text}` reaches no layer"
                yield _warning("AS216", message, default.field.span)
    for name, table in document.tables.items():
        if not usage.marked(document, "table", name):
            yield _warning("AS218", f"nothing uses the table `{name}`", table.span)
    yield from usage.unread_columns()


def unread(document: Document) -> Iterator[Diagnostic]:
    """The hyperparameters that no expression names."""
    read = names_read_in_document(document) if document.hyperparameters else set()
    named = [parameter.name for parameter in document.hyperparameters if parameter.name in read]
    for parameter in document.hyperparameters:
        if parameter.name not in read:
            help = nearest(parameter.name, named) or "take it out"
            yield _warning("AS219", f"nothing reads the hyperparameter `{parameter.name}`", parameter.span, help)


def _warning(code: str, message: str, span: Span, help: str = "take it out") -> Diagnostic:
    return Diagnostic(code, message, span, help=help, severity="warning")
