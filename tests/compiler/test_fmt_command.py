"""`archspec fmt`: which files it writes, how, and what it answers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archspec.cli import fmt as command
from archspec.cli import main

ROOT = Path(__file__).parents[2]
NOBODY = 65534
AS_NOBODY = f"""
import contextlib, io, os, sys
from archspec.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    # Whoever may not write here may perhaps not read Python's modules either.
    main(["fmt", "--check", sys.argv[-1], os.path.join(sys.argv[-1], "none")])
    main(["fmt", "--check", sys.argv[-1]])
import tempfile
if os.geteuid() == 0:
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.exit(main(sys.argv[1:]))
"""
"""The command run by somebody who does not own the world."""


def fmt(
    *words: str | Path, text: str | bytes | None = None, program: tuple[str, ...] = ("-m", "archspec")
) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-P", *program, "fmt", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not laid out."""
    path = tmp_path / "a.yaml"
    path.write_text("archspec:   1\n")
    return path


def test_files_are_laid_out_and_named(file: Path) -> None:
    done = fmt(file)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"changed {file}\n", "")
    assert file.read_text() == "archspec: 1\n"
    assert fmt(file).stdout == ""


def test_folders_are_searched_for_yaml(file: Path) -> None:
    inner = file.parent / "inner" / "b.yml"
    inner.parent.mkdir()
    inner.write_text("archspec:   1\n")
    (file.parent / "c.txt").write_text("c:   1\n")
    # A file that is named twice is laid out once.
    done = fmt(file.parent, file)
    assert done.stdout == f"changed {file}\nchanged {inner}\n"
    assert (file.parent / "c.txt").read_text() == "c:   1\n"


def test_laid_out_file_is_not_touched(file: Path) -> None:
    file.write_text("archspec: 1\n")
    os.utime(file, (1, 1))
    before = file.stat()
    assert fmt(file).returncode == 0
    after = file.stat()
    assert (after.st_ino, after.st_mtime) == (before.st_ino, before.st_mtime)


def test_check_lists_and_changes_nothing(file: Path) -> None:
    done = fmt("--check", file)
    assert (done.returncode, done.stdout) == (1, f"would change {file}\n")
    assert file.read_text() == "archspec:   1\n"
    file.write_text("archspec: 1\n")
    assert (fmt("--check", file).returncode, fmt("--check", file).stdout) == (0, "")


def test_check_as_json(file: Path) -> None:
    done = fmt("--check", "--format", "json", file)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(d["code"], d["file"], d["line"]) for d in found["diagnostics"]] == [("AS912", str(file), 1)]
    file.write_text("archspec: [\n")
    done = fmt("--check", "--format", "json", file)
    assert (done.returncode, [d["code"] for d in json.loads(done.stdout)["diagnostics"]]) == (1, ["AS001"])


def test_format_is_for_check(file: Path) -> None:
    done = fmt("--format", "json", file)
    assert done.returncode == 2 and "AS910" in done.stderr
    assert file.read_text() == "archspec:   1\n"


def test_diff_is_printed_and_nothing_written(file: Path) -> None:
    file.write_text("# kept\narchspec:   1")
    done = fmt("--diff", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"--- {file}\n+++ {file} (canonical)\n@@ -1,2 +1,2 @@\n # kept\n-archspec:   1\n\\ No newline at end of file\n+archspec: 1\n"
    )
    assert fmt("--diff", "--check", file).returncode == 1
    assert file.read_text() == "# kept\narchspec:   1"


def test_standard_input_goes_to_standard_output() -> None:
    done = fmt("-", text="# ü\narchspec:   1\r\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "# ü\narchspec: 1\n", "")
    assert fmt("-", text="archspec: 1\n").stdout == "archspec: 1\n"
    done = fmt("--check", "-", text="archspec:   1\n")
    assert (done.returncode, done.stdout) == (1, "would change stdin\n")


def test_broken_standard_input_gives_nothing() -> None:
    done = fmt("-", text="archspec: [1\n")
    assert (done.returncode, done.stdout) == (1, "") and "stdin:1:11: AS017" in done.stderr
    done = fmt("-", text="a: é\n".encode("latin-1"))
    assert (done.returncode, done.stdout) == (1, "") and "AS004" in done.stderr


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o755])
def test_link_is_followed_and_mode_kept(file: Path, mode: int) -> None:
    link = file.parent / "folder" / "link.yaml"
    link.parent.mkdir()
    link.symlink_to(file)
    file.chmod(mode)
    assert fmt(link).returncode == 0
    assert link.is_symlink() and file.read_text() == "archspec: 1\n"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert [path.name for path in link.parent.iterdir()] == ["link.yaml"]


def test_broken_file_stays_and_the_others_are_laid_out(file: Path) -> None:
    broken = file.parent / "0.yaml"
    broken.write_text("archspec: [1\n")
    done = fmt(file.parent)
    assert (done.returncode, done.stdout) == (1, f"changed {file}\n")
    assert f"{broken}:1:11: AS017" in done.stderr and "Traceback" not in done.stderr
    assert (broken.read_text(), file.read_text()) == ("archspec: [1\n", "archspec: 1\n")


def test_missing_file_is_a_finding(tmp_path: Path) -> None:
    done = fmt(tmp_path / "none.yaml")
    assert done.returncode == 1 and "AS012" in done.stderr


@pytest.fixture
def foreign() -> Iterator[Path]:
    """A folder that nobody may enter, with a file that is not laid out."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.yaml").write_text("archspec:   1\n")
        yield folder


@pytest.mark.parametrize("protected", ["file", "folder"])
def test_file_that_may_not_be_written_stays(foreign: Path, protected: str) -> None:
    file = foreign / "a.yaml"
    file.chmod(0o444 if protected == "file" else 0o666)
    foreign.chmod(0o777 if protected == "file" else 0o555)
    done = fmt(file, program=("-c", AS_NOBODY))
    foreign.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"AS911 {file} cannot be written: Permission denied" in done.stderr
    assert [path.name for path in foreign.iterdir()] == ["a.yaml"]
    assert file.read_text() == "archspec:   1\n"


def test_failure_on_the_way_leaves_the_old_file_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command.os, "replace", full)
    assert main(["fmt", str(file)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in file.parent.iterdir()] == ["a.yaml"]
    assert file.read_text() == "archspec:   1\n"
