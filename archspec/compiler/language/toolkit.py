"""What losses, metrics, optimizers and schedules are handed to make their part of a training."""

from __future__ import annotations

from typing import Any, Protocol

from archspec.compiler.language.values import Duration


class Toolkit(Protocol):
    """The libraries, which the compiler itself never imports."""

    tf: Any
    keras: Any

    def module(self, name: str) -> Any:
        """A module by its full name, imported only now: for code of one's own on top of the libraries."""


class Length(Protocol):
    """How long training takes."""

    @property
    def steps(self) -> int:
        """All of its steps."""

    def of(self, duration: Duration | None) -> int:
        """A duration in steps; all of them where it is None."""
