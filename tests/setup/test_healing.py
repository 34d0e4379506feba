"""An interrupted set-up heals itself, two at once take turns, and nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]

STEPS = [
    "making",
    "downloading the packages",
    "installing the packages",
    "downloading Horovod",
    "building Horovod",
    "installing Horovod",
]


def titles(process: subprocess.Popen[str]) -> list[str]:
    """The steps that a set-up ran, after it ended well."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output.splitlines()


def same(found: list[str], expected: list[str]) -> bool:
    return len(found) == len(expected) and all(map(str.startswith, found, expected))


def test_first_set_up_runs_every_step_once_and_the_second_none(start: Start, checkout: Path) -> None:
    assert same(titles(start("train")), STEPS)
    assert {path.name for path in (checkout / ".venv").glob("*.stamp")} == {"core.stamp", "train.stamp"}
    assert titles(start("train")) == []
    assert titles(start("core")) == []


def test_core_needs_no_horovod(start: Start) -> None:
    assert same(titles(start("core")), STEPS[:3])


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_a_set_up_killed_within_a_step_is_made_whole_by_the_next(start: Start, checkout: Path, step: int) -> None:
    killed = start("train", f"kill:{step}")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    venv = checkout / ".venv"
    assert not (venv / "train.stamp").exists()

    repaired = titles(start("train"))

    assert repaired[-1] == "installing Horovod 0.28.1"
    assert (venv / "train.stamp").is_file()
    assert not (venv / "unfinished").exists()
    assert not (venv / "half").exists(), "something half installed was kept"
    assert (venv / "installing_the_packages_of_stage_train").is_file()
    assert not list(checkout.glob(".venv.d*")), "downloads or a discarded environment were left"
    assert not list(checkout.parent.glob("cache/archspec/wheels/*.building-*"))


def test_lint_works_while_horovod_is_still_to_be_built(start: Start) -> None:
    start("train", "kill:4").communicate(timeout=60)
    assert titles(start("core")) == []


def test_packages_are_not_installed_again_when_only_the_build_was_interrupted(start: Start) -> None:
    start("train", "kill:4").communicate(timeout=60)
    assert same(titles(start("train")), STEPS[3:])


def test_a_second_clone_does_not_build_again(start: Start, checkout: Path) -> None:
    titles(start("train"))
    (checkout / ".venv").rename(checkout / "elsewhere")
    assert same(titles(start("train")), [*STEPS[:3], STEPS[5]])


def test_other_gpu_operations_are_another_wheel_and_stay_chosen(start: Start, tmp_path: Path) -> None:
    toolkit = tmp_path / "cuda" / "bin"
    toolkit.mkdir(parents=True)
    (toolkit / "nvcc").touch(mode=0o755)
    titles(start("train"))
    chosen = {"HOROVOD_GPU_OPERATIONS": "NCCL", "HOROVOD_CUDA_HOME": str(toolkit.parent)}
    assert same(titles(start("train", **chosen)), STEPS[1:])
    assert titles(start("train")) == []
    assert len(list((tmp_path / "cache" / "archspec" / "wheels").glob("*-nccl-*/*.whl"))) == 1


def test_changed_lock_file_is_installed(start: Start, checkout: Path) -> None:
    titles(start("core"))
    with (checkout / "requirements" / "core.txt").open("a") as file:
        file.write("# changed\n")
    assert same(titles(start("core")), STEPS[1:3])


def test_the_second_of_two_at_once_waits_and_says_so(start: Start, tmp_path: Path) -> None:
    release = tmp_path / "release"
    first = start("train", f"wait:{release}")
    assert first.stdout is not None and first.stdout.readline().startswith("making")
    second = start("train")
    assert second.stderr is not None
    waiting = second.stderr.readline()
    assert waiting.startswith("archspec: ") and f"(by process {first.pid}); waiting for it" in waiting
    release.touch()
    assert same(titles(first), STEPS[1:])
    assert titles(second) == []
