"""An expression evaluated: Python's grammar, our own evaluator with a bound on its steps; nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from archspec.compiler.language.budget import GUESS, OPERATOR
from archspec.compiler.language.expression.checks import CONSTANTS, boolean_of, bounded, check_count, number_of, offer
from archspec.compiler.language.expression.environment import (
    UNKNOWN,
    Environment,
    Function,
    NotKnown,
    Value,
    WrongExpression,
    written,
)
from archspec.compiler.language.expression.functions import FUNCTIONS, PLAIN_FUNCTIONS, TENSOR_FUNCTIONS, Unfit
from archspec.compiler.language.expression.operators import computed, holds
from archspec.compiler.language.expression.syntax import check_length, parsed
from archspec.compiler.language.suggestions import nearest

_MOST_STEPS = 20_000


def evaluate(code: str, environment: Environment) -> Value:
    """The value of an expression; raises WrongExpression, or NotKnown for a tensor that has an error."""
    check_length(code)
    try:
        return _Evaluation(environment).text(code)
    except RecursionError:
        raise WrongExpression(f"`{code}` calls functions too deeply") from None


class _Evaluation:
    """One evaluation, with a bound on its steps."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.budget = environment.budget
        self.steps = 0
        self.source = ""

    def text(self, code: str) -> Value:
        """Parse and evaluate a text, then come back to the one around it."""
        tree = parsed(code)
        outer, self.source = self.source, code.strip()
        value = self.node(tree)
        self.source = outer
        return value

    def node(self, node: ast.expr) -> Value:
        self.steps += 1
        if not self.budget.spend(OPERATOR):
            raise WrongExpression("the spec asks for too much work")
        if self.steps > _MOST_STEPS:
            raise WrongExpression(f"the expression takes more than {_MOST_STEPS} steps")
        rule = RULES.get(type(node))
        if rule is None:
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        return bounded(rule(self, node), self.budget)

    def constant(self, node: ast.Constant) -> Value:
        if not isinstance(node.value, (bool, int, float, str, type(None))):
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        return node.value

    def name(self, node: ast.Name) -> Value:
        for values in (self.environment.values, CONSTANTS):
            if node.id in values:
                if values[node.id] is UNKNOWN:
                    raise NotKnown
                return values[node.id]
        self.budget.spend(GUESS * len(self.environment.values))
        raise WrongExpression(f"nothing is called `{node.id}` here", offer(node.id, self.environment.values))

    def unary(self, node: ast.UnaryOp) -> Value:
        value = self.node(node.operand)
        if isinstance(node.op, ast.Not):
            return not boolean_of(value, node.operand)
        number = number_of(value, node.operand)
        return -number if isinstance(node.op, ast.USub) else number

    def binary(self, node: ast.BinOp) -> Value:
        left, right = self.node(node.left), self.node(node.right)
        return computed(node, left, right)

    def boolean(self, node: ast.BoolOp) -> Value:
        wanted = isinstance(node.op, ast.Or)
        return wanted if any(boolean_of(self.node(v), v) is wanted for v in node.values) else not wanted

    def compare(self, node: ast.Compare) -> Value:
        left = self.node(node.left)
        for kind, operand in zip(node.ops, node.comparators, strict=True):
            right = self.node(operand)
            if not holds(kind, left, right, node):
                return False
            left = right
        return True

    def conditional(self, node: ast.IfExp) -> Value:
        return self.node(node.body if boolean_of(self.node(node.test), node.test) else node.orelse)

    def subscript(self, node: ast.Subscript) -> Value:
        value, index = self.node(node.value), self.node(node.slice)
        try:
            return value[index]
        except (IndexError, KeyError, TypeError):
            message = f"`{ast.unparse(node.value)}` has no element {written(index)}"
            raise WrongExpression(message, "elements are counted from 0") from None

    def listing(self, node: ast.List | ast.Tuple) -> Value:
        return [self.node(item) for item in node.elts]

    def call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise WrongExpression(f"`{name}` takes plain arguments")
        if name in TENSOR_FUNCTIONS:
            return self.tensor_call(name, node.args)
        # A tensor can stand behind a misspelt name, so that is said before what its arguments are.
        if name not in self.environment.functions and name not in PLAIN_FUNCTIONS:
            names = [*self.environment.functions, *FUNCTIONS]
            help = nearest(name, names) or f"there are {', '.join(names)}"
            raise WrongExpression(f"there is no function `{name}` here", help)
        arguments = [self.node(argument) for argument in node.args]
        if name in self.environment.functions:
            return self.own_call(name, self.environment.functions[name], arguments)
        function, least, most = PLAIN_FUNCTIONS[name]
        check_count(name, len(arguments), least, most)
        try:
            return function(*arguments)
        except Unfit as problem:
            raise WrongExpression(f"`{ast.unparse(node)}` cannot be computed: {problem}") from None
        except (ValueError, OverflowError, ZeroDivisionError):
            raise WrongExpression(f"`{ast.unparse(node)}` has no value") from None

    def own_call(self, name: str, function: Function, arguments: list[Value]) -> Value:
        if not function.body:
            raise NotKnown
        check_count(name, len(arguments), len(function.parameters), len(function.parameters))
        outer = self.environment
        inner = Environment(
            {**outer.base, **dict(zip(function.parameters, arguments, strict=True))},
            outer.functions,
            budget=outer.budget,
            hyperparameters=outer.base,
        )
        self.environment = inner
        try:
            value = self.text(function.body)
        except WrongExpression as problem:
            innermost = ", in the function" not in str(problem)
            raise (
                WrongExpression(f"{problem}, in the function `{name}`", problem.help) if innermost else problem
            ) from None
        self.environment = outer
        return value

    def tensor_call(self, name: str, arguments: list[ast.expr]) -> Value:
        if len(arguments) != 1 or self.environment.tensor is None:
            where = "takes one tensor, by name" if len(arguments) != 1 else "can only be used where a layer is made"
            raise WrongExpression(f"`{name}` {where}")
        argument = arguments[0]
        quoted = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        reference = str(argument.value) if quoted else ast.get_source_segment(self.source, argument)  # type: ignore[attr-defined]
        shape = self.environment.tensor(reference or "")
        if name == "given":
            return shape is not None
        if shape is None:
            raise WrongExpression(f"the input `{reference}` is not given here", f"ask with `when: given({reference})`")
        return TENSOR_FUNCTIONS[name](shape)


RULES: dict[type[ast.expr], Callable[[_Evaluation, Any], Value]] = {
    ast.Constant: _Evaluation.constant,
    ast.Name: _Evaluation.name,
    ast.UnaryOp: _Evaluation.unary,
    ast.BinOp: _Evaluation.binary,
    ast.BoolOp: _Evaluation.boolean,
    ast.Compare: _Evaluation.compare,
    ast.IfExp: _Evaluation.conditional,
    ast.Subscript: _Evaluation.subscript,
    ast.List: _Evaluation.listing,
    ast.Tuple: _Evaluation.listing,
    ast.Call: _Evaluation.call,
}
