"""The names that a spec gives to its variants, blocks, losses and the like: letters, digits, _ and -, never a path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archspec.compiler.language.expression import WrongExpression, split
from archspec.compiler.language.registry import Registry
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Findings

LONGEST = 100
"""Characters of a name."""

_NAME = re.compile(r"[\w-]+")
_LEVELS = {
    "endpoint": ("an end point", re.compile(r"[\w-]+(/[\w-]+)*"), "_ and -; / between levels"),
    "name": ("a layer's variables", re.compile(r"[\w.-]+(/[\w.-]+)*"), "_, - and points; / between levels"),
}
"""By the key that gives them, names that may have several levels: what they name, and the letters they may have."""
_NAMING = {
    "variants": "variant",
    "tables": "table",
    "scopes": "scope",
    "inputs": "input",
    "outputs": "output",
    "blocks": "block",
}
"""Sections whose keys are names, and what one of them is called."""


def check_names(root: Mapping, registry: Registry, findings: Findings) -> None:
    """Report every name that is none."""
    for what, key in _names(root, registry):
        problem = problem_of(key.text)
        if problem:
            findings.add("AS134", _sentence(key.text, what, problem), key.span, help="use letters, digits, _ and -")
    for key, value in _pairs(root.get("names")):
        if not key.text:
            findings.add("AS134", "an empty path names no layer", key.span, help="write the path of a layer")
        if isinstance(value, Scalar):
            check_levels("name", value.text, value, findings)


def check_levels(key: str, name: str, node: Scalar, findings: Findings) -> bool:
    """Whether a text can be what `endpoint` or `name` gives, its expressions written out; reports why not."""
    what, letters, allowed = _LEVELS[key]
    problem = problem_of(name, letters)
    if problem:
        help = f"use letters, digits, {allowed}"
        findings.add("AS134", _sentence(name, what, problem), node.span, help=help)
    elif name == "None" and not node.quoted:
        message = f"this is Python's word for nothing, and would be the name of {what}"
        findings.add("AS134", message, node.span, help="take it out, or put the name in quotes")
        return False
    return not problem


def _sentence(name: str, what: str, problem: str) -> str:
    return f"`{name[:LONGEST]}` cannot be the name of {what}: {problem}" if name else f"the name of {what} is empty"


def _names(root: Mapping, registry: Registry) -> Iterator[tuple[str, Scalar]]:
    for section, what in _NAMING.items():
        yield from ((f"{'an' if what[0] in 'aeiou' else 'a'} {what}", key) for key in _keys(root.get(section)))
    for section, form in registry.families["section"].items():
        node = root.get(section)
        for declared in form.FIELDS.values() if isinstance(node, Mapping) else ():
            if declared.type.family and declared.type.many == "map":
                yield from ((f"one of `{declared.name}`", key) for key in _keys(node.get(declared.name)))  # type: ignore[union-attr]
        data = node.get("data") if isinstance(node, Mapping) else None
        yield from (("a feature", key) for key in _features(data))
    name = root.get("name")
    if isinstance(name, Scalar):
        yield "a spec", Scalar(None, _written(name.text), name.span)


def _features(data: Node | None) -> Iterator[Scalar]:
    """The names of the features that a source declares, or one that it wraps."""
    for key, value in _pairs(data):
        yield from _keys(value) if key.text == "features" else _features(value)


def _keys(node: Node | None) -> tuple[Scalar, ...]:
    return tuple(key for key, _ in _pairs(node))


def _pairs(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if isinstance(node, Mapping) else ()


def _written(text: str) -> str:
    """The text with a letter for each expression, whose value is not known yet."""
    try:
        return "".join("x" if is_code else part for is_code, part in split(text))
    except WrongExpression:
        return "x"


def problem_of(name: str, letters: re.Pattern[str] = _NAME) -> str:
    """Why a text is no name; empty where it is one."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has {len(name)} characters, and {LONGEST} is the limit"
    return "" if letters.fullmatch(name) else "it holds other characters"
