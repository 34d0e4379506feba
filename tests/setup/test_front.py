"""`bin/archspec`: quick when nothing is to do, and a sentence for each tool that is missing."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec import cli

REPOSITORY = Path(__file__).resolve().parents[2]
Start = Callable[..., subprocess.Popen[str]]
MISSING = "Python 3.11, 3.12 or 3.13 is missing"


@pytest.fixture
def empty_path(variables: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The variables of a machine on which no program is found."""
    (tmp_path / "nothing").mkdir()
    return {**variables, "PATH": str(tmp_path / "nothing")}


def call(
    checkout: Path, arguments: list[str], variables: dict[str, str], front: str = "archspec"
) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(checkout / "bin" / front), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)


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
        (["--color", "never", "lint", "train"], "core"),
        (["--color", "train", "lint"], "core"),
        (["train", "spec.yaml"], "train"),
        (["--traceback", "eval", "runs/1"], "train"),
        (["--color", "never", "train", "spec.yaml"], "train"),
        (["--color=never", "predict", "x.jpg"], "train"),
        (["--traceback", "--color", "always", "train", "lint"], "train"),
        (["train", "spec.yaml", "--np", "2"], "ranks"),
        (["--color", "never", "train", "--np=2", "spec.yaml"], "ranks"),
        (["lint", "--np", "2"], "core"),
        (["train", "--np", "2", "--help"], "core"),
    ],
)
def test_a_command_waits_only_for_the_stage_it_needs(
    checkout: Path, variables: dict[str, str], tmp_path: Path, arguments: list[str], stage: str
) -> None:
    assert asked_for(checkout, arguments, variables, tmp_path) == [stage]


