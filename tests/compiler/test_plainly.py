"""What is told to fit without jsonschema is what jsonschema says, over every subschema of the language."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from archspec.compiler.check.plainly import plainly_fits
from archspec.compiler.language.registry import builtin
from archspec.compiler.schema import published

ROOT = published(builtin())
REPOSITORY = Path(__file__).parents[2]

_OF_NAMES = ("properties", "$defs")
_OF_LISTS = ("anyOf", "allOf", "oneOf")
_OF_ONE = ("items", "additionalProperties", "propertyNames", "if", "then", "else", "not")


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all that are in it."""
    if isinstance(schema, dict):
        yield schema
        inner = [schema[word] for word in _OF_ONE if word in schema]
        inner += [each for word in _OF_LISTS for each in schema.get(word, ())]
        inner += [each for word in _OF_NAMES for each in schema.get(word, {}).values()]
        for each in inner:
            yield from subschemas(each)


EVERY = {json.dumps(schema, sort_keys=True): schema for schema in subschemas(ROOT)}

NUMBERS = [-(10**30), -1.5, -1, 0, 0.0, 5e-324, 0.5, 1, 1.0, 1.5, 2, 7, 255, 10**30, math.inf, -math.inf, math.nan]
TEXTS = [
    "",
    "relu",
    "same",
    "$x",
    "$(1 + 2)",
    "1x7",
    "2 epochs",
    "100 steps",
    "5 percent",
    "2 minutes",
    "a.b",
    "a\n",
    "float32",
]
PLAIN = [None, True, False, *NUMBERS, *TEXTS]
VALUES = [*PLAIN, [], {}, *([one] for one in PLAIN), [1, 2], [1, 2, 3], ["a", "b"], [[1]], {"a": 1}, {"relu": None}]


def said(schema: dict[str, Any]) -> Iterator[Any]:
    """The values that the schema itself names."""
    for each in subschemas(schema):
        yield from [*each.get("enum", ()), *each.get("examples", ())]
        yield from [each[word] for word in ("const", "default") if word in each]


def test_what_fits_plainly_is_valid() -> None:
    judge, fits = Draft202012Validator(ROOT), 0
    for schema in EVERY.values():
        own = judge.evolve(schema=schema)
        for value in [*VALUES, *said(schema)]:
            if plainly_fits(schema, value, ROOT):
                fits += 1
                assert own.is_valid(value), (schema, value)
    assert fits > 10_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(sorted(EVERY)), JSON)
def test_any_value_that_fits_plainly_is_valid(key: str, value: Any) -> None:
    if plainly_fits(EVERY[key], value, ROOT):
        assert Draft202012Validator(ROOT).evolve(schema=EVERY[key]).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1.0),
        ({"type": "integer"}, True),
        ({"minimum": 0}, math.nan),
        ({"minimum": 0}, "text"),
        ({"enum": [1]}, True),
        ({"multipleOf": 2}, 4),
        ({"type": "object"}, {1: 2, "a": math.nan}.keys()),
        ({"items": [{"type": "integer"}]}, [1]),
        ({"if": {"type": "string"}, "then": {"minLength": 3}}, "a"),
    ],
)
def test_what_is_in_doubt_is_left_to_jsonschema(schema: dict[str, Any], value: Any) -> None:
    assert not plainly_fits(schema, value, ROOT)


def test_a_spec_without_a_mistake_is_checked_without_importing_jsonschema() -> None:
    code = (
        "import sys; from archspec.cli import main; status = main(['lint', 'specs']); "
        "sys.exit(status or 'jsonschema' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
