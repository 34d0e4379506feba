"""The YAML community's own test suite: what we accept means what it says; what it calls an error is refused.

Nothing but libyaml's known departures from YAML 1.2 is excused, each by name.
"""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from archspec.compiler.format import laid_out
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings, Stop

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "suites" / "yaml-test-suite.tar.gz"

LENIENT = {
    "9C9N": "libyaml does not look at indentation inside [ ]",
    "9JBA": "libyaml wants no space before a # behind ]",
    "CVW2": "libyaml wants no space before a # behind a comma",
    "DK95/01": "libyaml takes a tab at the beginning of a continued text",
    "G5U8": "libyaml takes a lone - in [ ] for a text",
    "QB6E": "libyaml does not look at indentation inside quotes",
    "S98Z": "libyaml takes leading lines of spaces in | and > that are longer than the first text line",
    "SU5Z": "libyaml wants no space before a # behind a quote",
    "X4QW": "libyaml wants no space before a # behind >",
    "Y79Y/003": "libyaml takes a tab at the beginning of a line inside [ ]",
    "YJV2": "libyaml takes a lone - in [ ] for a text",
}
"""Errors that libyaml accepts."""

DIFFERENT = {
    "652Z": "libyaml takes a ? before a word in { } for an explicit key",
    "HM87/01": "libyaml takes a ? before a word in [ ] for an explicit key",
    "JEF9/02": "libyaml drops a last line of spaces that no line break ends",
    "L24T/01": "libyaml drops a last line of spaces that no line break ends",
    "Y2GN": "libyaml ends the name of an anchor at a colon",
}
"""Valid documents that libyaml reads otherwise."""

_STRICT = """
    2JQS 2LFX 4ABK 4MUZ/00 4MUZ/01 4MUZ/02 58MP 5MUD 5T43 6BCT 6CA3 6LVF 6M2F 7Z25 8XYN 96NN/00 96NN/01 9SA2 A2M4 BEC7
    CFD4 DBG4 DK3J DK95/00 DK95/03 DK95/04 FP8R FRK4 HM87/00 HWV9 K3WX M7A3 MUS6/05 MUS6/06 NHX8 NJ66 NKF9 Q5MG QT73 R4YG
    S3PD SM9W/01 UKK6/00 UT92 VJP3/01 W4TN W5VH Y79Y/001 Y79Y/010
"""
STRICT = frozenset(_STRICT.split())
"""Valid documents that libyaml refuses: empty keys, tabs as separation, lines in { } that begin with a colon, …"""

NOT_OURS = {"AS008", "AS009", "AS010", "AS011"}
"""Valid YAML that specs do without: tags and merges, keys that are no names, several documents, none."""


@dataclass(frozen=True)
class Case:
    """A document of the suite; `json` is None where the suite gives no value."""

    name: str
    text: bytes
    json: str | None
    is_error: bool


@cache
def cases() -> dict[str, Case]:
    """The suite by the names of its cases; nothing where its archive is absent."""
    if not ARCHIVE.exists():
        return {}
    with tarfile.open(ARCHIVE) as archive:
        files = {
            name.partition("/")[2]: archive.extractfile(name)
            for name in archive.getnames()
            if "." in name or "error" in name
        }
        content = {name: file.read() for name, file in files.items() if file is not None}
    found = {}
    for path, text in content.items():
        if path.endswith("/in.yaml"):
            name = path.removesuffix("/in.yaml")
            value = content.get(f"{name}/in.json")
            found[name] = Case(name, text, None if value is None else value.decode(), f"{name}/error" in content)
    return found


def all_cases() -> list[Case]:
    """Every case; skips the test where the suite is absent."""
    if not cases():
        pytest.skip("the YAML test suite is not beside this checkout, in ../shared/data/suites")
    return list(cases().values())


def libyaml_refuses(text: bytes) -> bool:
    """Whether the parser underneath, in its own words, cannot read a text."""
    try:
        list(yaml.parse(io.BytesIO(text), Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return True
    return False


def test_suite_is_whole() -> None:
    assert len(all_cases()) == 402
    assert not (LENIENT.keys() | DIFFERENT.keys() | STRICT) - cases().keys()


def test_errors_are_refused() -> None:
    accepted = {
        case.name for case in all_cases() if case.is_error and parse(case.text, "a.yaml", Findings()) is not None
    }
    assert accepted == LENIENT.keys()
    assert not any(libyaml_refuses(cases()[name].text) for name in LENIENT)


def test_valid_documents_are_refused_only_for_a_reason() -> None:
    refused = set()
    for case in all_cases():
        findings = Findings()
        if not case.is_error and parse(case.text, "a.yaml", findings) is None:
            codes = {d.code for d in findings.items}
            assert codes <= NOT_OURS or libyaml_refuses(case.text), (case.name, findings.items)
            refused |= set() if codes <= NOT_OURS else {case.name}
    assert refused == STRICT


def test_valid_documents_mean_what_the_suite_says() -> None:
    different, equal = set(), 0
    for case in all_cases():
        node = None if case.is_error or case.json is None else parse(case.text, "a.yaml", Findings())
        if node is None or case.json is None:
            continue
        if plain(node) == json.loads(case.json):
            equal += 1
        else:
            different.add(case.name)
    assert different == DIFFERENT.keys()
    assert equal > 180


def test_layout_keeps_the_meaning_of_all_that_is_read() -> None:
    laid = 0
    for case in all_cases():
        try:
            once = laid_out(case.text, "a.yaml")
        except Stop:
            continue
        assert laid_out(once, "a.yaml") == once, case.name
        before, after = parse(case.text, "a.yaml", Findings()), parse(once, "a.yaml", Findings())
        assert before is not None and after is not None
        assert plain(before) == plain(after), case.name
        laid += 1
    assert laid > 190
