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
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.registry import builtin
from archspec.compiler.language.values import WrongValue
from archspec.compiler.schema import as_text, place, published, schema
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import parse, read
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
    assert place().read_text("utf-8") == as_text(builtin()), "run python -m archspec.compiler.schema"


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
    Draft202012Validator.check_schema(published(builtin()))
    Draft7Validator.check_schema(published(builtin()))


def test_only_words_that_draft_07_editors_know() -> None:
    for found in subschemas(published(builtin())):
        assert found.keys() - {"$defs"} <= DRAFT_07, found
        # Beside a reference, a draft-07 reader sees nothing else.
        assert "$ref" not in found or found.keys() == {"$ref"}, found


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    used = {found["$ref"] for found in subschemas(published(builtin())) if "$ref" in found}
    for reference in used:
        node = published(builtin())
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    names = {reference.split("/")[2] for reference in used}
    assert published(builtin())["$defs"].keys() <= names


def test_layers_are_told_apart_by_their_operation() -> None:
    """if/then on one key each: an editor then completes and complains within that operation."""
    text = json.dumps(published(builtin()))
    assert "oneOf" not in text
    rules = published(builtin())["$defs"]["layer.any"]["allOf"]
    assert {rule["if"]["required"][0] for rule in rules} == {*builtin().ops, "layers", "block", "network"}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("draft", [Draft202012Validator, Draft7Validator])
def test_specs_are_valid(path: Path, draft: Any) -> None:
    findings = Findings()
    tree = read(path, findings)
    assert tree is not None
    errors = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in draft(schema(builtin())).iter_errors(plain(tree))
    ]
    assert errors == []


def fields() -> list[tuple[type[Form], Field]]:
    forms = builtin().by_name.values()
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
    validator = Draft202012Validator({**part, "$defs": published(builtin())["$defs"]})
    assert validator.is_valid(value) == accepts(declared, value)


@pytest.mark.parametrize("value", ["$rate", "$(2 * rate)", "1x$(k)"])
def test_an_expression_can_stand_for_every_value(value: str) -> None:
    for cls, declared in fields():
        part = {"$ref": f"#/$defs/scope.{cls.NAME}/properties/{declared.name}"}
        assert Draft202012Validator({**part, "$defs": published(builtin())["$defs"]}).is_valid(value), (
            cls,
            declared.name,
        )


EXTENDING = [
    "train: {losses: {main: {label_smoothing: 0.1}}}",
    "train: {optimizer: {momentum: 0.8}, batch: 8}",
    "defaults: {conv2d: {initializer: {stddev: 0.5}, norm: {decay: 0.9}}}",
    "eval: {metrics: {top_1: {k: 3}}}",
    "change: {fc3: {units: 5}}",
]


@pytest.mark.parametrize("draft", [Draft202012Validator, Draft7Validator])
@pytest.mark.parametrize("text", EXTENDING)
def test_what_extends_a_spec_may_say_a_part_of_a_form(text: str, draft: Any) -> None:
    alone, over = (parse(f"archspec: 1\n{line}{text}\n", "a.yaml", Findings()) for line in ("", "extends: b.yaml\n"))
    assert alone is not None and over is not None
    assert list(draft(published(builtin())).iter_errors(plain(over))) == []
    assert not draft(published(builtin())).is_valid({**plain(alone), "inputs": {}, "layers": []}) or text.startswith(
        "change"
    )  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "text",
    [
        "insert: {after a: [c: {conv2d: 8, filters: 64}]}",
        "train: {losses: {main: {label_smothing: 0.1}}}",
        "train: {bach: 3}",
        "defaults: {conv2d: {kernal: 3}}",
    ],
)
def test_what_extends_a_spec_must_say_it_rightly(text: str) -> None:
    over = parse(f"archspec: 1\nextends: b.yaml\n{text}\n", "a.yaml", Findings())
    assert over is not None
    assert not Draft202012Validator(published(builtin())).is_valid(plain(over))


def test_a_mistake_in_one_layer_does_not_print_all_of_them() -> None:
    tree = read(ROOT / "specs" / "inception_v3.yaml", Findings())
    assert tree is not None
    spec: Any = plain(tree)
    for layers in (
        [*spec["layers"], {"bad": {"conv2d": "many"}}],
        [*spec["layers"], {"s": [{"bad": {"conv2d": 8, "kernl": 3}}]}],
    ):
        errors = list(Draft202012Validator(published(builtin())).iter_errors({**spec, "layers": layers}))
        assert errors and all(len(error.message) < 200 for error in errors), errors


def test_an_editor_is_told_the_names_of_kinds() -> None:
    """yaml-language-server completes what stands in `properties`; a layer that has no operation yet is offered all."""
    layer = published(builtin())["$defs"]["layer.any"]
    assert layer["then"]["properties"].keys() >= {*builtin().ops, "layers", "block", "network"} - {
        name for name in builtin().ops if "." in name
    }
