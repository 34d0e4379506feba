"""What leaves archspec commands nobody: escapes are shown, encodings respected, JSON strict, floods cut."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.diagnostics import Diagnostic, Note, Span
from archspec.rendering import FORMATS, MOST, show
from archspec.terminal import visible

ROOT = Path(__file__).parents[2]
EVIL = "a\x1b[31m\u202eb\nfake:1:1: AS000\r\x9b2J\u2066\ud800\x00"
COMMANDING = re.compile(r"[^\n\x20-\x7e\xa1-\uffff]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no output may hold: control characters, marks of direction, halves of pairs."""


def test_what_is_not_printable_is_written_as_yaml_writes_it() -> None:
    assert visible(EVIL) == r"a\x1b[31m\u202eb\nfake:1:1: AS000\r\x9b2J\u2066\ud800\x00"
    assert visible("naïve 名前 …") == "naïve 名前 …"
    assert visible(os.fsdecode(b"q/run\xe9\xff\x80")) == r"q/run\xe9\xff\x80"


@pytest.mark.parametrize("style", FORMATS)
def test_no_finding_commands_the_terminal(style: str) -> None:
    stream = io.StringIO()
    place = Span(EVIL, 1, 1, 1, 3)
    finding = Diagnostic("AS999", EVIL, place, (Note(EVIL), Note(EVIL, Span(EVIL + "2", 1, 1, 1, 2))), EVIL)
    show([finding], style, stream, {EVIL: EVIL})
    assert not COMMANDING.search(stream.getvalue())
    if style == "text":
        assert [line[:7] for line in stream.getvalue().splitlines()][1:] == [
            "    1 |",
            "      |",
            "  note:",
            "  note:",
            "  help:",
        ]


HOSTILE = """archspec: 1
name: "N\\e[31m"
hyperparameters: {"h\\u202e": "x\\e[2J\\u2066"}
inputs: {"i\\x9bm": {shape: [8, 8, 3]}}
defaults: {"\\e]8;;http://evil\\a": {a: 1}}
layers:
- "l\\e[1m\\n": {conv2d: 3, kernel: 3, "\\u202e.abc": 3}
- b: {conv2d: "$h\\e", kernel: 3}
"""
MILD = """archspec: 1
about: "\\e[31m"
name: "N\\e"
hyperparameters: {h: "x\\e[2J\\u2066"}
inputs: {im: {shape: [8, 8, 3]}}
layers:
- b: {conv2d: 3, kernel: 3}
- c: {dropout: 0.5, when: h == "x"}
"""


@pytest.mark.parametrize(
    "words",
    [
        *(["lint", "--format", style] for style in ("text", "json", "github", "sarif")),
        ["summary"],
        *(["summary", "--format", style] for style in ("text", "json", "ir")),
        ["explain"],
        ["explain", "--format", "json"],
        ["fmt", "--check"],
        ["fmt", "--check", "--format", "json"],
        ["summary", "--until", "\x1b"],
        ["summary", "--set", "\x1b"],
        ["summary", "--set", "\u202e=\x1b"],
        ["explain", "\x1b[31m"],
        ["lint", "--format", "\x1b"],
        ["summary", "--set", "a=\udcff"],
        ["lint", "\udcff\ud800.yaml"],
    ],
    ids=lambda words: ascii(words),
)
@pytest.mark.parametrize("text", [HOSTILE, MILD], ids=["hostile", "mild"])
def test_no_command_sends_what_a_spec_holds(
    words: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "net\x1b\u202e.yaml"
    Path(name).write_text(text)
    first, *rest = words
    try:
        main([first, name, *rest])
    except SystemExit as ended:
        assert ended.code == 2
    captured = capsys.readouterr()
    assert captured.out + captured.err or "github" in words
    assert "bug in archspec" not in captured.err
    assert not COMMANDING.search(captured.out + captured.err), (captured.out, captured.err)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "koi8-r", "utf-8", "utf-16"])
@pytest.mark.parametrize(
    "words", [["summary", "specs/lenet.yaml"], ["lint", "-"], ["--help"]], ids=lambda words: words[0]
)
def test_every_encoding_will_do(encoding: str, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "archspec", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "COLUMNS": "60"},
        input="archspec: 1\nlayers: [ä: {conv2d: 名前…}]\n".encode(),
        capture_output=True,
        check=False,
    )
    printed = done.stdout.decode(encoding) + done.stderr.decode(encoding)
    assert done.returncode in (0, 1) and "bug in archspec" not in printed
    if words[0] == "lint":
        assert ("名前" if encoding.startswith("utf") else r"\u540d\u524d") in printed


