"""The names that expressions read, found by parsing them; nothing is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from archspec.compiler.language.expression.environment import WrongExpression
from archspec.compiler.language.expression.functions import TENSOR_FUNCTIONS
from archspec.compiler.language.expression.syntax import parsed
from archspec.compiler.language.expression.text import split


@lru_cache(maxsize=10_000)
def names_in(text: str) -> frozenset[str]:
    """The values that the expressions in a text name; none where the text is wrong, which others report."""
    try:
        codes = [part for is_code, part in split(text) if is_code] if "$" in text else []
    except WrongExpression:
        return frozenset()
    return frozenset().union(*map(names_of_code, codes))


@lru_cache(maxsize=10_000)
def names_of_code(code: str) -> frozenset[str]:
    """The values that an expression names; not the tensors and the functions."""
    try:
        return frozenset(_values(parsed(code)))
    except WrongExpression:
        return frozenset()


def _values(tree: ast.AST) -> Iterator[str]:
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Call):
            tensor = isinstance(node.func, ast.Name) and node.func.id in TENSOR_FUNCTIONS
            stack.extend([] if tensor else node.args)
        else:
            stack.extend(ast.iter_child_nodes(node))
