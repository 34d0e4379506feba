"""An interrupted set-up heals itself, two at once take turns, and nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
import sys
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
PACKAGES = STEPS[1:3]


def lines(process: subprocess.Popen[str]) -> list[str]:
    """What a set-up did, a line to a step and to a downloaded package, after it ended well."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output.splitlines()


def titles(process: subprocess.Popen[str]) -> list[str]:
    """The steps that a set-up ran."""
    return [line for line in lines(process) if not line.startswith(" ")]


def downloaded(process: subprocess.Popen[str]) -> set[str]:
    """The packages that a set-up downloaded, as name==version."""
    return {line.strip() for line in lines(process) if line.startswith(" ") and not line.startswith("  kept ")}


def same(found: list[str], expected: list[str]) -> bool:
    return len(found) == len(expected) and all(map(str.startswith, found, expected))


def stamps(checkout: Path) -> set[str]:
    return {path.stem for path in (checkout / ".venv").glob("*.stamp")}


def test_first_set_up_runs_every_step_once_and_the_second_none(start: Start, checkout: Path) -> None:
    assert same(titles(start("ranks")), STEPS)
    assert stamps(checkout) == {"core", "train", "ranks"}
    assert titles(start("ranks")) == []
    assert titles(start("train")) == []
    assert titles(start("core")) == []


@pytest.mark.parametrize("stage", ["core", "fast", "train"])
def test_horovod_is_built_for_ranks_alone(start: Start, checkout: Path, stage: str) -> None:
    assert same(titles(start(stage)), STEPS[:3])
    assert stamps(checkout) == {"core", stage}
    assert same(titles(start("ranks")), STEPS[1:])


@pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
def test_a_set_up_killed_within_a_step_is_made_whole_by_the_next(start: Start, checkout: Path, step: int) -> None:
    killed = start("ranks", f"kill:{step}")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    venv = checkout / ".venv"
    assert not (venv / "ranks.stamp").exists()

    repaired = titles(start("ranks"))

    assert repaired[-1] == "installing Horovod 0.28.1"
    assert (venv / "ranks.stamp").is_file()
    assert not (venv / "unfinished").exists()
    assert not (venv / "half").exists(), "something half installed was kept"
    assert list(venv.glob("lib/python3*/site-packages/tensorflow-*.dist-info"))
    assert {path.name for path in checkout.glob(".venv.*")} == {".venv.lock", ".venv.log"}, "something was left"
    assert not list(checkout.parent.glob("cache/archspec/wheels/*.building-*"))


def test_training_and_lint_work_while_horovod_is_still_to_be_built(start: Start) -> None:
    start("ranks", "kill:4").communicate(timeout=60)
    assert titles(start("train")) == []
    assert titles(start("core")) == []


def test_packages_are_not_installed_again_when_only_the_build_was_interrupted(start: Start) -> None:
    start("ranks", "kill:4").communicate(timeout=60)
    assert same(titles(start("ranks")), STEPS[3:])


def test_nothing_is_downloaded_twice(start: Start) -> None:
    """From stage to stage only what is new; in the end all that a first set-up of the last stage downloads."""
    by_stage = [downloaded(start(stage)) for stage in ("core", "train", "fast", "ranks", "test")]
    names = [{name.partition("==")[0] for name in some} for some in by_stage]
    assert "pyyaml" in names[0] and "tensorflow" in names[1] and "pytest" in names[2] and "psutil" in names[3]
    assert by_stage[4] == set()
    assert sum(map(len, by_stage)) == len(set().union(*by_stage))


def test_an_installed_horovod_is_not_installed_again(start: Start) -> None:
    titles(start("ranks"))
    assert same(titles(start("test")), PACKAGES)


def test_what_an_interrupted_set_up_downloaded_is_still_there_for_the_next(start: Start) -> None:
    start("train", "kill:2").communicate(timeout=60)
    assert downloaded(start("train")) == set()


def test_a_second_clone_downloads_nothing(start: Start, checkout: Path) -> None:
    assert downloaded(start("train"))
    (checkout / ".venv").rename(checkout / "elsewhere")
    assert downloaded(start("train")) == set()


def test_a_second_clone_does_not_build_again(start: Start, checkout: Path) -> None:
    titles(start("ranks"))
    (checkout / ".venv").rename(checkout / "elsewhere")
    assert same(titles(start("ranks")), [*STEPS[:3], STEPS[5]])


def test_an_environment_of_a_moved_checkout_is_made_anew(start: Start, checkout: Path) -> None:
    """The scripts in it name the Python of the old place."""
    titles(start("core"))
    stamp = checkout / ".venv" / "core.stamp"
    stamp.write_text(f"/elsewhere{stamp.read_text()}")
    assert same(titles(start("core")), STEPS[:3])


def test_an_environment_of_another_python_is_made_anew(start: Start, checkout: Path) -> None:
    titles(start("core"))
    library = checkout / ".venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    library.rename(library.with_name("python3.10"))
    assert same(titles(start("core")), STEPS[:3])


def test_other_gpu_operations_are_another_wheel_and_stay_chosen(start: Start, tmp_path: Path) -> None:
    toolkit = tmp_path / "cuda" / "bin"
    toolkit.mkdir(parents=True)
    (toolkit / "nvcc").touch(mode=0o755)
    titles(start("ranks"))
    chosen = {"HOROVOD_GPU_OPERATIONS": "NCCL", "HOROVOD_CUDA_HOME": str(toolkit.parent)}
    assert same(titles(start("ranks", **chosen)), STEPS[1:])
    assert titles(start("ranks")) == []
    assert len(list((tmp_path / "cache" / "archspec" / "wheels").glob("*-nccl-*/*.whl"))) == 1


def test_gpus_need_no_horovod_for_one_rank(start: Start) -> None:
    """TensorFlow's CUDA libraries are installed, and no compiler is asked for."""
    found = downloaded(start("train", HOROVOD_GPU_OPERATIONS="NCCL", HOROVOD_CUDA_HOME="/nonexistent", PATH=""))
    assert any(name.startswith("nvidia-cudnn-") for name in found)


def test_a_changed_lock_file_is_installed_and_only_what_changed(start: Start, checkout: Path) -> None:
    titles(start("train"))
    for lock in checkout.glob("requirements/3.*/core.txt"):
        lock.write_text(lock.read_text().replace("pyyaml==", "pyyaml==9."))
    found = downloaded(start("core"))
    assert len(found) == 1 and found.pop().startswith("pyyaml==9.")
    assert titles(start("train")) == []


def test_the_second_of_two_at_once_waits_and_says_so(start: Start, tmp_path: Path) -> None:
    release = tmp_path / "release"
    first = start("ranks", f"wait:{release}")
    assert first.stdout is not None and first.stdout.readline().startswith("making")
    second = start("ranks")
    assert second.stderr is not None
    waiting = second.stderr.readline()
    assert waiting.startswith("archspec: ") and f"(by process {first.pid}); waiting for it" in waiting
    release.touch()
    assert same(titles(first), STEPS[1:])
    assert titles(second) == []
