"""Reading YAML: values as YAML 1.2's core schema has them, exact places, and a code for everything that is wrong."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archspec.compiler.syntax.events import DEEPEST, MOST_NODES
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar, plain
from archspec.compiler.syntax.reading import LARGEST, parse, read
from archspec.compiler.syntax.scalars import LONGEST_INTEGER
from archspec.diagnostics import Findings

TABLE: list[tuple[str, object]] = [
    *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
    *[(text, True) for text in ("true", "True", "TRUE")],
    *[(text, False) for text in ("false", "False", "FALSE")],
    # Booleans of YAML 1.1 are texts.
    *[(text, text) for text in ("yes", "no", "on", "off", "Yes", "NO", "y", "n", "nULL", "tRUE")],
    ("0", 0),
    ("12", 12),
    ("-19", -19),
    ("+12", 12),
    ("010", 10),
    ("0o17", 15),
    ("0x1F", 31),
    ("0xdeadBEEF", 0xDEADBEEF),
    *[
        (text, text)
        for text in ("0o8", "0xg", "0x", "0o", "-0x1f", "0b11", "1_000", "0x1_0", "1:30", "0x 1", "0x٣", "0o+7")
    ],
    ("1e-4", 1e-4),
    ("4e-5", 4e-5),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("+12.5e3", 12500.0),
    ("1E+2", 100.0),
    ("0.0", 0.0),
    (".inf", math.inf),
    ("+.INF", math.inf),
    ("-.Inf", -math.inf),
    *[
        (text, text)
        for text in (".", "e3", "1e", "1.2.3", "--1", "+", "-", "1 2", "inf", "nan", "-.nan", "1x7", "٣", "½")
    ],
    ("2001-12-14", "2001-12-14"),
    ("9" * LONGEST_INTEGER, int("9" * LONGEST_INTEGER)),
    ("9" * (LONGEST_INTEGER + 1), "9" * (LONGEST_INTEGER + 1)),
    ("0x" + "f" * LONGEST_INTEGER, "0x" + "f" * LONGEST_INTEGER),
    ("1e999", math.inf),
]


def tree(text: str | bytes) -> Node:
    """The tree of a text that is fine."""
    findings = Findings()
    node = parse(text, "a.yaml", findings)
    assert node is not None, findings.items
    assert findings.items == []
    return node


@pytest.mark.parametrize(("text", "value"), TABLE, ids=lambda value: str(value)[:12])
def test_core_schema(text: str, value: object) -> None:
    for written in (f"a: {text}\n", f"{{a: {text}}}\n"):
        if text != "-" and not (text == "" and "{" in written):
            found = plain(tree(written))["a"]  # type: ignore[index]
            assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    value = plain(tree(text))
    assert isinstance(value, float) and math.isnan(value)


@pytest.mark.parametrize("text", [text for text, value in TABLE if text and not isinstance(value, str)])
def test_quoted_is_text(text: str) -> None:
    node = tree(f"['{text}', \"{text}\", &x '{text}']")
    assert plain(node) == [text] * 3
    assert isinstance(node, Listing) and all(isinstance(item, Scalar) and item.quoted for item in node.items)


def test_longest_integer_is_a_float_too() -> None:
    assert math.isfinite(float(int("9" * LONGEST_INTEGER))) and math.isfinite(
        float(int("f" * (LONGEST_INTEGER - 2), 16))
    )


# PyYAML's writer, not ours, breaks texts at the line ends that only YAML 1.1 knows.
LETTERS = st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"])
# And writes as plain text what is a number only in YAML 1.2.
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")
TEXTS = st.text(LETTERS, max_size=12).filter(lambda text: not NUMBER.fullmatch(text))
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | TEXTS
KEYS = st.text(LETTERS, min_size=1, max_size=8).filter(lambda text: text != "<<" and text.count(")") <= text.count("("))
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def typed(value: object) -> object:
    """A value in which 1, 1.0 and true are three things."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), value


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.sampled_from([True, False, None]), st.integers(20, 200))
def test_what_another_writer_wrote_is_read_back(data: dict[str, object], flow: bool | None, width: int) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True, width=width)
    assert typed(plain(tree(text))) == typed(data)


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar of a tree, keys too."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Listing):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.pairs:
            yield key
            yield from scalars(value)


WORDS = st.text("abcé中😀ß", min_size=1, max_size=6)
WORD_TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(WORDS, inner, min_size=1, max_size=4),
    max_leaves=20,
)


@given(WORD_TREES, st.sampled_from([True, False, None]))
def test_span_of_a_scalar_is_its_text(data: object, flow: bool | None) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True, width=60)
    lines = text.splitlines()
    found = list(scalars(tree(text)))
    assert found
    for scalar in found:
        span = scalar.span
        assert span.file == "a.yaml" and span.line == span.end_line
        assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == scalar.text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: {b: 1}\n", (1, 4, 1, 10)),
        ("é: [ß, 😀]  # c\n", (1, 4, 1, 10)),
        ("a: 'x'\n", (1, 4, 1, 7)),
        ("a: [1,\n  2]\n", (1, 4, 2, 5)),
    ],
)
def test_span_of_a_value(text: str, place: tuple[int, int, int, int]) -> None:
    node = tree(text)
    assert isinstance(node, Mapping)
    span = node.pairs[0][1].span
    assert (span.line, span.column, span.end_line, span.end_column) == place


def test_byte_order_mark_and_windows_lines_move_nothing() -> None:
    node = tree("\ufeffa: 1\r\nb: x\r\n".encode())
    assert plain(node) == {"a": 1, "b": "x"}
    assert isinstance(node, Mapping)
    key = node.key("b")
    assert key is not None and str(key.span) == "a.yaml:2:1"