def flood(number: int, file: str = "a.yaml") -> list[Diagnostic]:
    return [Diagnostic("AS999", f"no {n}", Span(file, n, 1, n, 2), severity="warning") for n in range(1, number + 1)]


@pytest.mark.parametrize(("style", "pattern"), [("text", "AS999"), ("github", "title=AS999"), ("json", '"code"')])
def test_of_each_file_the_first_hundred_are_shown(style: str, pattern: str) -> None:
    stream = io.StringIO()
    found = [*flood(MOST + 7), Diagnostic("AS999", "an error", Span("a.yaml", 900, 1, 900, 2)), *flood(3, "b.yaml")]
    show(found, style, stream)
    assert stream.getvalue().count(pattern) == MOST + 3
    assert "an error" in stream.getvalue() and f"no {MOST - 1}" in stream.getvalue()
    if style == "json":
        record = json.loads(stream.getvalue())
        assert (record["errors"], record["warnings"], record["left_out"]) == (1, MOST + 10, 8)
    else:
        assert "a.yaml: 8 more findings not shown" in stream.getvalue().splitlines()[-1]


def test_sarif_says_how_many_are_left_out() -> None:
    from archspec.cli.sarif import as_sarif

    (run,) = as_sarif(flood(MOST + 2))["runs"]
    ((notice,),) = [each["toolExecutionNotifications"] for each in run["invocations"]]
    assert (len(run["results"]), notice["message"]["text"]) == (MOST, "a.yaml: 2 more findings not shown")


def test_many_findings_on_one_long_line_are_shown_without_looking_at_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    monkeypatch.setattr("archspec.excerpt._shown", lambda letter: looked_at.append(1) or letter)
    line = "x" * 500_000
    found = [Diagnostic("AS999", str(n), Span("a.yaml", 1, 1000 * n, 1, 1000 * n + 900)) for n in range(1, MOST)]
    show(found, "text", io.StringIO(), {"a.yaml": line})
    assert len(looked_at) < 400 * MOST


def test_a_line_is_quoted_from_what_was_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file changes between its reading and the report."""
    import archspec.compiler.program as program

    file = tmp_path / "a.yaml"
    file.write_text("archspec: 1\ninputs: {x: {shape: [3]}}\nlayers: [a: rleu]\n")
    compile_it = program.read_file

    def changed(*arguments: object, **more: object) -> object:
        found = compile_it(*arguments, **more)  # type: ignore[arg-type]
        file.write_text("")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "read_file", changed)
        assert main(["lint", str(file)]) == 1
    assert "    3 | layers: [a: rleu]\n" in capsys.readouterr().out


def test_json_is_strict_and_forms_are_as_a_spec_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "archspec: 1\ninputs: {x: {shape: [8, 8, 3]}}\n"
        "layers: [a: {conv2d: 4, kernel: 1x3, norm: {batch_norm, decay: 0.9}, activation: {leaky_relu: 0.1}}, flatten, Logits: {dense: 3}]\n"
        "train: {preprocess: [{resize: 8}], losses: {m: {softmax_cross_entropy: Logits}}, optimizer: {sgd: {cosine: 0.1}}, batch: 8, steps: 3, save: 2 epochs}\n"
    )
    (tmp_path / "a.yaml").write_text(text)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    values = {}
    for what in ("a", "train"):
        assert main(["explain", str(tmp_path / "a.yaml"), what, "--format", "json"]) == 0
        values |= json.loads(capsys.readouterr().out, parse_constant=refuse)
    found = {name: values[name]["value"] for name in ("a.kernel", "a.norm", "a.activation", "a.initializer")}
    assert found == {
        "a.kernel": [1, 3],
        "a.norm": {"batch_norm": None, "decay": 0.9},
        "a.activation": {"leaky_relu": 0.1},
        "a.initializer": "glorot_uniform",
    }
    assert values["train.optimizer"]["value"] == {"sgd": {"cosine": 0.1}}
    assert values["train.save"]["value"] == "2 epochs"
    assert "()" not in json.dumps(values) and "Duration" not in json.dumps(values)
