"""`bin/archspec`: quick when nothing is to do, and a sentence for each tool that is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def empty_path(variables: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The variables of a machine on which no program is found."""
    (tmp_path / "nothing").mkdir()
    return {**variables, "PATH": str(tmp_path / "nothing")}


def call(checkout: Path, arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(checkout / "bin" / "archspec"), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)


def set_up_with_an_echo_for_python(start: Start, checkout: Path, stage: str) -> None:
    """A finished environment whose Python prints its arguments."""
    _, errors = (process := start(stage)).communicate(timeout=60)
    assert process.returncode == 0, errors
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)


def test_ready_front_starts_nothing_but_python(start: Start, checkout: Path, empty_path: dict[str, str]) -> None:
    """No program can be found, so anything else that it tried to start would fail."""
    set_up_with_an_echo_for_python(start, checkout, "core")
    result = call(checkout, ["lint", "a b.yaml"], empty_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "-P -m archspec lint a b.yaml\n", "")


@pytest.mark.parametrize(
    ("arguments", "stage"),
    [
        ([], "core"),
        (["--version"], "core"),
        (["lint", "train"], "core"),
        (["train", "--help"], "core"),
        (["train", "spec.yaml"], "train"),
        (["--verbose", "eval", "runs/1"], "train"),
    ],
)
def test_a_command_waits_only_for_the_stage_it_needs(
    start: Start, checkout: Path, empty_path: dict[str, str], arguments: list[str], stage: str
) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    result = call(checkout, arguments, empty_path)
    assert ("Python 3.11 is missing" in result.stderr) == (stage == "train")


@pytest.mark.parametrize("source", ["requirements/core.txt", "bin/bootstrap/steps.py"])
def test_a_newer_source_is_noticed(start: Start, checkout: Path, empty_path: dict[str, str], source: str) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    (checkout / source).touch()
    assert "Python 3.11 is missing" in call(checkout, ["lint"], empty_path).stderr


def test_a_moved_checkout_is_noticed(start: Start, checkout: Path, empty_path: dict[str, str]) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    moved = checkout.rename(checkout.with_name("moved"))
    assert "Python 3.11 is missing" in call(moved, ["lint"], empty_path).stderr


def test_called_through_a_link(start: Start, checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    link = tmp_path / "archspec"
    link.symlink_to(checkout / "bin" / "archspec")
    result = subprocess.run([link, "lint"], env=variables, capture_output=True, text=True, timeout=60)
    assert result.stdout == "-P -m archspec lint\n"


def test_missing_python_is_named_with_its_remedy(checkout: Path, empty_path: dict[str, str]) -> None:
    result = call(checkout, ["lint"], empty_path)
    assert result.returncode == 1
    assert "Python 3.11 is missing" in result.stderr and "apt-get install python3.11" in result.stderr


def test_missing_build_tools_are_all_named_before_anything_is_made(checkout: Path, empty_path: dict[str, str]) -> None:
    result = call(checkout, ["train"], {**empty_path, "ARCHSPEC_PYTHON": sys.executable})
    assert result.returncode == 1
    for tool, remedy in [("`c++`", "apt-get install g++"), ("`cmake`", "apt-get install cmake"), ("`make`", "make")]:
        line = next(line for line in result.stderr.splitlines() if tool in line)
        assert remedy in line
    assert "Traceback" not in result.stderr
    assert not (checkout / ".venv").exists()


def test_missing_cuda_toolkit_is_named(checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    chosen = {"HOROVOD_GPU_OPERATIONS": "NCCL", "HOROVOD_CUDA_HOME": str(tmp_path), "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["train"], {**variables, **chosen, "PATH": "/nonexistent"})
    assert "`nvcc`" in result.stderr and "HOROVOD_CUDA_HOME" in result.stderr


def test_a_path_with_a_space_is_refused_before_the_build_fails_on_it(
    checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    here = {**variables, "ARCHSPEC_PYTHON": sys.executable, "ARCHSPEC_VENV": str(tmp_path / "my venv")}
    result = call(checkout, ["train"], here)
    assert result.returncode == 1 and "its path has a space" in result.stderr


def test_unknown_gpu_operations_are_refused(checkout: Path, variables: dict[str, str]) -> None:
    chosen = {"HOROVOD_GPU_OPERATIONS": "../x", "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["train"], {**variables, **chosen})
    assert result.returncode == 1 and "Set it to none or NCCL" in result.stderr


@pytest.mark.parametrize("stage", ["core", "train"])
def test_a_folder_of_the_users_own_is_never_removed(start: Start, checkout: Path, stage: str) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").write_text("work")
    _, errors = (process := start(stage)).communicate(timeout=60)
    assert process.returncode == 1
    assert "was not made by bin/archspec" in errors and "ARCHSPEC_VENV" in errors
    assert (checkout / ".venv" / "precious").read_text() == "work"


def test_a_failed_step_ends_with_a_sentence_and_the_end_of_its_log(
    checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    """The lock file asks for a package with a hash that nothing has, and no index is asked."""
    wrong = "no-such-package==1.0 --hash=sha256:" + "0" * 64
    (checkout / "requirements" / "core.txt").write_text(wrong)
    offline = {**variables, "PIP_NO_INDEX": "1", "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["lint"], offline)
    assert result.returncode == 1
    assert "this step failed: downloading the packages of stage core" in result.stderr
    assert "no-such-package" in result.stderr and str(checkout / ".venv.log") in result.stderr
    assert "Traceback" not in result.stderr


def test_every_command_that_imports_the_runtime_is_in_the_table() -> None:
    table = (REPOSITORY / "bin" / "archspec").read_text()
    train = set(re.findall(r"^ +([\w |]+)\) stage=train", table, re.MULTILINE)[0].split(" | "))
    commands = (REPOSITORY / "archspec" / "cli").glob("*.py")
    needing = {path.stem.replace("_", "-") for path in commands if "archspec.runtime" in path.read_text()}
    assert needing <= train
