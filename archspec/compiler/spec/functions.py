"""The section `functions`: `name(parameter, …): expression`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Set

from archspec.compiler.language.expression import FUNCTIONS, Function, WrongExpression, check_body
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Findings

_HEAD = re.compile(r"([A-Za-z_]\w*)\(\s*((?:[A-Za-z_]\w*\s*(?:,\s*[A-Za-z_]\w*\s*)*)?)\)")
_WRONG = Function((), "")
"""Stands for a function whose head has an error: calls of it say nothing more."""
_RESERVED = ("true", "false", "null", *keyword.kwlist)


def read_functions(root: Mapping, findings: Findings) -> dict[str, Function]:
    """The document's functions; what is wrong in one is reported where it is defined, and calls of it stay silent."""
    heads, values = list(_heads(root.get("functions"))), root.get("hyperparameters")
    hyperparameters = {key.text for key, _ in values.pairs} if isinstance(values, Mapping) else set()
    found: dict[str, Function] = {}
    declared, known = {name for _, name, _, _ in heads}, {*hyperparameters, "variant"}
    for key, name, parameters, value in heads:
        if parameters is None or not isinstance(value, Scalar):
            findings.add("AS109", f"`{key.text}` is not a function", key.span, help="write `wide(n): n * multiplier`")
            found.setdefault(name, _WRONG)
        elif name in FUNCTIONS or name in found:
            findings.add("AS109", f"there is a function `{name}` already", key.span, help="choose another name")
            # Which of the two is meant by a call is not known.
            found.update({name: _WRONG} if name in found else {})
        else:
            sound = _check_parameters(key, name, parameters, findings)
            body = _body(value, {*parameters}, known, found, declared, findings) if sound else ""
            found[name] = Function(parameters, body)
    return found


def _heads(node: Node | None) -> Iterator[tuple[Scalar, str, tuple[str, ...] | None, Node]]:
    """The key of each function, its name, its parameters, or None where the key is no head, and its body."""
    for key, value in node.pairs if isinstance(node, Mapping) else ():
        match = _HEAD.fullmatch(key.text)
        names = tuple(part.strip() for part in match[2].split(",") if part.strip()) if match else None
        yield key, key.text.partition("(")[0].strip(), names, value


def _check_parameters(key: Scalar, name: str, parameters: tuple[str, ...], findings: Findings) -> bool:
    """Whether the parameters can be told apart, and none hides a word of the language; reports what is wrong."""
    twice = next((one for at, one in enumerate(parameters) if one in parameters[:at]), None)
    reserved = next((one for one in parameters if one in _RESERVED), None)
    if twice is not None:
        message = f"`{name}` has the parameter `{twice}` twice"
    elif reserved is not None:
        message = f"`{reserved}` means something else in expressions"
    else:
        return True
    findings.add("AS130", message, key.span, help="give each parameter a name of its own")
    return False


def _body(
    value: Scalar,
    parameters: Set[str],
    known: Set[str],
    earlier: dict[str, Function],
    declared: Set[str],
    findings: Findings,
) -> str:
    """The text of a function's body; empty after reporting what is wrong with it."""
    try:
        check_body(value.text, parameters, known, earlier, declared)
    except WrongExpression as problem:
        findings.add("AS201", str(problem), value.span, help=problem.help)
        return ""
    return value.text
