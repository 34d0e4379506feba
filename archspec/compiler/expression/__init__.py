"""Expressions over hyperparameters: `$name`, `$(…)`; parsed by Python's grammar, evaluated here, never executed."""

from archspec.compiler.expression.environment import (
    Environment,
    Function,
    NotKnown,
    Shape,
    Value,
    WrongExpression,
)
from archspec.compiler.expression.evaluation import evaluate
from archspec.compiler.expression.functions import FUNCTIONS
from archspec.compiler.expression.syntax import LONGEST, check_syntax
from archspec.compiler.expression.text import has_expression, interpolate, split

__all__ = [
    "FUNCTIONS",
    "LONGEST",
    "Environment",
    "Function",
    "NotKnown",
    "Shape",
    "Value",
    "WrongExpression",
    "check_syntax",
    "evaluate",
    "has_expression",
    "interpolate",
    "split",
]
