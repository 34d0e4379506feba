"""The code that a form names in IMPLEMENTATION, `module:function`: its own package's, imported only when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from archspec.compiler.language.forms.data import Data
from archspec.compiler.language.forms.preprocess.step import Preprocess
from archspec.diagnostics import stop


def implementation(form: Data | Preprocess) -> Any:
    """The function that reads a source of data, or computes a preprocess step; raises Stop where there is none."""
    name, _, function = form.IMPLEMENTATION.partition(":")
    try:
        return getattr(import_module(name), function)
    except Exception as error:
        if name.startswith("archspec."):
            raise
        what = f"`{form.IMPLEMENTATION}`, the code of `{form.NAME}`"
        help = "install or repair the package that brings it"
        raise stop("AS751", f"{what}, cannot be loaded: {type(error).__name__}: {error}", help=help) from error
