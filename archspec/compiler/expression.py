"""Expressions over hyperparameters: `$name`, `$(…)`; parsed by Python's grammar, evaluated here, never executed."""

from __future__ import annotations

import ast
import math
import operator
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Callable, Mapping

Value = Any
"""None, bool, int, float, str, or a list or dict of them."""

Shape = tuple[int | None, ...]

LONGEST = 300
"""Characters in one expression."""

_MOST_STEPS = 20_000
_LARGEST = 2**63


class WrongExpression(ValueError):
    """The expression cannot be evaluated; the text is a sentence without its place."""


class NotKnown(Exception):
    """The expression reads a tensor whose own layer has an error already; say nothing more."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the document: its parameters and the expression of its body."""

    parameters: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Environment:
    """What an expression may name: values, functions, and tensors by reference.

    `tensor` gives a tensor's shape, or None for an optional input that was not given.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    tensor: Callable[[str], Shape | None] | None = None

    def with_values(self, values: Mapping[str, Value]) -> Environment:
        """This environment with further names, which hide older ones."""
        return Environment({**self.values, **values}, self.functions, self.tensor)

    def with_tensors(self, tensor: Callable[[str], Shape | None]) -> Environment:
        """This environment with another way to look up tensors."""
        return Environment(self.values, self.functions, tensor)


_NAME = re.compile(r"\$([A-Za-z_]\w*)")


def has_expression(text: str) -> bool:
    """Whether there is a `$name` or a `$(…)` in the text."""
    return "$(" in text or _NAME.search(text) is not None


def interpolate(text: str, environment: Environment) -> Value:
    """The text with its expressions evaluated; an expression that is the whole text keeps its type."""
    parts = split(text)
    if len(parts) == 1 and parts[0][0]:
        return evaluate(parts[0][1], environment)
    return "".join(_written(evaluate(part, environment)) if is_code else part for is_code, part in parts)


def split(text: str) -> list[tuple[bool, str]]:
    """The text as (is an expression, text) parts; raises WrongExpression for a `$(` that is not closed."""
    parts: list[tuple[bool, str]] = []
    position = 0
    while position < len(text):
        start = text.find("$", position)
        name = _NAME.match(text, start) if start >= 0 else None
        if start >= 0 and text.startswith("$(", start):
            end = _closing(text, start + 1)
            code = text[start + 2 : end]
        elif name:
            end = name.end() - 1
            code = name[1]
        else:
            end = len(text) - 1 if start < 0 else start
            parts.append((False, text[position : end + 1]))
            position = end + 1
            continue
        if start > position:
            parts.append((False, text[position:start]))
        parts.append((True, code))
        position = end + 1
    return parts


def _closing(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise WrongExpression(f"`$(` is not closed in {text!r}")


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def evaluate(code: str, environment: Environment) -> Value:
    """The value of an expression; raises WrongExpression, or NotKnown for a tensor that has an error."""
    if len(code) > LONGEST:
        raise WrongExpression(f"the expression has {len(code)} characters; {LONGEST} is the limit")
    return _Evaluation(environment).text(code)


class _Evaluation:
    """One evaluation, with a bound on its steps."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.steps = 0
        self.source = ""

    def text(self, code: str) -> Value:
        """Parse and evaluate a text, then come back to the one around it."""
        try:
            tree = ast.parse(code.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise WrongExpression(f"`{code.strip()}` is not an expression") from None
        outer, self.source = self.source, code.strip()
        value = self.node(tree)
        self.source = outer
        return value

    def node(self, node: ast.expr) -> Value:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise WrongExpression(f"the expression takes more than {_MOST_STEPS} steps")
        rule = _RULES.get(type(node))
        if rule is None:
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        return _bounded(rule(self, node))

    def constant(self, node: ast.Constant) -> Value:
        if not isinstance(node.value, (bool, int, float, str, type(None))):
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        return node.value

    def name(self, node: ast.Name) -> Value:
        values = {"true": True, "false": False, "null": None, **self.environment.values}
        if node.id not in values:
            raise WrongExpression(f"nothing is called `{node.id}` here{_nearest(node.id, list(values))}")
        return values[node.id]

    def unary(self, node: ast.UnaryOp) -> Value:
        value = self.node(node.operand)
        if isinstance(node.op, ast.Not):
            return not _boolean(value, node.operand)
        number = _number(value, node.operand)
        return -number if isinstance(node.op, ast.USub) else number

    def binary(self, node: ast.BinOp) -> Value:
        left, right = self.node(node.left), self.node(node.right)
        if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, (str, list)):
            return left + right
        function = _BINARY.get(type(node.op))
        if function is None:
            raise WrongExpression(f"`{ast.unparse(node)}` is not allowed in an expression")
        left, right = _number(left, node.left), _number(right, node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > 64 or abs(left) > 2**32):
            raise WrongExpression(f"`{ast.unparse(node)}` is too large")
        try:
            return function(left, right)
        except ZeroDivisionError:
            raise WrongExpression(f"`{ast.unparse(node)}` divides by zero") from None
        except OverflowError:
            raise WrongExpression(f"`{ast.unparse(node)}` is too large") from None

    def boolean(self, node: ast.BoolOp) -> Value:
        wanted = isinstance(node.op, ast.Or)
        return wanted if any(_boolean(self.node(v), v) is wanted for v in node.values) else not wanted

    def compare(self, node: ast.Compare) -> Value:
        left = self.node(node.left)
        for kind, operand in zip(node.ops, node.comparators):
            right = self.node(operand)
            try:
                if not _COMPARE[type(kind)](left, right):
                    return False
            except (KeyError, TypeError):
                raise WrongExpression(f"`{ast.unparse(node)}` cannot be compared") from None
            left = right
        return True

    def conditional(self, node: ast.IfExp) -> Value:
        return self.node(node.body if _boolean(self.node(node.test), node.test) else node.orelse)

    def subscript(self, node: ast.Subscript) -> Value:
        value, index = self.node(node.value), self.node(node.slice)
        try:
            return value[index]
        except (IndexError, KeyError, TypeError):
            raise WrongExpression(f"`{ast.unparse(node.value)}` has no element {index!r}") from None

    def listing(self, node: ast.List | ast.Tuple) -> Value:
        return [self.node(item) for item in node.elts]

    def call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise WrongExpression(f"`{name}` takes plain arguments")
        if name in _TENSOR_FUNCTIONS:
            return self.tensor_call(name, node.args)
        arguments = [self.node(argument) for argument in node.args]
        if name in self.environment.functions:
            return self.own_call(name, self.environment.functions[name], arguments)
        if name not in _FUNCTIONS:
            names = [*_FUNCTIONS, *_TENSOR_FUNCTIONS, *self.environment.functions]
            raise WrongExpression(f"there is no function `{name}`{_nearest(name, names)}")
        try:
            return _FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError) as problem:
            raise WrongExpression(f"`{ast.unparse(node)}` cannot be computed: {problem}") from None

    def own_call(self, name: str, function: Function, arguments: list[Value]) -> Value:
        if len(arguments) != len(function.parameters):
            raise WrongExpression(f"`{name}` takes {len(function.parameters)} arguments, got {len(arguments)}")
        outer = self.environment
        earlier = list(outer.functions)[: list(outer.functions).index(name)]
        inner = Environment(
            {**outer.values, **dict(zip(function.parameters, arguments))},
            {key: outer.functions[key] for key in earlier},
            outer.tensor,
        )
        self.environment = inner
        value = self.text(function.body)
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
            raise WrongExpression(f"`{reference}` is not given here; ask with given({reference})")
        return _TENSOR_FUNCTIONS[name](shape)


