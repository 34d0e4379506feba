"""Findings as SARIF 2.1.0: the properties that the standard asks for, and positions as the standard counts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.cli.sarif import as_sarif
from archspec.diagnostics import Diagnostic, Note, Span

FINDING = Diagnostic(
    "AS301",
    "does not fit",
    Span("a b.yaml", 7, 3, 7, 9),
    (Note("because", Span("a b.yaml", 5, 1, 5, 2)), Note("so it is")),
    "do this",
)


def test_a_finding_is_a_result_of_its_rule() -> None:
    log = as_sarif([FINDING, Diagnostic("AS217", "unused", severity="warning")])
    (run,) = log["runs"]
    second, first = run["results"]  # what has no place comes first
    rules = run["tool"]["driver"]["rules"]
    assert (log["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "archspec")
    assert [rules[result["ruleIndex"]]["id"] for result in (first, second)] == ["AS301", "AS217"]
    assert (first["level"], second["level"], second["locations"]) == ("error", "warning", [])
    assert first["message"]["text"] == "does not fit\nnote: so it is\nhelp: do this"


def test_places_are_uris_with_regions() -> None:
    (result,) = as_sarif([FINDING])["runs"][0]["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "a%20b.yaml"}
    assert place["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 3, "endLine": 7, "endColumn": 9}
    (related,) = result["relatedLocations"]
    assert (related["id"], related["message"]["text"]) == (1, "because")
    assert related["physicalLocation"]["region"]["startLine"] == 5


def test_lint_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text("archspec: 1\n")
    assert main(["lint", str(tmp_path), "--format", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert {result["ruleId"] for result in log["runs"][0]["results"]} == {"AS312", "AS313"}


def test_no_findings_are_a_run_without_results(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "archspec: 1\ninputs: {x: {shape: [3]}}\nlayers: [a: {dense: 2}]\n"
    (tmp_path / "good.yaml").write_text(text)
    assert main(["lint", str(tmp_path), "--format", "sarif"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"] == []
