"""The canonical layout: what each rule does to a text, and that a second time changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.format import laid_out
from archspec.diagnostics import Stop

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT.parent / "shared" / "reference" / "language"
LAYERS = ", ".join(f"Conv2d_{i}_3x3: {{conv2d: 192, kernel: 3}}" for i in range(5))
"""Layers in flow style, wider than a line together."""


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_zoo_is_laid_out(path: Path) -> None:
    assert laid_out(path.read_text(), path.name) == path.read_text()


def test_inception_fits_a_hundred_lines() -> None:
    assert len((ROOT / "specs" / "inception_v3.yaml").read_text().splitlines()) <= 100


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the reference's examples are not beside this checkout")
def test_examples_of_the_reference_keep_within_the_width() -> None:
    for path in sorted(EXAMPLES.glob("*.yaml")):
        once = laid_out(path.read_text(), path.name)
        assert laid_out(once, path.name) == once
        assert max(len(line.partition(" #")[0]) for line in once.splitlines()) <= 140


SPACES = [
    ("a:   1\n", "a: 1\n"),
    ("a:\t1\t\nb: 2 \n", "a: 1\nb: 2\n"),
    ("a: 1\r\nb:\r\n- 2\r\n", "a: 1\nb:\n- 2\n"),
    ("\ufeffa: 1", "a: 1\n"),
    ("a: {b:   1,c: [ 1,2 ] }", "a: {b: 1, c: [1, 2]}\n"),
    ("a: [ ]\nb: { }\nc:\n", "a: []\nb: {}\nc:\n"),
    ("a:\n      b: 1\n      c:\n         d: 2\n", "a:\n  b: 1\n  c:\n    d: 2\n"),
    ("layers:\n    - x:   {conv2d:  64}\n    - relu\n", "layers:\n- x: {conv2d: 64}\n- relu\n"),
    ("- a\n-   - b\n    - c\n", "- a\n- - b\n  - c\n"),
    ("-\n  a: 1\n  b:\n  - 2\n", "- a: 1\n  b:\n  - 2\n"),
    ("--- # first\na: 1\n...\n", "# first\na: 1\n"),
]
BLANK_LINES = [
    ("a: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
    ("\n\na: 1\n", "a: 1\n"),
    ("a:\n\n  b: 1\n\n\n  c: 2\n\nd: 1\n", "a:\n  b: 1\n\n  c: 2\n\nd: 1\n"),
    ("- a\n\n# of b\n\n- b\n", "- a\n\n# of b\n\n- b\n"),
]
COMMENTS = [
    ("# top\na: 1   # behind\n  # alone\nb: 2\n# end\n", "# top\na: 1   # behind\n# alone\nb: 2\n# end\n"),
    ("a: 1 # near\n", "a: 1  # near\n"),
    ("aaaa:         1      # keeps its column\n", "aaaa: 1              # keeps its column\n"),
    ("a:\n- b\n      # of c\n- c\n", "a:\n- b\n# of c\n- c\n"),
    ("a: # key\n  b: 1\n", "a:  # key\n  b: 1\n"),
    ("a: # key\n  1\n", "a: 1  # key\n"),
    ("a: # key\n  # value\n  1 # end\n", "a:  # key\n  # value\n  1  # end\n"),
    ("-\n  # inside\n  a: b\n", "-\n  # inside\n  a: b\n"),
    ("a: {b: 1,   # one\n  # two\n  c: 2}\n", "a: {b: 1,   # one\n    # two\n    c: 2}\n"),
    ("a: [ # first\n 1,\n 2 # second\n ] # third\n", "a: [1,  # first\n    2  # second\n   ]  # third\n"),
    ("a: {x: 1, # one\n y: 2} # two\n", "a: {x: 1,  # one\n    y: 2}  # two\n"),
    ("a: '# none'\nb: x#y\nc: | # header\n  # text\n", 'a: "# none"\nb: x#y\nc: |  # header\n  # text\n'),
]
QUOTES = [
    ("a: 'plain'\n'b': \"two words\"\n", "a: plain\nb: two words\n"),
    ("a: '1'\nb: 'yes'\nc: 'null'\nd: '1e-4'\ne: ''\n", 'a: "1"\nb: "yes"\nc: "null"\nd: "1e-4"\ne: ""\n'),
    ("a: 'int'\n", 'a: "int"\n'),
    ("a: '<= 6G'\nb: '*x'\nc: 'd: e'\nd: 'f #g'\n", 'a: "<= 6G"\nb: "*x"\nc: "d: e"\nd: "f #g"\n'),
    ('a: "$(max(1, n))"\nb: {c: "$(max(1, n))"}\n', 'a: $(max(1, n))\nb: {c: "$(max(1, n))"}\n'),
    ('a: "- \\"b\\""\nb: "\\t"\n', 'a: \'- "b"\'\nb: "\\t"\n'),
    ("a: '3x3'\nb: $n\nc: 1x7\n", "a: 3x3\nb: $n\nc: 1x7\n"),
]
TEXTS = [
    ("a: |\n    text\n      more\nb: 1\n", "a: |\n  text\n    more\nb: 1\n"),
    ("a: |2+\n    text\n\n\nb: 1\n", "a: |2+\n    text\n\n\nb: 1\n"),
    ("a: |\n  unfinished", "a: |-\n  unfinished\n"),
    ("a: >\n     long\n     text\n", "a: >\n  long\n  text\n"),
    ("a: x\n     y\n\n     z\n", "a: x\n  y\n\n  z\n"),
    ("a: {b: x\n  y}\n", "a: {b: x y}\n"),
    ("a: 'x\n  y'\n", "a: x y\n"),
]
STYLES = [
    (
        '{"archspec": 1, "layers": [{"conv1": {"conv2d": 64}}, "relu"]}',
        "archspec: 1\nlayers: [{conv1: {conv2d: 64}}, relu]\n",
    ),
    ("layers:\n- {conv1: {conv2d: 64}}\n- {pad: 4}\n", "layers:\n- conv1: {conv2d: 64}\n- {pad: 4}\n"),
    ("- x:\n    conv2d: 64\n    kernel: 3\n", "- x:\n    conv2d: 64\n    kernel: 3\n"),
    ("a: {softmax , when: x}\n", "a: {softmax, when: x}\n"),
    ("a: [b: {c: 1}, {d: 2}, e: ]\n", "a: [b: {c: 1}, {d: 2}, {e}]\n"),
    ("? a\n: b\n", "a: b\n"),
    ("a: &x {b: 1}\nc: *x\nd: &y\n  e: 1\n", "a: &x {b: 1}\nc: *x\nd: &y\n  e: 1\n"),
]
TABLES = [
    ("t:\n- [a, bbbb, c]\n- [1000,  2, 3]\n", "t:\n- [a,    bbbb, c]\n- [1000, 2,    3]\n"),
    ("t: [[a, bb], [100, 2], [1, 3]]\n", "t: [[a,   bb],\n    [100, 2],\n    [1,   3]]\n"),
    ("t:\n- [1, 2]\n- [100, 2]\n", "t:\n- [1, 2]\n- [100, 2]\n"),
    ("t:\n- [a, b]\n# why\n- [10,   2] # how\n", "t:\n- [a,  b]\n# why\n- [10, 2]   # how\n"),
]


@pytest.mark.parametrize(("before", "after"), SPACES + BLANK_LINES + COMMENTS + QUOTES + TEXTS + STYLES + TABLES)
def test_layout(before: str, after: str) -> None:
    assert laid_out(before, "a.yaml") == after
    assert laid_out(after, "a.yaml") == after


def test_wide_list_breaks_after_commas_under_its_first_element() -> None:
    lines = laid_out(f"Branch_2: [{LAYERS}]\n", "a.yaml").splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("Conv2d_2_3x3: {conv2d: 192, kernel: 3},") and len(lines[0]) <= 140
    assert lines[1].startswith(" " * len("Branch_2: [") + "Conv2d_3_3x3: {")


def test_element_is_broken_only_where_it_fits_no_line() -> None:
    first, second, third = laid_out(f"a: [short, {{inner: [{LAYERS}]}}, short]\n", "a.yaml").splitlines()
    assert first == "a: [short,"
    assert second.startswith("    {inner: [Conv2d_0_3x3: {") and second.endswith("3},")
    assert third.startswith("             Conv2d_3_3x3: {") and third.endswith("3}]}, short]")


@pytest.mark.parametrize(("width", "lines"), [(140, 1), (141, 2)])
def test_line_ends_at_column_140(width: int, lines: int) -> None:
    text = "a: [" + "b" * (width - 8) + ", c]\n"
    assert len(text) == width + 1
    assert len(laid_out(text, "a.yaml").splitlines()) == lines


def test_wide_layers_stand_one_to_a_line() -> None:
    text = laid_out(f"layers: [{LAYERS}]\n", "a.yaml")
    assert text == "layers:\n" + "".join(f"- Conv2d_{i}_3x3: {{conv2d: 192, kernel: 3}}\n" for i in range(5))


def test_wide_branches_stand_one_to_a_line() -> None:
    text = laid_out(f"- x:\n    concat: {{{LAYERS}}}\n", "a.yaml")
    branches = "".join(f"      Conv2d_{i}_3x3: {{conv2d: 192, kernel: 3}}\n" for i in range(5))
    assert text == f"- x:\n    concat:\n{branches}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1\n", "AS017"),
        ("a: ]\n", "AS001"),
        ("", "AS011"),
        ("a: 1\na: 2\n", "AS002"),
        ("layers: [" + "relu," * 190_000 + "]", "AS005"),
    ],
)
def test_what_cannot_be_laid_out_is_reported(text: str, code: str) -> None:
    with pytest.raises(Stop) as stopped:
        laid_out(text, "a.yaml")
    assert [d.code for d in stopped.value.diagnostics] == [code]
