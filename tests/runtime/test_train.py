"""`archspec train` as its users run it: resume, signals, ranks, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from archspec.runtime import checkpoint

ROOT = Path(__file__).parents[2]
HORO = Path(sys.executable).with_name("horovodrun").is_file()
needs_horovod = pytest.mark.skipif(not HORO, reason="Horovod is not installed")

FULL = """archspec: 1
name: Net
hyperparameters: {rate: 0.05}
inputs: {image: {shape: [12, 12, 3]}}
defaults: {conv2d: {kernel: 3, norm: batch_norm, activation: relu, l2: 1e-3}, batch_norm: {decay: 0.9}}
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
"""
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


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures of noise, brighter in one class than in the other."""
    folder, draw = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 90)):
        (folder / "train" / name).mkdir(parents=True)
        for number in range(20):
            pixels = draw.integers(low, low + 160, (12, 12, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "train" / name / f"{number:02}.png")
    return folder


def command(spec: Path, images: Path, run: Path, *words: str) -> list[str]:
    start = [sys.executable, "-P", "-m", "archspec", "train", str(spec), "--data", str(images), "--run", str(run)]
    return [*start, "--no-eval", "--deterministic", *words]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def train(spec: Path, images: Path, run: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(spec, images, run, *words), env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300
    )
    assert "bug in archspec" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    return done


def spec_file(folder: Path, text: str) -> Path:
    (folder / "net.yaml").write_text(text)
    return folder / "net.yaml"


def metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def losses(run: Path) -> list[float]:
    return [line["loss"] for line in metrics(run)]


def newest(run: Path) -> checkpoint.Checkpoint:
    found = checkpoint.latest(run)
    assert found is not None
    return found


def assert_same_bits(one: Path, other: Path) -> None:
    a, b = newest(one), newest(other)
    assert (a.step, a.tensors.keys()) == (b.step, b.tensors.keys())
    assert [name for name in a.tensors if not np.array_equal(a.tensors[name], b.tensors[name])] == []
    assert losses(one) == losses(other)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Path:
    """A run of ten steps without interruption."""
    folder = tmp_path_factory.mktemp("whole")
    done = train(spec_file(folder, FULL), images, folder / "run")
    assert done.returncode == 0, done.stderr
    return folder / "run"


def test_run_folder_holds_what_was_trained_and_what_came_of_it(whole: Path) -> None:
    lines = metrics(whole)
    assert [line["step"] for line in lines] == list(range(1, 11))
    assert {"epoch", "loss", "loss/main", "accuracy", "lr", "gradient_norm", "images_per_second"} <= lines[0].keys()
    # 40 examples in batches of 8: the rate falls to 0.9 of itself after every fifth step.
    assert lines[-1]["lr"] == pytest.approx(0.05 * 0.9)
    record = json.loads((whole / "run.json").read_text())
    assert record["settings"]["train.batch"] == "8" and record["environment"]["tensorflow"]
    assert (whole / "spec" / "0-net.yaml").read_text() == FULL
    assert (whole / "labels.txt").read_text() == "0:dark\n1:light\n"


def test_tensorboard_reads_the_events(whole: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole / "train"))
    events.Reload()
    assert len(events.Tensors("loss")) == 10