def test_alias_is_the_anchored_node() -> None:
    assert plain(tree("a: &x {b: [1]}\nc: *x\nd: &y 2\ne: *y\n")) == {"a": {"b": [1]}, "c": {"b": [1]}, "d": 2, "e": 2}


WRONG: list[tuple[str | bytes, str]] = [
    ("a: [1\n", "AS017 1:4"),
    ("a: 'x\n", "AS017 1:4"),
    ('a: 1\nname: "open\nb: {c: 1}\n', "AS017 2:7"),
    ('a: 1\nname: "open\nb: "x"\nc: 1\n', "AS017 2:7"),
    ("a: {b: [1, 2]\nc: [2]\nd: 1\n", "AS017 1:4"),
    ("a: {b: 1 c: 2}\n", "AS001 1:11"),
    ("a:\n  batch:8\n  steps: 3\n", "AS015 2:3"),
    ("a:1\nb: 2\n", "AS015 1:1"),
    ("a:\n- b:8 # so\n  c: 3\n", "AS015 2:3"),
    ("a: {b:[1]}\n", "AS015 1:5"),
    ("a:\xa0{b: {c: 1}}\n", "AS016 1:3"),
    ("a: \u201cx: y\u201d\n", "AS016 1:4"),
    ("- a: 1\n\u2013 b: 1\n", "AS016 2:1"),
    ("a: b: c\n", "AS001 1:5"),
    ("é: b: c\n", "AS001 1:5"),
    ("a: %x\n", "AS001 1:4"),
    ("a: x\0y\n", "AS001 1:5"),
    ("é: \x1b[31m\n", "AS001 1:4"),
    ("a: 1\nb: 2\na: 3\n", "AS002 3:1"),
    ("{é: 1, é: 2}\n", "AS002 1:8"),
    ("a: 1\n'a': 2\n", "AS002 2:1"),
    ("a:\n\t- 1\n", "AS003 2:1"),
    ("a:\n  b: 1\n\tc: 2\n", "AS003 3:1"),
    ("a: é\n".encode("latin-1"), "AS004 1:4"),
    ("a: é\nb: \xff".encode() + b"\xff", "AS004 2:5"),
    ("a: 1\n".encode("utf-16"), "AS004 1:1"),
    ("x" * (LARGEST + 1), "AS005 1:1"),
    ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"AS006 1:{DEEPEST + 1}"),
    ("- " * (DEEPEST + 1) + "x", f"AS006 1:{2 * DEEPEST + 1}"),
    ("- a\n- [" + "x," * MOST_NODES + "]\n", "AS007 2:3"),
    ("a: *x\n", "AS008 1:4"),
    ("a: &x [*x]\n", "AS008 1:8"),
    ("a: !!str 1\n", "AS008 1:4"),
    ("a: ! 1\n", "AS008 1:4"),
    ("a: !!python/object/apply:os.system [ls]\n", "AS008 1:4"),
    ("a: &x {b: 1}\nc: {<<: *x}\n", "AS008 2:5"),
    ("[a]: 1\n", "AS009 1:1"),
    ("? {a: 1}\n: 1\n", "AS009 1:3"),
    ("a: &x [1]\n*x : 1\n", "AS009 1:4"),
    ("{? : 1}\n", "AS009 1:4"),
    ("a: 1\n---\nb: 2\n", "AS010 2:1"),
    ("", "AS011 1:1"),
    ("# only this\n", "AS011 1:1"),
    ("~\n", "AS011 1:1"),
    ("a: {b: $(max(1, n))}\n", "AS013 1:17"),
    ("a: {b: $(x[0])}\n", "AS013 1:11"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=lambda value: repr(value)[:24])
def test_mistake_has_its_code_and_place(text: str | bytes, said: str) -> None:
    findings = Findings()
    assert parse(text, "a.yaml", findings) is None
    found = findings.items
    assert [f"{d.code} {d.span.line}:{d.span.column}" for d in found if d.span] == [said]


@pytest.mark.parametrize("text", ["[" * DEEPEST + "]" * DEEPEST, "- [" + "x," * (MOST_NODES - 3) + "]", "x" * LARGEST])
def test_just_within_the_limits(text: str) -> None:
    tree(text)


def test_all_duplicate_keys_are_reported_with_the_first_one() -> None:
    findings = Findings()
    assert parse("a: 1\nb: 1\na: 2\nb: 2\na: 3\n", "a.yaml", findings) is None
    places = [(d.code, d.span.line, d.notes[0].span.line) for d in findings.items if d.span and d.notes[0].span]
    assert places == [("AS002", 3, 1), ("AS002", 4, 2), ("AS002", 5, 1)]


def test_every_code_of_reading_has_a_case() -> None:
    folder = Path(__file__).parents[2] / "archspec" / "compiler" / "syntax"
    source = "".join((folder / name).read_text() for name in ("reading.py", "events.py"))
    codes = {source[i : i + 5] for i in range(len(source)) if source.startswith("AS0", i)}
    # A file that cannot be read at all is below.
    assert codes - {said.split()[0] for _, said in WRONG} == {"AS012"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("none.yaml", "No such file or directory"), (".", "is not a file"), ("a\0b", "not a file name")],
)
def test_what_cannot_be_opened(path: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    findings = Findings()
    assert read(path, findings) is None
    assert [d.code for d in findings.items] == ["AS012"]
    assert reason in findings.items[0].message


def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    path.chmod(0)
    findings, user = Findings(), os.geteuid()
    if user == 0:
        # The superuser may read everything; nobody may not.
        os.seteuid(65534)
    try:
        assert read(path, findings) is None
    finally:
        os.seteuid(user)
    assert [d.code for d in findings.items] == ["AS012"]
    assert "Permission denied" in findings.items[0].message
