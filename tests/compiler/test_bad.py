"""Wrong specs: each gives the findings that are written above it, at those places, and no others.

`bad/*.yaml` hold many small documents. Each begins with what it must give, `# error: CODE LINE:COLUMN` (line 1 is that very
line; with a file name where the place is in another file), and may say `# set: NAME=VALUE`, `# variant: NAME`, and with `# help: TEXT` the
remedies that are offered, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archspec.compiler import program
from archspec.compiler.expand import builder
from archspec.compiler.program import check_file, compile_file
from archspec.diagnostics import Diagnostic, Findings

FOLDER = Path(__file__).parent / "bad"
PLACE = FOLDER / "files" / "case.yaml"
"""Where the documents are said to stand: beside the files that they extend or embed. There is no such file."""

RELU = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [a: relu]\n"
COMPILER = Path(__file__).parents[2] / "archspec" / "compiler"
STAGES = ("spec", "expand", "check", "resolve", "program")

_NOTE = re.compile(r"^# (\w+): (.*)$", re.MULTILINE)
_PYTHON = re.compile(
    r"Traceback|Error\b|<class|<function|\bNone\b|\bTrue\b|\bFalse\b|Scalar\(|NoneType|object is not|Mapping\("
)


@dataclass(frozen=True)
class Case:
    """A wrong document with what it must give."""

    name: str
    text: str

    def said(self, kind: str) -> list[str]:
        """The notes of one kind above the document."""
        return [value for name, value in _NOTE.findall(self.text) if name == kind]

    def found(self) -> list[Diagnostic]:
        """What the compiler finds."""
        findings = Findings()
        settings = dict(pair.split("=", 1) for pair in self.said("set"))
        variant = "".join(f"#{name}" for name in self.said("variant"))
        if settings or variant:
            compile_file(f"{PLACE}{variant}", settings=settings, findings=findings, text=self.text)
        else:
            check_file(str(PLACE), findings=findings, text=self.text)
        return findings.items


def read(path: Path) -> list[Case]:
    """The documents of a file."""
    texts = re.split(r"^---\n", path.read_text(), flags=re.MULTILINE)
    return [Case(f"{path.stem}-{number}-{''.join(text.split()[2:3])}", text) for number, text in enumerate(texts, 1)]


CASES = [case for path in sorted(FOLDER.glob("*.yaml")) for case in read(path)]


def written(diagnostic: Diagnostic) -> str:
    """A finding as the documents write it."""
    span = diagnostic.span
    if span is None:
        return diagnostic.code
    file = "" if span.file == str(PLACE) else f"{Path(span.file).name}:"
    return f"{diagnostic.code} {file}{span.line}:{span.column}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mistake_is_found_once_and_at_its_place(case: Case) -> None:
    found = case.found()
    assert case.said("error") or case.said("warning")
    for severity in ("error", "warning"):
        assert [written(d) for d in found if d.severity == severity] == case.said(severity), found
    if case.said("help"):
        assert [d.help for d in found] == case.said("help")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message_is_a_sentence_with_a_remedy(case: Case) -> None:
    """One line, no Python in it, and a word on what to do: a help, or what the value must be."""
    for diagnostic in case.found():
        text = " ".join([diagnostic.message, diagnostic.help or "", *(note.message for note in diagnostic.notes)])
        assert "\n" not in text
        assert not _PYTHON.search(text), text
        assert not diagnostic.message.endswith((".", "!"))
        explained = re.search(
            r"must be|expected|needs|takes|not a|has no|cannot|is not allowed|can't", diagnostic.message
        )
        assert diagnostic.help or explained or diagnostic.code == "AS201", diagnostic


def test_every_code_of_the_stages_has_a_document() -> None:
    """What the compiler can say about a spec is said about one of the documents."""
    sources = [path for stage in STAGES for path in [*COMPILER.glob(f"{stage}.py"), *COMPILER.glob(f"{stage}/*.py")]]
    assert len(sources) > 20
    said = {code for path in sources for code in re.findall(r'"(AS[1235]\d\d)"', path.read_text())}
    shown = {line.split()[0] for case in CASES for line in (*case.said("error"), *case.said("warning"))}
    elsewhere = {"AS310", "AS320", "AS321"}  # too much work, and what must not be; below
    elsewhere |= {"AS132"}  # a chain of nine files, in test_extends.py
    assert said - shown - elsewhere == set()


def test_graph_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "MOST_NODES", 10)
    findings = Findings()
    check_file(str(PLACE), findings=findings, text=RELU.replace("a:", "a$i:").replace("relu", "{repeat: 30, relu}"))
    assert [written(d) for d in findings.items] == ["AS310 3:10"]


def test_no_graph_without_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours that loses the graph is said, and is no network without layers."""
    whole = program.expand
    monkeypatch.setattr(program, "expand", lambda *given: replace(whole(*given), graph=None))
    findings = Findings()
    assert program.check_file(str(PLACE), findings=findings, text=RELU) == []
    assert [d.code for d in findings.items] == ["AS320"]
