"""Trainings as their users run them: processes of their own, on pictures small enough for seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.runtime import checkpoint

ROOT = Path(__file__).parents[2]
HOROVODRUN = Path(sys.executable).with_name("horovodrun")
needs_horovod = pytest.mark.skipif(not HOROVODRUN.is_file(), reason="Horovod is not installed")

FULL = """archspec: 1
name: Net
hyperparameters: {rate: 0.05}
inputs: {image: {shape: [12, 12, 3]}}
defaults: {conv2d: {kernel: 3, norm: batch_norm, activation: relu, l2: 1e-3}, batch_norm: {decay: 0.9, warmup: true}}
layers:
- a: {conv2d: 4}
- b: {conv2d: 6, stride: 2}
- flatten
- drop: {dropout: 0.3}
- logits: {dense: 2}
train:
  preprocess: [{pad: 2}, {random_crop: 12}, random_flip, {normalize: [127.5], scale: 127.5}]
  losses: {main: {softmax_cross_entropy: logits}}
  optimizer: {sgd: {exponential: $rate, factor: 0.9, every: 1 epochs}, momentum: 0.9}
  batch: 8
  steps: 10
  average: 0.9
  clip_norm: 5
eval:
  every: null
  preprocess: [{resize: 12}, {normalize: [127.5], scale: 127.5}]
  metrics: {right: {accuracy: logits}}
"""
"""Every kind of state: momentum, moving statistics, moving averages of weights, dropout, random changes of pictures."""

PLAIN = """archspec: 1
name: Net
inputs: {image: {shape: [12, 12, 3]}}
layers: [a: {conv2d: 4, kernel: 3, activation: relu}, flatten, logits: {dense: 2}]
train:
  preprocess: [{crop_or_pad: 12}, random_flip, {normalize: [127.5], scale: 127.5}]
  losses: {main: {softmax_cross_entropy: logits}}
  optimizer: {sgd: 0.05, momentum: 0.9}
  batch: 8
  steps: 20
"""
"""What gives the same on any number of ranks: no batch norm and no dropout."""

LONG = FULL.replace("steps: 10", "steps: 100000")

ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("ARCHSPEC_TRACEBACK", "ARCHSPEC_COMMAND", "HOROVOD"))
}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def spec_file(folder: Path, text: str) -> Path:
    """A file with this spec."""
    (folder / "net.yaml").write_text(text)
    return folder / "net.yaml"


def command(spec: Path, images: Path, run: Path, *words: str) -> list[str]:
    """What a shell would run."""
    start = [sys.executable, "-P", "-m", "archspec", "train", str(spec), "--data", str(images), "--run", str(run)]
    return [*start, "--deterministic", *words]


def train(spec: Path, images: Path, run: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A training from beginning to end, without evaluation; nothing it says may be a traceback."""
    words = words if "--eval" in words else (*words, "--no-eval")
    return finished(command(spec, images, run, *(word for word in words if word != "--eval")), **more)


def finished(words: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """A process that has ended without a traceback."""
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300, **more)
    assert "bug in archspec" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    return done


def started(spec: Path, images: Path, run: Path, *words: str) -> subprocess.Popen[str]:
    """A training that has made at least two steps and goes on; it is to be ended by the test."""
    return after_two_steps([*command(spec, images, run, *words), "--no-eval"], run)


def after_two_steps(words: list[str], run: Path) -> subprocess.Popen[str]:
    """A process that trains, when it has made two steps."""
    process = subprocess.Popen(words, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not (run / "metrics.jsonl").is_file() or len((run / "metrics.jsonl").read_text().splitlines()) < 2:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    return process


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def losses(run: Path) -> list[float]:
    """The loss of every step."""
    return [line["loss"] for line in metrics(run) if "loss" in line]


def newest(run: Path) -> checkpoint.Checkpoint:
    """A run's newest checkpoint."""
    found = checkpoint.latest(run)
    assert found is not None
    return found


def assert_same_bits(one: Path, other: Path) -> None:
    """Two runs are at the same step, with the same losses and the same tensors."""
    a, b = newest(one), newest(other)
    assert (a.step, a.tensors.keys()) == (b.step, b.tensors.keys())
    assert [name for name in a.tensors if not np.array_equal(a.tensors[name], b.tensors[name])] == []
    assert losses(one) == losses(other)
