"""Any document keeps its meaning and its comments, and is laid out once and for all."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from archspec.compiler import format as layout
from archspec.compiler.format import laid_out
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings

SPECIAL = [
    "yes",
    "null",
    "1e-4",
    "int",
    "$x",
    "$(a + b)",
    "y",
    "1_000",
    "2001-01-01",
    "0x1f",
    "...",
    "a: b",
    "x #y",
    "- z",
]
TEXTS = (
    st.sampled_from(SPECIAL)
    | st.text(max_size=12)
    | st.text("ab1 :#-,[]{}'\"\\$()|>&*!%@`?.\n\té\x85\u2028", max_size=9)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)
WRITTEN = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, None, '"', "'", "|", ">"]),
        "width": st.sampled_from([20, 60, 300]),
        "indent": st.sampled_from([2, 4]),
    }
)
REMARKS = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.text("abc #:-", max_size=8)), max_size=8)
"""(which line, whether on a line of its own, the text) of comments."""


def facts(node: Node) -> Any:
    """All that a tree means: values with their types, keys with their order."""
    if isinstance(node, Scalar):
        return type(node.value), repr(node.value)
    if isinstance(node, Listing):
        return [facts(item) for item in node.items]
    assert isinstance(node, Mapping)
    return [(facts(key), facts(value)) for key, value in node.pairs]


def commented(text: str, remarks: list[tuple[int, bool, str]]) -> str:
    """The text with comments put in."""
    lines = text.split("\n")
    for number, own_line, words in remarks:
        if number < len(lines) and own_line:
            lines.insert(number, f"  # {words}")
        elif number < len(lines) and lines[number].strip():
            lines[number] += f"   # {words}"
    return "\n".join(lines)


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(TREES, WRITTEN, REMARKS)
@example("yes", {"default_style": ">", "width": 20}, [(1, False, "")])
def test_meaning_stays_and_twice_is_once(
    tree: object, style: dict[str, Any], remarks: list[tuple[int, bool, str]]
) -> None:
    text = commented(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, **style), remarks)
    before = parse(text, "a.yaml", Findings())
    # A comment may have broken a text over several lines, and our reader refuses some of YAML.
    assume(before is not None)
    assert before is not None
    once = laid_out(text, "a.yaml")
    after = parse(once, "a.yaml", Findings())
    assert after is not None
    assert facts(after) == facts(before)
    assert laid_out(once, "a.yaml") == once


NAMES = st.text("abcdef", min_size=1, max_size=6)


@given(st.lists(st.tuples(NAMES, NAMES, st.booleans()), min_size=1, max_size=12), st.booleans(), st.booleans())
def test_every_comment_stays_once_and_in_order(entries: list[tuple[str, str, bool]], flow: bool, listed: bool) -> None:
    """Comments between the elements of lists and mappings, in both styles."""
    lines = []
    for number, (key, value, own_line) in enumerate(entries):
        entry = value if listed else f"{key}{number}: {value}"
        entry = f"  {entry}," if flow else f"- {entry}" if listed else entry
        remark = f"# c{number}"
        lines += [f"   {remark}", entry] if own_line else [f"{entry} {remark}"]
    opening, closing = ("[", "]") if listed else ("{", "}")
    text = "\n".join(["x: " + opening, *lines, " " + closing] if flow else lines) + "\n"
    done = laid_out(text, "a.yaml")
    found = [line.partition("#")[2] for line in done.splitlines() if "#" in line]
    assert found == [f" c{number}" for number in range(len(entries))]


@pytest.mark.parametrize("wrong", ["a: 2\n# c\n", "a: '1'\n# c\n", "a: 1\n", "a: 1\n# c\n# c\n", "a: [\n# c\n"])
def test_layout_that_changes_meaning_or_comments_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setattr(layout, "_laid_out", lambda text: wrong)
    with pytest.raises(RuntimeError, match=r"the layout of a\.yaml would"):
        laid_out("a:   1\n# c\n", "a.yaml")
