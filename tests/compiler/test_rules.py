"""Every lint rule finds its bad example, once, and nothing in its good one."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from archspec.compiler import rules
from archspec.compiler.program import check_file
from archspec.compiler.rules import RULES, check_rules
from archspec.diagnostics import Diagnostic, Findings

HEAD = "archspec: 1\ninputs: {image: {shape: [32, 32, 3]}}\n"


def found(text: str) -> list[Diagnostic]:
    findings = Findings()
    programs = check_file("test.yaml", findings=findings, text=HEAD + text)
    assert programs and findings.items == []
    return [diagnostic for program in programs for diagnostic in check_rules(program)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.NAME)
def test_bad_example_is_found_and_good_one_is_not(rule: ModuleType) -> None:
    diagnostics = found(rule.BAD)
    assert [d.code for d in diagnostics] == [rule.CODE]
    assert diagnostics[0].span is not None and diagnostics[0].help
    assert found(rule.GOOD) == []


def test_every_rule_is_in_the_table_with_a_code_of_its_own() -> None:
    files = {path.stem for path in Path(rules.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {rule.__name__.rpartition(".")[2] for rule in RULES}
    assert len({rule.CODE for rule in RULES}) == len(RULES)
    assert all(rule.__doc__ for rule in RULES)
