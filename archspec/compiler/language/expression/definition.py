"""The body of a function, checked where it is defined: what it names and calls must be there."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set

from archspec.compiler.language.expression.checks import CONSTANTS, check_count, offer
from archspec.compiler.language.expression.environment import Function, WrongExpression
from archspec.compiler.language.expression.evaluation import RULES
from archspec.compiler.language.expression.functions import FUNCTIONS, PLAIN_FUNCTIONS, TENSOR_FUNCTIONS
from archspec.compiler.language.expression.syntax import check_length, parsed
from archspec.compiler.language.suggestions import nearest


def check_body(
    code: str, parameters: Set[str], known: Set[str], earlier: Mapping[str, Function], declared: Set[str]
) -> None:
    """Raises WrongExpression for a body that cannot be computed whatever the arguments are.

    `known` are the hyperparameters, `earlier` the functions above it, `declared` the names of all. What passes calls
    earlier ones only, so that no function can call itself.
    """
    check_length(code)
    left: list[ast.expr] = [parsed(code)]
    while left:
        node = left.pop()
        if type(node) not in RULES:
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        if isinstance(node, ast.Call):
            _check_call(node, earlier, declared)
            left += node.args
        elif isinstance(node, ast.Name) and not any(node.id in names for names in (parameters, known, CONSTANTS)):
            names = dict.fromkeys(sorted(parameters | known))
            raise WrongExpression(f"nothing is called `{node.id}` here", offer(node.id, names))
        else:
            left += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _check_call(node: ast.Call, earlier: Mapping[str, Function], declared: Set[str]) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        raise WrongExpression(f"`{name}` takes plain arguments")
    if name in TENSOR_FUNCTIONS:
        message = f"`{name}` reads a tensor, and a function sees none"
        raise WrongExpression(message, f"give it the number: call it with `{name}(…)` as an argument")
    if name in earlier:
        parameters = earlier[name].parameters
        # Of one with an error its parameters are not known for certain.
        if earlier[name].body:
            check_count(name, len(node.args), len(parameters), len(parameters))
    elif name in PLAIN_FUNCTIONS:
        check_count(name, len(node.args), *PLAIN_FUNCTIONS[name][1:])
    else:
        known = [*earlier, *FUNCTIONS]
        above = "a function can only call those above it" if name in declared else None
        help = above or nearest(name, known) or f"there are {', '.join(known)}"
        raise WrongExpression(f"there is no function `{name}` here", help)
