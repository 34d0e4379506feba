"""What is written for a field, where, and with which scopes around it."""

from __future__ import annotations

from archspec.compiler.language.expression import Environment, has_expression
from archspec.compiler.language.provenance import Origin
from archspec.compiler.spec.records import Scope
from archspec.compiler.syntax.nodes import Node, Scalar
from archspec.dataclass import dataclass


@dataclass(frozen=True)
class Frame:
    """A scope in force: its defaults, and the environment that they were written in."""

    scope: Scope
    environment: Environment


Frames = tuple[Frame, ...]
"""Scopes around a layer, from the outermost to the nearest."""


@dataclass(frozen=True)
class Written:
    """A value written for a field, with the environment to evaluate it in."""

    node: Node
    environment: Environment
    kind: str = "explicit"
    where: str = "the layer"


def origin_of(written: Written) -> Origin:
    """Who wrote the value, with the text of its expression if it is one."""
    node = written.node
    text = node.text if isinstance(node, Scalar) and has_expression(node.text) else ""
    return Origin(written.kind, written.where, node.span, text)