def _axis(axis: int) -> Callable[[Shape], Value]:
    def read(shape: Shape) -> Value:
        if axis != -1 and len(shape) != 3:
            raise WrongExpression("only a tensor with height, width and channels has a height and a width")
        if shape[axis] is None:
            raise WrongExpression("that size is not known before run time")
        return shape[axis]

    return read


def _round_to(value: float, divisor: int) -> int:
    """The nearest multiple of divisor, at least divisor and never below 0.9 value (MobileNet's make_divisible)."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


_TENSOR_FUNCTIONS: dict[str, Callable[[Shape], Value]] = {
    "channels": _axis(-1),
    "height": _axis(0),
    "width": _axis(1),
    "shape": list,
    "given": bool,
}
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": min,
    "max": max,
    "int": lambda x: int(_plain_number(x)),
    "float": lambda x: float(_plain_number(x)),
    "round": lambda x: round(_plain_number(x)),
    "floor": lambda x: math.floor(_plain_number(x)),
    "ceil": lambda x: math.ceil(_plain_number(x)),
    "abs": abs,
    "sqrt": math.sqrt,
    "len": len,
    "sum": sum,
    "round_to": _round_to,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_RULES: dict[type[ast.expr], Callable[[_Evaluation, Any], Value]] = {
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


def _plain_number(value: Value) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return value


def _number(value: Value, node: ast.expr) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongExpression(f"`{ast.unparse(node)}` is {_written(value)}, not a number")
    return value


def _boolean(value: Value, node: ast.expr) -> bool:
    if not isinstance(value, bool):
        raise WrongExpression(f"`{ast.unparse(node)}` is {_written(value)}, neither true nor false")
    return value


def _bounded(value: Value) -> Value:
    if isinstance(value, (str, list)) and len(value) > 10_000:
        raise WrongExpression("the value is longer than 10,000")
    if isinstance(value, complex) or (isinstance(value, int) and abs(value) > _LARGEST):
        raise WrongExpression("the number is too large")
    return value


def _nearest(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, 1)
    return f"; did you mean `{close[0]}`?" if close else ""
