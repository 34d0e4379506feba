"""What a source does with each kind of feature; kinds of other packages it may not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from archspec.compiler.language.forms.kinds import Kind
from archspec.diagnostics import stop

_What = TypeVar("_What")


def of_kind(table: Mapping[type[Kind], _What], feature: str, kind: Kind) -> _What:
    """What a table has for a feature's kind; raises Stop for a kind that the source cannot read."""
    found = table.get(type(kind))
    if found is None:
        known = ", ".join(cls.NAME for cls in table)
        message = f"`{feature}` is of the kind `{kind.NAME}`, which this source cannot read"
        raise stop("AS717", message, help=f"it reads {known}; use a source of the package that brings the kind")
    return found