def test_resumed_run_equals_the_whole_one_in_every_bit(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    assert train(spec, images, run, "--steps", "5").returncode == 0
    assert newest(run).step == 5
    done = train(spec, images, run, "--resume")
    assert done.returncode == 0, done.stderr
    assert_same_bits(whole, run)


def started(spec: Path, images: Path, run: Path, *words: str) -> subprocess.Popen[str]:
    """A training that has made at least two steps."""
    process = subprocess.Popen(
        command(spec, images, run, *words), env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 120
    while not (run / "metrics.jsonl").is_file() or len(metrics_so_far(run)) < 2:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    return process


def metrics_so_far(run: Path) -> list[str]:
    return (run / "metrics.jsonl").read_text().splitlines()


LONG = FULL.replace("steps: 10", "steps: 100000")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_signal_saves_and_says_how_to_go_on(number: signal.Signals, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    found = re.search(r"stopped by (\w+) at step (\d+) of 100000", out)
    assert found and found[1] == number.name and newest(run).step == int(found[2])
    assert "--resume" in out.splitlines()[-1]


def test_killed_run_goes_on_from_its_last_checkpoint(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--save-every", "1")
    process.kill()
    process.communicate()
    step = newest(run).step
    done = train(spec, images, run, "--resume", "--steps", str(max(10, step + 1)))
    assert done.returncode == 0, done.stderr
    assert losses(run)[:10] == losses(whole)


def test_loss_that_is_not_finite_names_the_layer_and_its_line(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    done = train(spec, images, run, "--set", "rate=1e38", "--save-every", "1")
    assert done.returncode == 1
    assert re.search(r"net\.yaml:\d+:\d+: AS736 .* in step \d+", done.stderr), done.stderr
    assert all(np.isfinite(tensor).all() for tensor in newest(run).tensors.values())


def test_run_folder_is_not_overwritten(whole: Path, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, FULL), images, whole)
    assert (done.returncode, "AS733" in done.stderr, "--resume" in done.stderr) == (1, True, True)


def test_resume_refuses_other_settings_by_name(whole: Path, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, FULL), images, whole, "--resume", "--set", "rate=0.1", "--batch", "4")
    assert done.returncode == 1
    assert "AS735" in done.stderr and "train.optimizer" in done.stderr and "train.batch" in done.stderr


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        (FULL, ["--resume"], "AS734"),
        (FULL.partition("train:")[0], [], "AS603"),
        (FULL.replace("dense: 2", "dense: 1"), [], "AS705"),
        (FULL.replace("  steps: 10\n", ""), [], "AS604"),
        (FULL, ["--batch", "0"], "AS902"),
    ],
    ids=["nothing to resume", "no train section", "too few classes", "no length", "batch 0"],
)
def test_mistake_is_one_sentence(text: str, words: list[str], code: str, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, text), images, tmp_path / "run", *words)
    assert done.returncode in (1, 2) and done.stderr.startswith(code), done.stderr
    assert not (tmp_path / "run").exists()


def test_picture_that_cannot_be_read_is_named(images: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "train"
    for name in ("dark", "light"):
        (folder / name).mkdir(parents=True)
        source = images / "train" / name / "00.png"
        (folder / name / "good.png").write_bytes(source.read_bytes())
    (folder / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    done = train(spec_file(tmp_path, FULL), tmp_path / "data", tmp_path / "run")
    assert done.returncode == 1
    assert "broken.png" in done.stderr


def test_json_lines_for_programs(images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--steps", "2", "--format", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 2]
    assert lines[-1]["run"] == str(tmp_path / "run")


@needs_horovod
def test_two_ranks_follow_one(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN)
    assert train(spec, images, tmp_path / "one").returncode == 0
    done = train(spec, images, tmp_path / "two", "--np", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained 20 steps") == 1
    np.testing.assert_allclose(losses(tmp_path / "one"), losses(tmp_path / "two"), rtol=1e-5)
    one, two = newest(tmp_path / "one").tensors, newest(tmp_path / "two").tensors
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-5, atol=1e-7, err_msg=name)


@needs_horovod
def test_horovodrun_launches_it_and_ranks_that_disagree_stop(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN)
    horovodrun = str(Path(sys.executable).with_name("horovodrun"))
    words = command(spec, images, tmp_path / "run", "--steps", "2")
    other = " ".join(words) + " --batch $((8 + 4 * HOROVOD_RANK))"
    launch = [horovodrun, "-np", "2", "--gloo", "env", f"PYTHONPATH={ROOT}"]
    done = subprocess.run([*launch, *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0 and "trained 2 steps" in done.stdout, done.stderr
    done = subprocess.run([*launch, "sh", "-c", other], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0 and "AS741" in done.stderr, done.stderr


@needs_horovod
def test_batch_that_ranks_cannot_share_is_refused(images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--np", "3")
    assert (done.returncode, "8 cannot be divided evenly over 3 ranks" in done.stderr) == (2, True)
