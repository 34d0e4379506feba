"""Paths in a section count from the folder of the file that says them, also where another spec extends that file."""

from __future__ import annotations

import os
from typing import Any, TypeVar

from archspec.compiler.language.fields import Form
from archspec.compiler.language.provenance import Values

_Form = TypeVar("_Form", bound=Form)


def counted_from(folder: str, form: _Form, path: str, values: Values) -> _Form:
    """The form, and all forms in it, with the paths of extended files counted from the folder of the spec.

    A file of the zoo has no folder of its own: what it says counts from the folder of the spec that extends it.
    """
    changes: dict[str, Any] = {}
    for name, declared in form.FIELDS.items():
        value: Any = getattr(form, name)
        inner = f"{path}.{name}" if path else name
        if isinstance(value, Form):
            changes[name] = counted_from(folder, value, inner, values)
        elif declared.type.family and isinstance(value, dict):
            changes[name] = {k: counted_from(folder, each, f"{inner}.{k}", values) for k, each in value.items()}
        elif declared.type.refers == "path" and isinstance(value, str):
            changes[name] = _counted(folder, value, inner, values)
    return form.replace(**changes) if changes else form


def _counted(folder: str, value: str, path: str, values: Values) -> str:
    resolved = values.get(path)
    if resolved is None or resolved.origin.span is None:
        return value
    below = os.path.relpath(os.path.dirname(resolved.origin.span.file) or ".", folder or ".")
    return value if below == os.curdir or below.startswith(os.pardir) else os.path.join(below, value)
