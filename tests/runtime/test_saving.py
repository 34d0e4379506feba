"""What is saved, when, and what is left in the metrics of a training that was ended and goes on."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from archspec.runtime import checkpoint
from tests.runtime.training import FULL, LONG, after_two_steps, command, finished, metrics, newest, spec_file

EVALUATED = FULL.replace("every: null", "every: 20 steps")
OFTEN = LONG.replace("every: null", "every: 20 steps").replace("average: 0.9", "average: 0.9\n  save: 0.02 minutes")


def without_times(run: Path) -> list[dict[str, Any]]:
    """The metrics without what depends on the machine."""
    timed = ("seconds", "images_per_second")
    return [{name: value for name, value in line.items() if name not in timed} for line in metrics(run)]


def test_killed_training_has_the_lines_of_a_whole_one_in_the_end(images: Path, tmp_path: Path) -> None:
    spec, run, whole = spec_file(tmp_path, OFTEN), tmp_path / "run", tmp_path / "whole"
    process = after_two_steps(command(spec, images, run), run)
    deadline = time.monotonic() + 120
    # Killed somewhere after an evaluation and a checkpoint by time.
    while len(checkpoint.checkpoints(run)) < 2 or not any("eval/right" in line for line in metrics(run)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    last = str(newest(run).step // 20 * 20 + 50)
    for folder, words in ((run, ["--resume"]), (whole, [])):
        done = finished(command(spec, images, folder, "--steps", last, *words))
        assert done.returncode == 0, done.stderr
    assert without_times(run) == without_times(whole)
    # Once more, where nothing is left to be done: nothing is written twice.
    done = finished(command(spec, images, run, "--steps", last, "--resume"))
    assert done.returncode == 0 and without_times(run) == without_times(whole), done.stderr


def test_evaluation_that_was_due_when_training_ended_is_made_up_for(images: Path, tmp_path: Path) -> None:
    spec, run, whole = spec_file(tmp_path, EVALUATED), tmp_path / "run", tmp_path / "whole"
    assert finished(command(spec, images, whole, "--steps", "30")).returncode == 0
    assert finished(command(spec, images, run, "--steps", "20", "--no-eval")).returncode == 0
    done = finished(command(spec, images, run, "--steps", "30", "--resume"))
    assert done.returncode == 0, done.stderr
    assert without_times(run) == without_times(whole)
    assert [line["step"] for line in metrics(run) if "eval/right" in line] == [20, 30]


def test_good_state_is_saved_when_a_picture_cannot_be_read(images: Path, tmp_path: Path) -> None:
    spec, run, data = spec_file(tmp_path, LONG), tmp_path / "run", tmp_path / "data"
    shutil.copytree(images, data)
    process = after_two_steps(command(spec, data, run, "--no-eval"), run)
    # While it trains, so that no look at the data before the first step finds it.
    for picture in (data / "train" / "dark").iterdir():
        picture.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "AS711" in err, err
    step = newest(run).step
    assert step == metrics(run)[-1]["step"] >= 2
    assert f"note: the state after step {step} is saved; --resume goes on from there" in err


def test_best_checkpoint_and_its_scores_survive(images: Path, tmp_path: Path) -> None:
    text = FULL.replace("every: null", "every: 1").replace("average: 0.9", "average: 0.9\n  keep: 1")
    spec, run = spec_file(tmp_path, text), tmp_path / "run"
    done = finished(command(spec, images, run))
    assert done.returncode == 0, done.stderr
    scores = {line["step"]: line["eval/right"] for line in metrics(run) if "eval/right" in line}
    assert list(scores) == list(range(1, 11))
    best = max(scores, key=lambda step: scores[step])
    assert [checkpoint.step_of(path) for path in checkpoint.checkpoints(run)] == sorted({best, 10})
    for path in checkpoint.checkpoints(run):
        found = checkpoint.load(path)
        assert found.meta["scores"]["right"] == scores[found.step]


def test_learning_rate_that_rises_again_is_said(images: Path, tmp_path: Path) -> None:
    text = FULL.replace("{exponential: $rate, factor: 0.9, every: 1 epochs}", "{cosine: $rate}")
    spec, run = spec_file(tmp_path, text), tmp_path / "run"
    assert finished(command(spec, images, run, "--no-eval", "--steps", "8")).returncode == 0
    done = finished(command(spec, images, run, "--no-eval", "--steps", "16", "--resume"))
    assert done.returncode == 0
    assert "AS739 the learning rate goes on at 0.025 instead of 0 after step 8" in done.stderr, done.stderr
    assert "over: " in done.stderr and "initialize" in done.stderr
    # A schedule with a length of its own goes on as it was.
    spec, run = spec_file(tmp_path, text.replace("cosine: $rate", "cosine: $rate, over: 20")), tmp_path / "other"
    assert finished(command(spec, images, run, "--no-eval", "--steps", "8")).returncode == 0
    done = finished(command(spec, images, run, "--no-eval", "--steps", "16", "--resume"))
    assert done.returncode == 0 and "AS739" not in done.stderr


SLOW_DISK = """import os, signal, sys
from archspec.cli import main
from archspec.runtime import checkpoint
write = checkpoint.save
def save(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
    return write(*arguments)
checkpoint.save = save
sys.exit(main())
"""


def test_ctrl_c_in_the_last_save_is_obeyed(images: Path, tmp_path: Path) -> None:
    (tmp_path / "slow_disk.py").write_text(SLOW_DISK)
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    words = command(spec, images, run)
    done = finished([words[0], "-P", str(tmp_path / "slow_disk.py"), *words[4:]])
    assert done.returncode == 1 and "stopped by SIGINT at step 10 of 10" in done.stdout, done.stdout + done.stderr
    assert newest(run).step == 10 and not any("eval/right" in line for line in metrics(run))
    done = finished(command(spec, images, run, "--resume"))
    assert done.returncode == 0 and metrics(run)[-1]["step"] == 10 and "eval/right" in metrics(run)[-1]
