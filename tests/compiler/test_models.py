"""`archspec models` and the index that it reads: what the specs are, whatever the index says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.compiler.spec import zoo
from archspec.diagnostics import Findings
from archspec.reference import models as of_zoo
from archspec.reference.__main__ import DOCS


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo of three files, with the index of the whole one."""
    for name in ("lenet.yaml", "resnet_v1.yaml", "resnet_v1_50.yaml", "models.json"):
        shutil.copy(zoo.folder() / name, tmp_path / name)
    monkeypatch.setattr(zoo, "folder", lambda: tmp_path)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["models", *words, "--format", "json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_the_index_and_its_page_are_up_to_date() -> None:
    assert of_zoo.place().read_text("utf-8") == of_zoo.as_text(), "run bin/regen"
    assert (DOCS / "models.md").read_text("utf-8") == of_zoo.page(of_zoo.models()), "run bin/regen"


def test_nothing_is_compiled_where_the_index_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_zoo, "check_file", lambda *_, **__: pytest.fail("a spec was compiled"))
    assert {model.name for model in of_zoo.models()} & {*zoo.names()}


def test_every_spec_can_be_had_by_a_name_of_the_list() -> None:
    names = {model.name.partition("#")[0] for model in of_zoo.models()}
    for spec in set(zoo.names()) - names:
        text = (zoo.folder() / f"{spec}.yaml").read_text("utf-8")
        assert "\nvariants:" in text, f"{spec} is not listed, and no family whose variants are"


def test_a_changed_spec_is_counted_anew(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {model["name"]: model for model in listed(capsys)}
    family = copied / "resnet_v1.yaml"
    text = family.read_text("utf-8").replace("image_size: 224", "image_size: 192")
    # The shapes that it expects are those of 224 pixels.
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("expect:"))
    family.write_text(text, "utf-8")
    after = {model["name"]: model for model in listed(capsys)}
    assert after["lenet"] == before["lenet"]
    # The three lines that extend the family are as they were.
    assert (before["resnet_v1_50"]["input"], after["resnet_v1_50"]["input"]) == ("224x224x3", "192x192x3")
    assert after["resnet_v1_50"]["macs"] < before["resnet_v1_50"]["macs"]


@pytest.mark.parametrize("index", [None, "", "{", "[1]"])
def test_a_zoo_without_a_sound_index_is_counted(
    index: str | None, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listed(capsys)
    (copied / "models.json").unlink()
    if index is not None:
        (copied / "models.json").write_text(index)
    assert listed(capsys) == before


def test_a_spec_that_does_not_compile_is_said(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "lenet.yaml").write_text("archspec: 1\ninputs: {image: {shape: [8]}}\nlayers: [a: {dens: 3}]\n")
    assert main(["models"]) == 1
    assert "lenet.yaml:3:14: AS104" in capsys.readouterr().err


def test_numbers_are_those_of_summary(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = listed(capsys, "inception_v3", "--sort", "size")[-1:]
    assert main(["summary", "zoo:inception_v3", "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (found["params"], found["macs"]) == (summary["params"]["total"], summary["macs"])
    assert (found["top_1"], found["top_5"], found["license"]) == (78.0, 93.9, "Apache-2.0")
    assert found["weights"].endswith("inception_v3_2016_08_28.tar.gz")


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("name", lambda model: model["name"]),
        ("size", lambda model: model["params"]),
        ("macs", lambda model: (model["macs"] is None, model["macs"])),
        ("accuracy", lambda model: -(model["top_1"] or 0)),
    ],
)
def test_the_list_is_sorted(by: str, key: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys, "--sort", by)
    assert [key(model) for model in found] == sorted(key(model) for model in found)
    assert len(found) > 15


def test_a_word_chooses_and_says_where_weights_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["models", "resnet_v1_"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["network", "input", "params", "macs", "top-1", "weights"]
    assert all("resnet_v1_" in line for line in lines[2:6])
    assert any(line.endswith("models/resnet_v1_50_2016_08_28.tar.gz") for line in lines)
    assert main(["models"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(("word", "remedy"), [("lenett", "did you mean `lenet`?"), ("resnetworks", "ask for resnet")])
def test_a_word_that_nothing_has(word: str, remedy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", word]) == 2
    shown = capsys.readouterr().err
    assert f"AS908 no network of the zoo has `{word}`" in shown and remedy in shown


FAMILY = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
variants:
  small: {set: {filters: 8}, published: {top_1: 60.5}}
  large: {set: {filters: 16}, published: {top_1: 70.5, license: MIT}}
hyperparameters: {filters: 8}
layers: [c: {conv2d: $filters, kernel: 3}]
published: {top_5: 90.0, weights: "https://example.org/all.tgz", license: Apache-2.0}
"""
COMMON = {"top_5": 90.0, "weights": "https://example.org/all.tgz"}
LARGE = {**COMMON, "top_1": 70.5, "license": "MIT"}


@pytest.mark.parametrize(
    ("top", "settings", "published"),
    [
        ("", {}, LARGE),
        ("", {"filters": "4"}, {}),
        ("", {"published.top_5": "3.0"}, {**LARGE, "top_5": 3.0}),
        ("extends: family.yaml#large", {}, LARGE),
        ("extends: family.yaml#large\nname: Other", {}, LARGE),
        ("extends: family.yaml#large\npublished: {top_1: 71.0}", {}, {**LARGE, "top_1": 71.0}),
        ("extends: family.yaml#large\nhyperparameters: {filters: 4}", {}, {}),
        ("extends: family.yaml#large\nchange: {c: {kernel: 1}}", {}, {}),
        ("extends: family.yaml#large\nchange: {c: {kernel: 1}}\npublished: {top_1: 1.5}", {}, {"top_1": 1.5}),
    ],
)
def test_what_is_published_belongs_to_the_network(
    top: str, settings: dict[str, str], published: dict[str, object], tmp_path: Path
) -> None:
    """It rests once the network is another, as expectations do."""
    (tmp_path / "family.yaml").write_text(FAMILY)
    (tmp_path / "top.yaml").write_text(f"archspec: 1\n{top}\n")
    findings = Findings()
    file = "top.yaml" if top else "family.yaml#large"
    program = compile_file(str(tmp_path / file), settings=settings, findings=findings)
    assert program is not None and not findings.items, findings.items
    assert program.published == published


@pytest.mark.parametrize(
    ("published", "sentence"),
    [
        ("{top_1: 175}", "`top_1` must be a number from 0 to 100, got 175"),
        ("{weights: example.org}", '`weights` must be text such as "https://example.org/weights.tar.gz"'),
        ("{licence: MIT}", "`published` has no key `licence`"),
        ("3", "`published` must be a mapping, got 3"),
    ],
)
def test_a_mistake_in_it_is_said(published: str, sentence: str) -> None:
    findings = Findings()
    text = f"archspec: 1\ninputs: {{image: {{shape: [8]}}}}\nlayers: [flatten]\npublished: {published}\n"
    assert compile_file("net.yaml", findings=findings, text=text) is None
    assert [sentence in each.message for each in findings.items] == [True]
