"""The promise by training: what the README says a user gets, on real images."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MNIST = ROOT.parent / "shared" / "data" / "mnist"


def trained(run: Path, *words: str) -> list[dict[str, Any]]:
    """The metrics of a training in a process of its own."""
    command = [sys.executable, "-P", "-m", "archspec", "train", *words, "--run", str(run)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_inception_v3_learns_from_photographs_in_twenty_steps(tmp_path: Path) -> None:
    words = ("specs/inception_v3.yaml", "--steps", "20", "--batch", "8", "--no-eval")
    losses = [line["loss"] for line in trained(tmp_path / "run", *words)]
    assert len(losses) == 20
    assert mean(losses[-5:]) < mean(losses[:5]) - 0.5


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real MNIST is not beside this checkout")
def test_lenet_reads_real_digits_after_one_epoch(tmp_path: Path) -> None:
    """The whole training, which reaches 99 %, is in the README; one pass over the data is enough for 97 %."""
    metrics = trained(tmp_path / "run", "specs/lenet.yaml", "--data", str(MNIST), "--epochs", "1")
    assert metrics[-1]["eval/top_1"] > 0.97
