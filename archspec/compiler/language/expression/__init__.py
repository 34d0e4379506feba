"""Expressions over hyperparameters: `$name`, `$(…)`; parsed by Python's grammar, evaluated here, never executed."""

from archspec.compiler.language.expression.definition import check_body
from archspec.compiler.language.expression.environment import (
    UNKNOWN,
    Environment,
    Function,
    NotKnown,
    Shape,
    Value,
    WrongExpression,
)
from archspec.compiler.language.expression.evaluation import evaluate
from archspec.compiler.language.expression.functions import FUNCTIONS
from archspec.compiler.language.expression.names import names_in, names_of_code
from archspec.compiler.language.expression.syntax import LONGEST
from archspec.compiler.language.expression.text import has_expression, interpolate, split

__all__ = [
    "FUNCTIONS",
    "LONGEST",
    "UNKNOWN",
    "Environment",
    "Function",
    "NotKnown",
    "Shape",
    "Value",
    "WrongExpression",
    "check_body",
    "evaluate",
    "has_expression",
    "interpolate",
    "names_in",
    "names_of_code",
    "split",
]