def test_under_horovodrun_ranks_are_asked_for(checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    rank = {**variables, "HOROVOD_SIZE": "2"}
    assert asked_for(checkout, ["train", "spec.yaml"], rank, tmp_path) == ["ranks"]
    assert asked_for(checkout, ["lint", "spec.yaml"], rank, tmp_path) == ["core"]


def test_doctor_runs_also_where_horovod_cannot_be_built(
    checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    assert asked_for(checkout, ["doctor"], variables, tmp_path) == ["ranks", "train"]
    assert asked_for(checkout, ["doctor"], variables, tmp_path, status=130) == ["ranks"]


@pytest.mark.parametrize(("arguments", "stage"), [([], "test"), (["--fast"], "fast"), (["tests/compiler"], "test")])
def test_the_fast_tier_needs_no_horovod(
    checkout: Path, variables: dict[str, str], tmp_path: Path, arguments: list[str], stage: str
) -> None:
    assert asked_for(checkout, arguments, variables, tmp_path, front="test") == [stage]


def asked_for(
    checkout: Path,
    arguments: list[str],
    variables: dict[str, str],
    tmp_path: Path,
    front: str = "archspec",
    **more: int,
) -> list[str]:
    """The stages that a command asks for in turn, of a Python that only writes them down and fails."""
    log, python = tmp_path / "stages", tmp_path / "python"
    log.write_text("")
    lines = ['[ "$1" = -c ] && exit 0', f'echo "$5" >> {log}', f"exit {more.get('status', 1)}"]
    python.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    python.chmod(0o755)
    call(checkout, arguments, {**variables, "ARCHSPEC_PYTHON": str(python)}, front)
    return log.read_text().split()


def test_every_option_with_a_value_that_may_stand_before_the_command_is_skipped_with_it() -> None:
    """The options of every command, as argparse has them, beside the table in bin/archspec."""
    parser = cli._common(argparse.ArgumentParser(add_help=False))
    valued = {option for action in parser._actions if action.nargs != 0 for option in action.option_strings}
    skipped = re.findall(r"^ +([-\w |]+)\) skip=yes", (REPOSITORY / "bin" / "archspec").read_text(), re.MULTILINE)
    assert valued == set(skipped[0].split(" | "))


@pytest.mark.parametrize("source", ["requirements/3.11/core.txt", "bin/bootstrap/steps.py"])
def test_a_newer_source_is_noticed(start: Start, checkout: Path, empty_path: dict[str, str], source: str) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    (checkout / source).touch()
    assert MISSING in call(checkout, ["lint"], empty_path).stderr


def test_a_moved_checkout_is_noticed(start: Start, checkout: Path, empty_path: dict[str, str]) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    moved = checkout.rename(checkout.with_name("moved"))
    assert MISSING in call(moved, ["lint"], empty_path).stderr


def test_called_through_a_link(start: Start, checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    link = tmp_path / "archspec"
    link.symlink_to(checkout / "bin" / "archspec")
    result = subprocess.run([link, "lint"], env=variables, capture_output=True, text=True, timeout=300)
    assert result.stdout == "-P -m archspec lint\n"


def test_missing_python_is_named_with_its_remedy(checkout: Path, empty_path: dict[str, str]) -> None:
    result = call(checkout, ["lint"], empty_path)
    assert result.returncode == 1
    assert MISSING in result.stderr and "apt-get install python3" in result.stderr


def test_a_python_that_is_named_and_does_not_fit_is_not_replaced_by_another(
    checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    for named in (tmp_path / "none", tmp_path / "old"):
        result = call(checkout, ["lint"], {**variables, "ARCHSPEC_PYTHON": str(named)})
        assert result.returncode == 1 and f"ARCHSPEC_PYTHON names {named}, which is no Python 3.11" in result.stderr
        (tmp_path / "old").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "old").chmod(0o755)


@pytest.mark.parametrize(("version", "fits"), [("3, 10", False), ("3, 11", True), ("3, 13", True), ("3, 14", False)])
def test_which_pythons_are_taken(
    checkout: Path, variables: dict[str, str], tmp_path: Path, version: str, fits: bool
) -> None:
    """A Python that says it has this version, and would rather not set up anything."""
    python = tmp_path / "python3"
    say = f"import sys; sys.version_info = ({version}, 0, 'final', 0); exec(sys.argv[1])"
    lines = ["#!/bin/sh", f'[ "$1" = -c ] || exit 1; exec {sys.executable} -c "{say}" "$2"', ""]
    python.write_text("\n".join(lines))
    python.chmod(0o755)
    result = call(checkout, ["lint"], {**variables, "PATH": f"{tmp_path}:/nonexistent"})
    assert (MISSING in result.stderr) != fits


def test_an_environment_grows_with_the_python_it_was_made_with(
    start: Start, checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    set_up_with_an_echo_for_python(start, checkout, "core")
    (tmp_path / "the one").write_text(f'#!/bin/sh\n[ "$1" = -c ] || touch "{tmp_path}/asked"\n')
    (tmp_path / "the one").chmod(0o755)
    (checkout / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\nexecutable = {tmp_path}/the one\n")
    call(checkout, ["train"], variables)
    assert (tmp_path / "asked").exists()


def test_missing_build_tools_are_all_named_before_anything_is_made(checkout: Path, empty_path: dict[str, str]) -> None:
    result = call(checkout, ["train", "--np", "2"], {**empty_path, "ARCHSPEC_PYTHON": sys.executable})
    assert result.returncode == 1
    for tool, remedy in [("`c++`", "apt-get install g++"), ("`cmake`", "apt-get install cmake"), ("`make`", "make")]:
        line = next(line for line in result.stderr.splitlines() if tool in line)
        assert remedy in line
    assert "Traceback" not in result.stderr
    assert not (checkout / ".venv").exists()


def test_missing_cuda_toolkit_is_named(checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    chosen = {"HOROVOD_GPU_OPERATIONS": "NCCL", "HOROVOD_CUDA_HOME": str(tmp_path), "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["train", "--np", "2"], {**variables, **chosen, "PATH": "/nonexistent"})
    assert "`nvcc`" in result.stderr and "HOROVOD_CUDA_HOME" in result.stderr


def test_a_path_with_a_space_is_refused_before_the_build_fails_on_it(
    checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    here = {**variables, "ARCHSPEC_PYTHON": sys.executable, "ARCHSPEC_VENV": str(tmp_path / "my venv")}
    result = call(checkout, ["train", "--np", "2"], here)
    assert result.returncode == 1 and "its path has a space" in result.stderr


def test_unknown_gpu_operations_are_refused(checkout: Path, variables: dict[str, str]) -> None:
    chosen = {"HOROVOD_GPU_OPERATIONS": "../x", "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["train"], {**variables, **chosen})
    assert result.returncode == 1 and "Set it to none or NCCL" in result.stderr


@pytest.mark.parametrize("stage", ["core", "ranks"])
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
    for lock in checkout.glob("requirements/3.*/core.txt"):
        lock.write_text(wrong)
    offline = {**variables, "PIP_NO_INDEX": "1", "ARCHSPEC_PYTHON": sys.executable}
    result = call(checkout, ["lint"], offline)
    assert result.returncode == 1
    assert "this step failed: downloading the packages of stage core" in result.stderr
    assert "no-such-package" in result.stderr and str(checkout / ".venv.log") in result.stderr
    assert "Traceback" not in result.stderr


def test_every_command_that_imports_the_runtime_is_in_the_table() -> None:
    table = (REPOSITORY / "bin" / "archspec").read_text()
    train = {"doctor", *re.findall(r"^ +([\w |]+)\) \[ -n \"\$ranks", table, re.MULTILINE)[0].split(" | ")}
    texts = {path.stem: path.read_text() for path in (REPOSITORY / "archspec" / "cli").glob("*.py")}
    commands = {name: text for name, text in texts.items() if "def add(commands" in text}
    needing = {name.replace("_", "-") for name, text in commands.items() if "archspec.runtime" in text}
    assert needing <= train


def test_another_archspec_in_the_environment_is_named(start: Start, checkout: Path, variables: dict[str, str]) -> None:
    """Where PyPI's package of that name is installed, Python finds it before the checkout."""
    set_up_with_an_echo_for_python(start, checkout, "core")
    next(checkout.glob(".venv/lib/python3*/site-packages")).joinpath("archspec").mkdir()
    result = call(checkout, ["lint"], variables)
    assert result.returncode == 1 and "pip uninstall archspec" in result.stderr


def test_a_cache_that_cannot_be_made_is_a_sentence(checkout: Path, variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    here = {**variables, "ARCHSPEC_PYTHON": sys.executable, "XDG_CACHE_HOME": str(tmp_path / "file")}
    result = call(checkout, ["lint"], here)
    assert result.returncode == 1 and "can't be made: Not a directory" in result.stderr
    assert "XDG_CACHE_HOME" in result.stderr and "Traceback" not in result.stderr
