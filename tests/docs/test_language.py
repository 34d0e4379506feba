"""docs/language.md says what is true: its examples run, and it leaves out no word of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.language.expression import FUNCTIONS
from archspec.compiler.language.registry import builtin
from archspec.compiler.schema import published
from archspec.compiler.spec.layers import COMMON
from tests.docs.pages import ROOT, Example, check, examples

EXAMPLES = examples((ROOT / "docs" / "language.md").read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example, folder: Path) -> None:
    check(example, folder)


def test_every_fence_is_an_example(page: str) -> None:
    assert len(EXAMPLES) == page.count("\n```") / 2 > 20


@pytest.mark.parametrize("word", [*published(builtin())["properties"], *COMMON, *FUNCTIONS])
def test_page_has_every_word(word: str, page: str) -> None:
    """Sections, keys of a layer and functions each stand on the page as code, or in an example."""
    assert any(f"{before}{word}{after}" in page for before in "` {\n" for after in ("`", ":", "(")), word


LAYERS, SECTIONS = ("spec", "layers"), ("spec", "sections")


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("- a: {conv2: 8}", [LAYERS]),
        ("- a: {conv2d: 8}", [LAYERS, ("shape", "a -> 32x32x9")]),
        ("- a: {conv2d: 8}", [LAYERS, ("error", "AS104")]),
        ("- a: {conv2: 8}", [LAYERS, ("error", "AS103")]),
        ("- a: {conv2d: 8}", [LAYERS, ("variables", "Net/a/weights")]),
        ("- a: {conv2d: 8}", [LAYERS, ("nodes", "b")]),
        ("- a: {conv2d: 8}", [LAYERS, ("value", "a.filters -> 9")]),
        ("- a: {conv2d: 8}", [LAYERS, ("shpe", "a -> 32x32x8")]),
        ("- a: {conv2d: 8}", [("spec", "layer")]),
        ("defaults: {conv2d: {stride: 2}}", [SECTIONS]),
        ("archspec: 1\nlayers: []", []),
    ],
)
def test_wrong_example_is_found(text: str, notes: list[tuple[str, str]], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check(Example(1, "yaml", text, notes), tmp_path)


@pytest.mark.parametrize("text", ["$ archspec lint missing.yaml\nfine", "$ ls\n", "$ archspec --version\narchspec 0.0"])
def test_wrong_session_is_found(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check(Example(1, "console", text), tmp_path)


def test_fence_in_another_language_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check(Example(1, "text", "anything"), tmp_path)
