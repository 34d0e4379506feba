"""A resolved value in the notation of specs: as text for people, and as plain data that JSON can hold."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

from archspec.compiler.language.called import CalledBlock
from archspec.compiler.language.fields import Form
from archspec.compiler.language.values import Duration


def written(value: object) -> str:
    """The value as a spec writes it: `relu`, `{constant: 0.1}`, `3x3`, `.inf`, `null`."""
    if isinstance(value, tuple) and len(value) == 2 and all(type(part) is int for part in value):
        return f"{value[0]}x{value[1]}"
    return _flow(_noted(value))


def as_data(value: object) -> Any:
    """The value as plain data with the same names; what JSON has no number for is a text, as in a spec."""
    value = _noted(value)
    if isinstance(value, _Bare):
        return None
    if isinstance(value, dict):
        return {str(name): as_data(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_data(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        return _flow(value)
    return value


def _noted(value: object) -> object:
    """A form as its name, or as a mapping of its name and the fields that are not their defaults."""
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, CalledBlock):
        return value.noted()
    if not isinstance(value, Form):
        return value
    said = {name: part for name, part in value.values().items() if part != value.FIELDS[name].default}
    main = value.MAIN
    if main is not None and main.name in said:
        return {value.NAME: said.pop(main.name), **said}
    return {value.NAME: _Bare(), **said} if said else value.NAME


class _Bare:
    """What stands behind a form's name where it has fields and no main value: nothing."""


def _flow(value: object) -> str:
    if isinstance(value, dict):
        pairs = (str(name) if isinstance(part, _Bare) else f"{name}: {written(part)}" for name, part in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_flow(part) if isinstance(part, tuple) else written(part) for part in value)}]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float) and not isfinite(value):
        return ".nan" if isnan(value) else ".inf" if value > 0 else "-.inf"
    return str(value)
