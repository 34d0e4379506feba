"""Evaluation between the steps of a training: when, of which weights, and without a trace in the training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.data.open import open_data
from archspec.runtime.lower import lower
from archspec.runtime.measures import measures
from archspec.runtime.score import Scoring
from tests.runtime.training import (
    FULL,
    PLAIN,
    assert_same_bits,
    command,
    finished,
    metrics,
    needs_horovod,
    spec_file,
    train,
)

EVERY_EPOCH = FULL.replace("  every: null\n", "")
"""What it is by default."""


def evaluations(run: Path) -> dict[int, dict[str, float]]:
    """{step: what was found} of a run's metrics."""
    lines = [line for line in metrics(run) if "eval/loss" in line]
    return {line["step"]: {name[5:]: line[name] for name in line if name != "step"} for line in lines}


def evaluated(spec: Path, images: Path, checkpoint: Path) -> Any:
    """What `archspec eval` says of a checkpoint."""
    words = [*command(spec, images, checkpoint)[:4], "eval", str(spec), "--data", str(images), "--format", "json"]
    done = finished([*words, "--checkpoint", str(checkpoint)])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_finds_what_eval_finds_and_changes_nothing(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    done = train(spec, images, run, "--eval", "--eval-every", "4", "--save-every", "4")
    assert done.returncode == 0, done.stderr
    found = evaluations(run)
    assert list(found) == [4, 8, 10]
    assert_same_bits(whole, run)
    for step in (4, 8):
        said = evaluated(spec, images, run / "checkpoints" / f"step-{step:08}")
        assert found[step] == pytest.approx({name: said["metrics"][name] for name in found[step]}, rel=1e-5)
    assert [
        line
        for line in done.stderr.splitlines()
        if line.startswith(f"evaluated after step 4 on {images} (validation), 10 images: right ")
    ]


def test_it_comes_after_every_epoch_and_tensorboard_shows_it(images: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    done = train(spec_file(tmp_path, EVERY_EPOCH), images, run, "--eval", "--format", "json", "--steps", "11")
    assert done.returncode == 0, done.stderr
    assert list(evaluations(run)) == [5, 10, 11]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in lines if "eval/right" in line] == [5, 10]
    events = EventAccumulator(str(run / "eval"))
    events.Reload()
    assert [event.step for event in events.Tensors("right")] == [5, 10, 11]


def test_no_eval_leaves_it_out(images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, EVERY_EPOCH), images, tmp_path / "run", "--steps", "6")
    assert done.returncode == 0 and evaluations(tmp_path / "run") == {}
    done = train(spec_file(tmp_path, FULL), images, tmp_path / "other", "--eval-every", "4")
    assert done.returncode == 2 and "not allowed with" in done.stderr


def test_asked_to_end_it_ends_without_a_result(images: Path, tmp_path: Path) -> None:
    program = compile_file(str(spec_file(tmp_path, FULL)), findings=Findings())
    assert program is not None and program.eval is not None
    data = open_data(program.eval.data, str(images), "eval")
    scoring, done = Scoring(lower(program.graph), measures(program), program.eval, data, 2), [0]
    assert scoring.run(done.append, lambda: sum(done) >= 4) is None
    assert done == [0, 2, 2]
    whole = scoring.run(done.append)
    assert whole is not None and whole.examples == 10


@needs_horovod
def test_two_ranks_find_together_what_one_finds(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN + FULL[FULL.index("eval:") :])
    for run, words in ((tmp_path / "one", []), (tmp_path / "two", ["--np", "2"])):
        done = train(spec, images, run, "--eval", "--eval-every", "2", "--steps", "5", *words)
        assert done.returncode == 0, done.stderr
    one, two = evaluations(tmp_path / "one"), evaluations(tmp_path / "two")
    assert list(one) == list(two) == [2, 4, 5]
    for step in one:
        assert two[step] == pytest.approx(one[step], rel=1e-5)
