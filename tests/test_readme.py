"""The README's commands do what it says they print."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.compiler.program import check_file
from archspec.diagnostics import Findings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def commands() -> list[tuple[str, str]]:
    """(command, what it prints) of every console block."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    parts = [part for block in blocks for part in block.split("$ ")[1:]]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def argv(command: str) -> list[str]:
    """The command with this Python instead of the one that bin/archspec would set up."""
    words = shlex.split(command)
    assert words[0] == "bin/archspec"
    return [sys.executable, "-P", "-m", "archspec", *words[1:]]


QUICK = [pair for pair in commands() if re.match(r"bin/archspec (lint|explain|summary)", pair[0])]


@pytest.mark.parametrize(("command", "printed"), QUICK, ids=lambda value: value[:40])
def test_command_prints_what_the_readme_shows(command: str, printed: str) -> None:
    done = subprocess.run(argv(command), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == printed


def test_first_commands_are_the_two() -> None:
    assert [command for command, _ in commands()[:2]] == ["bin/archspec train specs/inception_v3.yaml", "bin/test"]


def test_spec_in_the_readme_is_the_zoos() -> None:
    text = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert text is not None
    findings = Findings()
    (shown,) = check_file("readme.yaml", findings=findings, text=text[1])
    (zoo,) = check_file(str(ROOT / "specs" / "lenet.yaml"), findings=findings)
    assert findings.items == []
    assert [(n, v) for n, _, v in shown.graph.variables()] == [(n, v) for n, _, v in zoo.graph.variables()]


def _shape_of(line: str) -> str:
    """The line without its numbers, which differ from machine to machine, and without the cache's and run's folders."""
    line = re.sub(r"^run +\S+", "run", line)
    return re.sub(
        r"\d[\d.]*",
        "0",
        re.sub(r"in \S+/archspec/", "in ~/.cache/archspec/", re.sub(r"\d\S* left", "0 left", line.strip())),
    )


@pytest.mark.slow
def test_first_command_trains_and_ctrl_c_saves(tmp_path: Path) -> None:
    """The README's first command, stopped by Ctrl-C once it has printed what the README shows."""
    command, printed = commands()[0]
    process = subprocess.Popen(
        [*argv(command), "--run", str(tmp_path / "run")],
        cwd=ROOT,
        env={**ENVIRONMENT, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None and process.stdout is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if re.match(r"step [2-9]", line):
            process.send_signal(signal.SIGINT)
            break
    out = process.stdout.read()
    assert process.wait() == 1
    assert [_shape_of(line) for line in seen] == [_shape_of(line) for line in printed.splitlines()]
    assert "stopped by SIGINT" in out
    assert list((tmp_path / "run" / "checkpoints").glob("step-*"))
