"""What an expression may name, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from archspec.compiler.language.budget import Budget
from archspec.dataclass import dataclass, field, replace

Value = Any
"""None, bool, int, float, str, or a list or dict of them."""

Shape = tuple[int | None, ...]


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""Stands for a value that has an error, which is reported already: what reads it says nothing more."""


class WrongExpression(ValueError):
    """The expression cannot be evaluated; the text is a sentence without its place, `help` what to do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class NotKnown(Exception):
    """The expression reads a value, tensor or function that has an error already; say nothing more."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the document: its parameters and the expression of its body, empty if that has an error."""

    parameters: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Environment:
    """What an expression may name: values, functions, and tensors by reference.

    `tensor` gives a tensor's shape, or None for an optional input that was not given; `budget` counts the steps.
    `hyperparameters` are what the bodies of functions see beside their parameters; None where the values are just
    those.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    tensor: Callable[[str], Shape | None] | None = None
    budget: Budget = field(default_factory=Budget, compare=False)
    hyperparameters: Mapping[str, Value] | None = None
    called: Callable[[str], str] | None = None
    """The layer or input that a reference means, for a message: `image` for `input`."""

    @property
    def base(self) -> Mapping[str, Value]:
        """What the bodies of functions see beside their parameters."""
        return self.values if self.hyperparameters is None else self.hyperparameters

    def with_values(self, values: Mapping[str, Value]) -> Environment:
        """This environment with further names, which hide older ones."""
        return replace(self, values={**self.values, **values}, hyperparameters=self.base)

    def with_tensors(
        self, tensor: Callable[[str], Shape | None], called: Callable[[str], str] | None = None
    ) -> Environment:
        """This environment with another way to look up tensors."""
        return replace(self, tensor=tensor, called=called or self.called)


def written(value: Value) -> str:
    """A value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
