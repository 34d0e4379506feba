"""Expressions: what they compute, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.compiler.language.expression import (
    Environment,
    Function,
    WrongExpression,
    check_body,
    evaluate,
    interpolate,
)
from archspec.compiler.program import Program

ENVIRONMENT = Environment(
    {"n": 3, "m": 0.5, "on": True, "units": [3, 4], "kind": "relu"},
    {"half": Function(("x",), "x * m"), "eights": Function(("x",), "round_to(half(x), 8)")},
    lambda name: None if name == "absent" else (7, 9, 64),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$n", 3),
        ("$(n + 1)", 4),
        ("unit_$(n + 1)/conv$n", "unit_4/conv3"),
        ("$(7 // 2)", 3),
        ("$(2 ** 5)", 32),
        ("$(-n)", -3),
        ("$(1 if on and n > 2 else 0)", 1),
        ("$(n if not on else units[1])", 4),
        ("$(max(1, n, units[0]))", 3),
        ("$(eights(100))", 48),
        ("$(round_to(11, 8))", 16),
        ("$(channels(conv1) // 4)", 16),
        ("$(height(a/b) * width(a/b))", 63),
        ('$(channels("1x1"))', 64),
        ("$(shape(x))", [7, 9, 64]),
        ("$(given(absent))", False),
        ("$(kind in ['relu', 'elu'])", True),
        ("$(1 < n <= 3)", True),
        ("$(null)", None),
        ("costs 5$", "costs 5$"),
        ('$(3 if kind == "a)b" else 4)', 4),
        ("$('(' + kind)_$n/it's", "(relu_3/it's"),
        ("$((n) if (')') == kind else '((')", "(("),
        ("$(7.0 // 2)", 3),
        ("$(0.5 ** 100)", 0.5**100),
        ("$(5000000000 ** 1)", 5000000000),
        ("$((0 - 2) ** 3)", -8),
        ("$(4 ** 0.5)", 2.0),
        ("on is $on", "on is true"),
    ],
)
def test_value(text: str, value: Any) -> None:
    assert interpolate(text, ENVIRONMENT) == value
    assert type(interpolate(text, ENVIRONMENT)) is type(value)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("__import__('os')", "no function"),
        ("n.real", "not allowed"),
        ("(lambda: 1)()", "no function"),
        ("[x for x in units]", "not allowed"),
        ("f'{n}'", "not allowed"),
        ("9 ** 9 ** 9", "too large"),
        ("(0 - 8) ** 0.5", "-8 is negative, and 0.5 no whole number"),
        ("1e300 * 1e300", "too large"),
        ("0 ** (0 - 1)", "divides by zero"),
        ("2 ** 64 * 2 ** 64 * 2 ** 64", "too large"),
        ("'a' * 1000000", "not a number"),
        ("units * 1000000", "not a number"),
        ("1 / 0", "divides by zero"),
        ("n +", "not an expression"),
        ("nn", "nothing is called `nn`"),
        ("max", "nothing is called `max`"),
        ("units[5]", "no element"),
        ("on + 1", "not a number"),
        ("n and on", "neither true nor false"),
        ("sqrt(0 - 1)", "-1 is negative"),
        ("min()", "takes at least 1 argument, got 0"),
        ("min([])", "the list is empty"),
        ("max(3, on)", "is not a number"),
        ("len(3)", "neither a list nor text"),
        ("round_to(5, 0)", "not a whole number above 0"),
        ("channels(absent)", "not given"),
        ("half(1, 2)", "takes 1 argument, got 2"),
        ("n := 3", "not an expression"),
        ("1" + " + 1" * 200, "characters"),
        ("(" * 90 + "1" + ")" * 90, None),
    ],
)
def test_refusal(code: str, reason: str | None) -> None:
    if reason is None:
        assert evaluate(code, ENVIRONMENT) == 1
        return
    with pytest.raises(WrongExpression, match=reason.replace("(", r"\(")):
        evaluate(code, ENVIRONMENT)


@pytest.mark.parametrize(
    ("code", "help"),
    [
        ("unit", "did you mean `units`?"),
        ("max", "a function is called inside parentheses: $(max(…))"),
        ("sqroot(4)", "did you mean `sqrt`?"),
        ("channels(absent)", "ask with `when: given(absent)`"),
    ],
)
def test_refusal_says_what_to_do(code: str, help: str) -> None:
    with pytest.raises(WrongExpression) as problem:
        evaluate(code, ENVIRONMENT)
    assert problem.value.help == help


def test_functions_that_call_one_another_are_bounded() -> None:
    functions = {"f0": Function(("x",), "x + x")}
    for i in range(1, 40):
        functions[f"f{i}"] = Function(("x",), f"f{i - 1}(x) + f{i - 1}(x)")
    with pytest.raises(WrongExpression, match=r"steps|too large"):
        evaluate("f39(1)", Environment({}, functions))


def test_chain_of_functions_is_bounded() -> None:
    functions = {"f0": Function(("x",), "x")} | {f"f{i}": Function(("x",), f"f{i - 1}(x)") for i in range(1, 900)}
    with pytest.raises(WrongExpression, match="too deeply"):
        evaluate("f899(1)", Environment({}, functions))


def test_quoted_parenthesis_in_a_name(compiled: Callable[..., Program]) -> None:
    text = (
        "hyperparameters: {s: x}\nlayers:\n- a$(3 if s == 'a)b' else 4): relu\n- \"b$(3 if s == ')' else 4)\": relu\n"
    )
    assert list(compiled(text).graph.nodes) == ["a4", "b4"]


def test_function_sees_its_parameters_and_the_hyperparameters() -> None:
    functions = {"helper": Function(("m",), "n * m"), "wide": Function(("n",), "helper(2)")}
    environment = Environment({"n": 3}, functions).with_values({"i": 7, "n": 5})
    assert evaluate("wide(5)", environment) == 6
    assert evaluate("n", environment) == 5
    with pytest.raises(WrongExpression, match="nothing is called `i` here, in the function `f`"):
        evaluate("f()", Environment({"n": 3}, {"f": Function((), "i")}).with_values({"i": 7}))


def test_lists_that_share_their_parts_are_bounded() -> None:
    functions = {"f0": Function(("x",), "[x, x]")}
    functions |= {f"f{i}": Function(("x",), f"f{i - 1}([x, x])") for i in range(1, 40)}
    with pytest.raises(WrongExpression, match="longer than 10,000"):
        evaluate("f39(1)", Environment({}, functions))


def test_function_calls_only_earlier_ones() -> None:
    with pytest.raises(WrongExpression, match="no function `g`") as problem:
        check_body("g(x)", {"x"}, set(), {"e": Function((), "1")}, {"e", "f", "g"})
    assert problem.value.help == "a function can only call those above it"


@given(st.text(max_size=80))
def test_any_text_gives_a_value_or_a_refusal(text: str) -> None:
    try:
        evaluate(text, ENVIRONMENT)
        interpolate(text, ENVIRONMENT)
    except WrongExpression as problem:
        assert str(problem)


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(1, 50))
def test_arithmetic_is_pythons(a: int, b: int, c: int) -> None:
    environment = Environment({"a": a, "b": b, "c": c})
    assert evaluate("a * b - a // c + b % c", environment) == a * b - a // c + b % c
