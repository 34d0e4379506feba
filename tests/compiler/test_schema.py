"""The published JSON Schema: up to date, readable by draft-07 editors, and of one mind with the fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

import archspec.compiler.schema.__main__ as command
from archspec.compiler.language.fields import FAMILIES, Field, Form
from archspec.compiler.language.values import WrongValue
from archspec.compiler.schema import as_text, place, published, schema
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import read
from archspec.diagnostics import Findings

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))

DRAFT_07 = {
    *("$ref", "$schema", "title", "description", "default", "examples", "type", "enum", "const", "pattern"),
    *("properties", "additionalProperties", "propertyNames", "required", "minProperties", "maxProperties"),
    *("items", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "allOf", "anyOf", "not", "if", "then"),
}
"""The words that may occur: all of them mean the same in draft-07 and in 2020-12."""

HOLDS_NAMES = {"properties", "$defs"}
HOLDS_SCHEMAS = {"allOf", "anyOf"}
HOLDS_ONE = {"additionalProperties", "propertyNames", "items", "not", "if", "then"}


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    yield node
    for word, value in node.items():
        inner = value.values() if word in HOLDS_NAMES else value if word in HOLDS_SCHEMAS else [value]
        if word in HOLDS_NAMES | HOLDS_SCHEMAS | HOLDS_ONE:
            for item in inner:
                yield from subschemas(item)


def test_published_file_is_what_the_fields_make() -> None:
    assert place() == ROOT / "schemas" / "archspec-1.schema.json"
    assert place().read_text("utf-8") == as_text(), "run python -m archspec.compiler.schema"


def test_check_flag_tells_a_stale_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "schemas" / "archspec-1.schema.json"
    monkeypatch.setattr(command, "place", lambda: file)
    monkeypatch.setattr("sys.argv", ["schema", "--check"])
    assert command.main() == 1
    assert not file.exists()
    monkeypatch.setattr("sys.argv", ["schema"])
    assert command.main() == 0
    monkeypatch.setattr("sys.argv", ["schema", "--check"])
    assert command.main() == 0


def test_schema_is_valid_under_both_drafts() -> None:
    Draft202012Validator.check_schema(published())
    Draft7Validator.check_schema(published())


def test_only_words_that_draft_07_editors_know() -> None:
    for found in subschemas(published()):
        assert found.keys() - {"$defs"} <= DRAFT_07, found
        # Beside a reference, a draft-07 reader sees nothing else.
        assert "$ref" not in found or found.keys() == {"$ref"}, found


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    used = {found["$ref"] for found in subschemas(published()) if "$ref" in found}
    for reference in used:
        node = published()
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    names = {reference.split("/")[2] for reference in used}
    assert published()["$defs"].keys() <= names


def test_layers_are_told_apart_by_their_operation() -> None:
    """if/then on one key each: an editor then completes and complains within that operation."""
    text = json.dumps(published())
    assert "oneOf" not in text
    rules = published()["$defs"]["layer.any"]["allOf"]
    assert {rule["if"]["required"][0] for rule in rules} == {*FAMILIES["op"], "layers", "block", "network"}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("draft", [Draft202012Validator, Draft7Validator])
def test_specs_are_valid(path: Path, draft: Any) -> None:
    findings = Findings()
    tree = read(path, findings)
    assert tree is not None
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in draft(schema()).iter_errors(plain(tree))
    ]
    assert errors == []


def fields() -> list[tuple[type[Form], Field]]:
    forms = (cls for family in FAMILIES.values() for cls in family.values() if cls.__module__.startswith("archspec."))
    return [(cls, declared) for cls in forms for declared in cls.FIELDS.values() if not declared.type.family]


numbers = st.one_of(
    st.integers(-3, 40),
    st.integers(),
    # 1.0 is an integer to JSON Schema, and not to YAML, where it was written with a point: a field of whole numbers
    # refuses it. JSON has no NaN; fields refuse that as well.
    st.floats(-3, 3).filter(lambda value: not value.is_integer()),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer()),
)
texts = st.one_of(
    st.sampled_from(
        ["same", "valid", "symmetric", "fan_in", "uniform", "corner", "train", "", "many", "3x3", "0x3", "1x00"]
    ),
    st.sampled_from(
        ["2 epochs", "0 epochs", "1.5 epochs", "1 step", "0.0 steps", "2  epochs", "two epochs", "123456x1"]
    ),
    st.from_regex(r"[0-9]{0,6}x[0-9]{0,6}", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})? (epochs?|steps?)", fullmatch=True),
    st.text(max_size=5).filter(lambda text: "$" not in text),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.one_of(
    scalars, st.lists(numbers, max_size=4), st.lists(scalars, max_size=3), st.dictionaries(texts, scalars, max_size=2)
)


def accepts(declared: Field, value: object) -> bool:
    try:
        declared.read(value)
    except WrongValue:
        return False
    return True


@pytest.mark.parametrize(
    ("cls", "declared"), fields(), ids=lambda value: getattr(value, "NAME", None) or getattr(value, "name", None)
)
@settings(max_examples=30)
@given(value=values)
def test_schema_and_field_agree(cls: type[Form], declared: Field, value: object) -> None:
    part = {"$ref": f"#/$defs/scope.{cls.NAME}/properties/{declared.name}"}
    validator = Draft202012Validator({**part, "$defs": published()["$defs"]})
    assert validator.is_valid(value) == accepts(declared, value)


@pytest.mark.parametrize("value", ["$rate", "$(2 * rate)", "1x$(k)"])
def test_an_expression_can_stand_for_every_value(value: str) -> None:
    for cls, declared in fields():
        part = {"$ref": f"#/$defs/scope.{cls.NAME}/properties/{declared.name}"}
        assert Draft202012Validator({**part, "$defs": published()["$defs"]}).is_valid(value), (cls, declared.name)
