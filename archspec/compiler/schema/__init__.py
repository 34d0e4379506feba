"""The JSON Schema of a spec, made from the forms' fields and the grammar.

2020-12, in words that draft-07 editors read as well. `python -m archspec.compiler.schema` writes the published file.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from archspec.compiler.language.registry import Registry, builtin

NAME = "archspec-1.schema.json"

_PACKAGE = Path(__file__).parents[2]


def schema(registry: Registry) -> dict[str, Any]:
    """The schema of a whole document that names forms of a registry."""
    # Checking a spec reads the published file, and makes none.
    from archspec.compiler.schema.document import document
    from archspec.compiler.schema.extending import partial_definitions
    from archspec.compiler.schema.forms import form_definitions
    from archspec.compiler.schema.layers import layer_definitions

    definitions = {**layer_definitions(registry), **form_definitions(registry)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archspec 1",
        "description": "A convolutional network: its layers, how it is trained and evaluated, what is expected of it.",
        **document(),
        "$defs": {**definitions, **partial_definitions(definitions, registry)},
    }


def as_text(registry: Registry) -> str:
    """The schema as the published file holds it: a line for each definition, so that a change shows which it is of."""
    made = schema(registry)
    definitions = made.pop("$defs")
    lines = ",\n".join(f"{_compact(name)}:{_compact(each)}" for name, each in definitions.items())
    return f'{_compact(made)[:-1]},\n"$defs":{{\n{lines}\n}}}}\n'


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def place() -> Path:
    """Where the published file is: in the installed package, else beside the package in a checkout."""
    installed = _PACKAGE / "schemas" / NAME
    return installed if installed.is_file() else _PACKAGE.parent / "schemas" / NAME


@cache
def published(registry: Registry) -> dict[str, Any]:
    """The published schema; for a registry with forms of other packages, which the file cannot know, its own."""
    return schema(registry) if registry.families is not builtin().families else _file()


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place().read_text("utf-8"))
    return found
