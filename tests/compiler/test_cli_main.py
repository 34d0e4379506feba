"""What is the same for every command: options, colours, wrong words, interruptions, and bugs of our own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.cli import COMMANDS, lint, main
from archspec.diagnostics import stop

BAD = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [a: {conv2d: 4}]\n"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour or traceback settings, neither before a test nor left behind by it."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    kept.pop("ARCHSPEC_TRACEBACK", None)
    monkeypatch.setattr(os, "environ", kept)


def raising(problem: BaseException) -> Callable[[argparse.Namespace], int]:
    """A command's run that ends so."""

    def run(arguments: argparse.Namespace) -> int:
        raise problem

    return run


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"  {name} " in printed and help in printed for name, help in COMMANDS.items())
    assert max(map(len, printed.splitlines())) <= 80


def test_no_words_are_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out) == (2, "")
    assert "  lint " in captured.err


@pytest.mark.parametrize("words", [["--color", "always", "lint"], ["lint", "--color", "always"]])
def test_color_stands_before_or_behind_the_command(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    assert main([*words, str(tmp_path)]) == 1
    assert "\x1b[31mAS103\x1b[0m" in capsys.readouterr().out


def test_no_color_beats_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "FORCE_COLOR", "1")
    (tmp_path / "bad.yaml").write_text(BAD)
    main(["lint", str(tmp_path)])
    assert "\x1b" in capsys.readouterr().out
    main(["lint", str(tmp_path), "--color", "never"])
    assert "\x1b" not in capsys.readouterr().out


def test_options_may_stand_between_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "archspec: 1\nhyperparameters: {n: 4}\ninputs: {x: {shape: [3]}}\nlayers: [a: {dense: $n}]\n"
    (tmp_path / "net.yaml").write_text(text)
    assert main(["explain", str(tmp_path / "net.yaml"), "--set", "n=7", "a.units"]) == 0
    assert capsys.readouterr().out.startswith("a.units  7\n")


def test_an_interruption_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lint, "run", raising(KeyboardInterrupt()))
    assert main(["lint", "specs"]) == 1
    assert capsys.readouterr().err == "interrupted\n"


def test_a_stop_is_shown_with_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint, "run", raising(stop("AS905", "not there", help="look", exit_code=2)))
    assert main(["lint", "specs"]) == 2
    assert capsys.readouterr().err == "AS905 not there\n  help: look\n"


@pytest.mark.parametrize(("words", "traced"), [(["lint", "x"], False), (["lint", "x", "--traceback"], True)])
def test_a_bug_says_that_it_is_one(
    words: list[str], traced: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint, "run", raising(ZeroDivisionError("by zero")))
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "archspec failed: ZeroDivisionError: by zero (at test_cli_main.py:" in said
    assert "this is a bug in archspec; run again with --traceback" in said
    assert ("Traceback (most recent call last)" in said) == traced


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["summary", "lenet"], "there is no file lenet\n  help: the `lenet` that comes with archspec is `zoo:lenet`"),
        (["lint", ""], "AS012 the name of the file is empty"),
        (["fmt", ""], "AS012 the name of the file is empty"),
        (["explain", "zoo:lenet", ""], "has an empty name"),
    ],
)
def test_a_wrong_name_of_a_spec_is_said_in_whole_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) != 0
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
