"""The table of codes: every code in the source has a meaning, and the page in docs/ is made from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from archspec import codes
from archspec.compiler.rules import RULES

PACKAGE = Path(codes.__file__).parent


def trees() -> Iterator[ast.Module]:
    """The package's source, without the table itself."""
    for path in PACKAGE.rglob("*.py"):
        if path != Path(codes.__file__):
            yield ast.parse(path.read_text("utf-8"))


def used() -> set[str]:
    """Every code that stands as a string in the source."""
    strings = (node.value for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in strings if isinstance(text, str) and re.fullmatch(r"AS\d{3}", text)}


def warnings() -> set[str]:
    """Every code that a call gives together with the severity `warning`, rules aside."""
    found = set()
    for node in (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        said = any(word.arg == "severity" and ast.unparse(word.value) == "'warning'" for word in node.keywords)
        first = node.args[0] if node.args else None
        if (said or name == "_warning") and isinstance(first, ast.Constant):
            found.add(first.value)
    return found


def test_the_table_holds_the_codes_of_the_source_and_no_others() -> None:
    assert used() == set(codes.meanings())


def test_a_rule_has_no_second_meaning() -> None:
    assert codes.CODES.keys().isdisjoint(rule.CODE for rule in RULES)


def test_every_code_stands_in_a_band_and_every_meaning_is_a_line() -> None:
    for code, meaning in codes.meanings().items():
        assert code[:3] in codes.BANDS
        assert meaning and "\n" not in meaning and "|" not in meaning


def test_warnings_are_marked() -> None:
    assert warnings() | {rule.CODE for rule in RULES} == codes.WARNINGS


def test_the_page_is_up_to_date() -> None:
    assert (PACKAGE.parent / "docs" / "codes.md").read_text("utf-8") == codes.page()
