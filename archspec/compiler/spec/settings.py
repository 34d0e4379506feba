"""`--set`: hyperparameters, and any value of a spec by its path, as nodes with places of their own."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Readable

from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.schema import published
from archspec.compiler.spec.laying import BESIDE_THE_NETWORK
from archspec.compiler.spec.packages import packages_named
from archspec.compiler.spec.paths import Put, Step
from archspec.compiler.spec.sources import Sources, Speaker
from archspec.compiler.spec.tree import Tree
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Plain, Scalar
from archspec.compiler.syntax.reading import parse
from archspec.compiler.syntax.scalars import core_value
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span

COMMAND_LINE = "--set"
"""The file in which settings are said to stand, one to a line."""

_FIXED = ("archspec", "extends", "change", "insert", "remove")
"""Sections that are done with before anything is set."""


@dataclass(frozen=True)
class Settings:
    """A document with its values set; the hyperparameters that were set, and whether the network may be another."""

    root: Mapping
    registry: Registry
    hyperparameters: dict[str, Node] = field(default_factory=dict)
    changed: bool = False


def lay_settings(
    root: Mapping, settings: Readable[str, object], registry: Registry, sources: Sources, findings: Findings
) -> Settings:
    """Set values in a document; what cannot be set is reported and left out. The values may name further packages."""
    lines = [f"{name}={value}" for name, value in settings.items()]
    if lines:
        sources.texts[COMMAND_LINE] = "".join(f"{line}\n" for line in lines)
    values: dict[str, Node] = {}
    changed = False
    for number, (name, value) in enumerate(settings.items(), 1):
        place = Span(COMMAND_LINE, number, 1, number, len(name) + 1)
        node = _value(name, value, place, findings)
        if node is None:
            continue
        registry = registry.with_packages(packages_named(node))
        for inner in _all(node):
            sources.history.speakers[inner.span] = Speaker("set", f"--set {name}={value}")
        first, dot, rest = name.partition(".")
        own = rest if first == "hyperparameters" and "." not in rest else "" if dot else name
        if own and own in _names(root.get("hyperparameters")):
            values[own] = node
        elif _is_path(root, name, place, registry, findings):
            root = Put(registry, sources.history, node, findings).document(root, _steps(name, number, registry))
            changed = changed or first not in BESIDE_THE_NETWORK
    return Settings(root, registry, values, changed or bool(values))


def _value(name: str, value: object, place: Span, findings: Findings) -> Node | None:
    """The node of a value, text being read as YAML; nothing after `=` is null, as in a file."""
    column = len(name) + 2
    span = Span(COMMAND_LINE, place.line, column, place.line, column + max(len(str(value)), 1))
    if not isinstance(value, str):
        return _node(value, span)
    if core_value(value.strip()) is None:
        return Scalar(None, value.strip(), span)
    inner = Findings()
    # Blank lines and columns before it, so that its nodes have their places on the command line.
    node = parse("\n" * (place.line - 1) + " " * (column - 1) + value, COMMAND_LINE, inner)
    if node is None and "\n" in value:
        node = parse(value, COMMAND_LINE, inner)
    if node is None:
        help = "quote it for the shell: --set 'units=[3, 4, 6, 3]'"
        findings.add("AS214", f"the value of --set {name}={value} is not YAML", span, help=help)
    return node


def _node(value: object, span: Span) -> Node:
    if isinstance(value, (list, tuple)):
        return Listing(tuple(_node(item, span) for item in value), span)
    if isinstance(value, dict):
        return Mapping(tuple((Scalar(str(k), str(k), span), _node(v, span)) for k, v in value.items()), span)
    plain: Plain = value if isinstance(value, (bool, int, float, str, type(None))) else str(value)
    return Scalar(plain, str(value), span)


def _all(node: Node) -> Iterator[Node]:
    yield node
    below = node.items if isinstance(node, Listing) else (v for _, v in node) if isinstance(node, Mapping) else ()
    for inner in below:
        yield from _all(inner)


def _steps(name: str, line: int, registry: Registry) -> list[Step]:
    """The parts of a path, each with its place; a form of another package is one part, though it has a dot."""
    steps, column, parts = [], 1, name.split(".")
    while parts:
        size = 2 if ".".join(parts[:2]) in registry.by_name else 1
        part, parts = ".".join(parts[:size]), parts[size:]
        steps.append(Scalar(part, part, Span(COMMAND_LINE, line, column, line, column + len(part))))
        column += len(part) + 1
    return steps


def _names(node: Node | None) -> list[str]:
    return [key.text for key, _ in node] if isinstance(node, Mapping) else []


def _is_path(root: Mapping, name: str, place: Span, registry: Registry, findings: Findings) -> bool:
    """Whether the name begins with a section that can be set; reports what it is not."""
    first, dot, _ = name.partition(".")
    sections, hyperparameters = list(published(registry)["properties"]), _names(root.get("hyperparameters"))
    if first in _FIXED:
        help = "write it into the spec"
        findings.add("AS133", f"`{first}` cannot be set on the command line", place, help=help)
    elif first in sections and (dot or first not in ("hyperparameters",)):
        return True
    elif dot and Tree(root, registry).find(first):
        findings.add("AS133", f"`{first}` is a layer, not a section", place, help=f"write --set layers.{name}=…")
    elif dot:
        usual = "a path begins with a section: train.batch, layers.conv1.filters"
        help = _field_named(name, registry) or nearest(first, sections) or usual
        findings.add("AS133", f"a spec has no section `{first}`", place, help=help)
    else:
        help = nearest(name, [*hyperparameters, *sections]) or _field_named(name, registry) or _list(hyperparameters)
        findings.add("AS214", f"there is no hyperparameter `{name}`", place, help=help)
    return False


def _field_named(name: str, registry: Registry) -> str | None:
    """The path that begins with a section, for one that begins with a section's field."""
    first = name.partition(".")[0]
    found = next((section for section, cls in registry.families["section"].items() if first in cls.FIELDS), None)
    return f"did you mean `{found}.{name}`?" if found is not None else None


def _list(hyperparameters: list[str]) -> str:
    return f"there are {', '.join(hyperparameters) or 'none'}; other values are set by their path: train.batch=8"
