"""Networks as somebody writes them who comes from another library or a paper: they lint clean, and count what the papers' do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archspec.compiler.program import check_file
from archspec.compiler.rules import check_rules
from archspec.diagnostics import Findings

CASES = sorted((Path(__file__).parents[1] / "cases" / "newcomers").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_spec_has_no_finding(path: Path) -> None:
    findings = Findings()
    programs = check_file(str(path), findings=findings)
    findings.extend(found for program in programs for found in check_rules(program))
    assert findings.items == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_count_that_is_expected_is_that_of_the_arithmetic_above_it(path: Path) -> None:
    """The sum over all layers, kernel * inputs * outputs and so on, stands in the comment before the expectation."""
    text = path.read_text("utf-8")
    expected = re.search(r"^expect: \{trainable: ([0-9]+)\}$", text, re.MULTILINE)
    assert expected is not None
    stated = re.search(r"^# Trainable: ([-+*/()0-9\s#]+)^expect", text, re.MULTILINE)
    if stated is not None:
        assert eval(stated[1].replace("#", "").replace("\n", " ")) == int(expected[1])
    else:
        assert "as in torchvision" in text


def test_there_are_enough() -> None:
    assert len(CASES) > 50
