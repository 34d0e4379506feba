"""Which files `lint` and `fmt` take from folders, what they leave out, and that they never go outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.diagnostics import Stop
from archspec.run_folder.record import handover, is_run

ROOT = Path(__file__).parents[2]
GOOD = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [a: relu]\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as people have them."""
    files = {
        "net.yaml": GOOD,
        "specs/late.yaml": f"# a comment\n---\nname: Net\n{GOOD}",
        "specs/flow.yml": "{archspec: 1, inputs: {x: {shape: [3]}}, layers: [a: relu]}\n",
        ".pre-commit-config.yaml": "repos: []\n",
        ".github/workflows/ci.yml": "on: push\n",
        "compose.yaml": "services: {}\n",
        "old/net.yaml": "archspec: 1\nlayers: [a: rleu]\n",
        "runs/one/run.json": "{}",
        "runs/one/spec/0-net.yaml": "archspec: 1\nlayers: [a: rleu]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def linted(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code = main(["lint", *words, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_of_a_folder_only_specs_are_checked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = linted(capsys, ".", "--exclude", "old")
    assert (code, found["specs"], found["diagnostics"]) == (0, 3, [])
    assert found["skipped"] == {"a run's folder": 1, "excluded": 1, "no spec": 2}


@pytest.mark.parametrize("pattern", ["old", "old/", "./old", "old/*", "*/net.yaml", "o?d"])
def test_a_pattern_excludes_by_name_or_path(tree: Path, capsys: pytest.CaptureFixture[str], pattern: str) -> None:
    assert linted(capsys, ".")[0] == 1
    assert linted(capsys, ".", "--exclude", pattern)[0] == 0


def test_what_is_named_is_checked_whatever_it_is(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = linted(capsys, "compose.yaml", "old/net.yaml", "--exclude", "old")
    assert (code, found["specs"]) == (1, 2)
    assert linted(capsys, "runs/one")[1]["specs"] == 1


def test_what_is_left_out_is_counted(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "specs", "compose.yaml"]) == 1
    assert main(["lint", ".", "--exclude", "old"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "3 specs: no findings; left out: 1 (a run's folder), 1 (excluded), 2 (no spec)"


def test_a_version_that_is_misspelt_is_no_reason_to_leave_a_spec_out(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "specs" / "typo.yaml").write_text(f"# ours\n{GOOD.replace('archspec', 'archpsec')}")
    code, found = linted(capsys, "specs")
    assert (code, found["specs"]) == (1, 3)


def test_lint_goes_on_after_what_is_not_there(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "empty").mkdir()
    code, found = linted(capsys, "old/net.yaml", "missing.yaml", "empty", "net.yaml")
    codes = sorted(each["code"] for each in found["diagnostics"])  # type: ignore[attr-defined]
    assert (code, found["specs"], codes) == (1, 3, ["AS012", "AS104", "AS905"])


@pytest.mark.parametrize("command", ["lint", "summary", "explain", "fmt"])
def test_a_missing_file_has_one_code_everywhere(tree: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "missing.yaml"]) == 1
    captured = capsys.readouterr()
    assert "AS012 missing.yaml cannot be read: No such file or directory" in captured.out + captured.err


def test_links_do_not_lead_out_of_a_folder(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = tree.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    secret = "archspec:   1\nsecret: yes\n"
    for name in ("x.yaml", "deep/y.yaml"):
        (outside / name).write_text(secret)
    (tree / "specs" / "x.yaml").symlink_to(outside / "x.yaml")
    (tree / "specs" / "far").symlink_to(outside)
    (tree / "specs" / "loop.yaml").symlink_to(tree / "specs" / "loop.yaml")
    (tree / "specs" / "again.yaml").symlink_to(tree / "specs" / "late.yaml")
    code, found = linted(capsys, "specs")
    assert (code, found["specs"]) == (0, 3)
    assert found["skipped"] == {"a link that leads out": 1, "a linked folder": 1, "not a file": 1}
    assert main(["fmt", "specs"]) == 0
    assert "secret" not in capsys.readouterr().out
    assert (outside / "x.yaml").read_text() == (outside / "deep" / "y.yaml").read_text() == secret


def test_pipes_and_data_in_a_folder_are_left_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tree / "specs" / "pipe.yaml")
    (tree / "specs" / "data.yaml").write_text("rows:\n" + "- 1\n" * 300_000)
    code, found = linted(capsys, "specs")
    assert (code, found["skipped"]) == (0, {"no spec": 1, "not a file": 1})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_may_not_be_read_is_a_sentence(tree: Path) -> None:
    tree.chmod(0o755)
    for parent in list(tree.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    (tree / "net.yaml").chmod(0)
    (tree / "old").chmod(0)
    program = (
        "import os, sys; from archspec.cli import main; main(['lint', 'specs'])\n"
        "os.setgid(65534); os.setuid(65534); sys.exit(main(['lint', '.', 'net.yaml', 'old/net.yaml']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "bug" not in done.stderr, done.stderr
    assert done.stdout.count("cannot be read: Permission denied") == 4


def test_fmt_says_what_it_left_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["fmt", "--check", str(tree)])
    assert "left out: " in capsys.readouterr().err


def test_a_pipe_in_the_place_of_a_runs_record_is_a_damaged_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    assert is_run(tmp_path)
    with pytest.raises(Stop, match="damaged: it is no regular file"):
        handover(tmp_path)
