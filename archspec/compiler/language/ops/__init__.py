"""Every operation. A new one is a class in its family's file and a line of the conformance table."""

from __future__ import annotations

from archspec.compiler.language.fields import FAMILIES
from archspec.compiler.language.op import Op
from archspec.compiler.language.ops import (  # noqa: F401  (each enters its ops)
    activation,
    conv,
    dense,
    dropout,
    embedding,
    larger,
    merge,
    norm,
    pool,
    reshape,
    several,
)

__all__ = ["OPS", "groups"]

OPS: dict[str, type[Op]] = FAMILIES["op"]  # type: ignore[assignment]  # what enters this family is a subclass of Op
"""Every op by name, those of installed packages when a spec has named one."""


def groups() -> dict[str, tuple[str, ...]]:
    """The ops of every group that a scope may name."""
    names = dict.fromkeys(group for op in OPS.values() for group in op.GROUPS)
    return {group: tuple(name for name, op in OPS.items() if group in op.GROUPS) for group in names}
