"""Expressions over hyperparameters: `$name`, `$(…)`; parsed by Python's grammar, evaluated here, never executed."""

from __future__ import annotations

import ast
import math
import operator
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Callable, Iterable, Mapping

Value = Any
"""None, bool, int, float, str, or a list or dict of them."""

Shape = tuple[int | None, ...]

LONGEST = 300
"""Characters in one expression."""

_MOST_STEPS = 20_000
_LARGEST = 2**63


class WrongExpression(ValueError):
    """The expression cannot be evaluated; the text is a sentence without its place, `help` what to do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


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
    raise WrongExpression(f"`$(` is not closed in `{text}`", "write the closing parenthesis")


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
        tree = _parsed(code)
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
            raise WrongExpression(f"nothing is called `{node.id}` here", _offer(node.id, values))
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
            names = [*self.environment.functions, *FUNCTIONS]
            message = f"there is no function `{name}` here"
            raise WrongExpression(message, nearest(name, names) or f"there are {', '.join(names)}")
        function, least, most = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise WrongExpression(f"`{name}` takes {_arguments(least, most)}, got {len(arguments)}")
        try:
            return function(*arguments)
        except _Unfit as problem:
            raise WrongExpression(f"`{ast.unparse(node)}` cannot be computed: {problem}") from None
        except (OverflowError, ZeroDivisionError):
            raise WrongExpression(f"`{ast.unparse(node)}` has no value") from None

    def own_call(self, name: str, function: Function, arguments: list[Value]) -> Value:
        if len(arguments) != len(function.parameters):
            count = len(function.parameters)
            raise WrongExpression(f"`{name}` takes {_arguments(count, count)}, got {len(arguments)}")
        outer = self.environment
        earlier = list(outer.functions)[: list(outer.functions).index(name)]
        inner = Environment(
            {**outer.values, **dict(zip(function.parameters, arguments))},
            {key: outer.functions[key] for key in earlier},
            outer.tensor,
        )
        self.environment = inner
        try:
            value = self.text(function.body)
        except WrongExpression as problem:
            raise WrongExpression(f"{problem}, in the function `{name}`", problem.help) from None
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
        return _TENSOR_FUNCTIONS[name](shape)


def _axis(axis: int) -> Callable[[Shape], Value]:
    def read(shape: Shape) -> Value:
        if axis != -1 and len(shape) != 3:
            raise WrongExpression("only a tensor with height, width and channels has a height and a width")
        if shape[axis] is None:
            raise WrongExpression("that size is not known before run time")
        return shape[axis]

    return read


class _Unfit(ValueError):
    """The arguments do not fit a function; the text says why."""


def _plain_number(value: Value) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Unfit(f"{_written(value)} is not a number")
    return value


def _of_one(function: Callable[[Any], Any]) -> Callable[[Value], Value]:
    return lambda value: function(_plain_number(value))


def _of_many(function: Callable[[list[Any]], Any]) -> Callable[..., Value]:
    """A function of numbers, or of one list of them."""

    def call(*values: Value) -> Value:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not numbers:
            raise _Unfit("the list is empty")
        return function([_plain_number(number) for number in numbers])

    return call


def _sqrt(value: Value) -> float:
    if _plain_number(value) < 0:
        raise _Unfit(f"{value} is negative")
    return math.sqrt(value)


def _len(value: Value) -> int:
    if not isinstance(value, (list, str)):
        raise _Unfit(f"{_written(value)} is neither a list nor text")
    return len(value)


def _round_to(value: Value, divisor: Value) -> int:
    """The nearest multiple of divisor, at least divisor and never below 0.9 value (MobileNet's make_divisible)."""
    if _plain_number(divisor) < 1 or int(divisor) != divisor:
        raise _Unfit(f"{divisor} is not a whole number above 0")
    value, divisor = _plain_number(value), int(divisor)
    rounded: int = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


_TENSOR_FUNCTIONS: dict[str, Callable[[Shape], Value]] = {
    "channels": _axis(-1),
    "height": _axis(0),
    "width": _axis(1),
    "shape": list,
    "given": bool,
}
_ANY = 1_000
_FUNCTIONS: dict[str, tuple[Callable[..., Value], int, int]] = {
    "min": (_of_many(min), 1, _ANY),
    "max": (_of_many(max), 1, _ANY),
    "sum": (_of_many(sum), 1, _ANY),
    "len": (_len, 1, 1),
    "int": (_of_one(int), 1, 1),
    "float": (_of_one(float), 1, 1),
    "round": (_of_one(round), 1, 1),
    "floor": (_of_one(math.floor), 1, 1),
    "ceil": (_of_one(math.ceil), 1, 1),
    "abs": (_of_one(abs), 1, 1),
    "sqrt": (_sqrt, 1, 1),
    "round_to": (_round_to, 2, 2),
}
"""Each with the least and the most arguments it takes."""

FUNCTIONS = (*_FUNCTIONS, *_TENSOR_FUNCTIONS)
"""The names of the functions of the language."""

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


def nearest(name: str, names: Iterable[str]) -> str | None:
    """`did you mean …?`, where something is close."""
    close = get_close_matches(name, list(names), 1)
    return f"did you mean `{close[0]}`?" if close else None


def _offer(name: str, values: Mapping[str, Value]) -> str:
    if name in FUNCTIONS:
        return f"a function is called inside parentheses: $({name}(…))"
    known = [key for key in values if key not in ("true", "false", "null", "variant")]
    return nearest(name, known) or f"there are {', '.join(known) or 'no names'}"


def _arguments(least: int, most: int) -> str:
    count = "arguments" if most == _ANY else f"{most} argument{'' if most == 1 else 's'}"
    return f"at least {least} argument" if most == _ANY else count


def check_syntax(code: str) -> None:
    """Raises WrongExpression for a text that is no expression, whatever its names stand for."""
    if len(code) > LONGEST:
        raise WrongExpression(f"the expression has {len(code)} characters; {LONGEST} is the limit")
    _parsed(code)


def _parsed(code: str) -> ast.expr:
    try:
        return ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise WrongExpression(f"`{code.strip()}` is not an expression") from None
