"""Evaluation counts what NumPy counts, over any batches and ranks, without what only training needs."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.cli import eval as command_module
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime import checkpoint
from archspec.runtime.evaluate import Evaluation
from archspec.runtime.lower import Network, lower
from archspec.runtime.measures import classes, features_for_evaluation, measured_graph, measures

ROOT = Path(__file__).parents[2]

SPEC = """
archspec: 1
name: Small
inputs: {image: {shape: [8, 8, 3]}}
layers:
- conv1: {conv2d: 6, kernel: 3, norm: batch_norm, activation: relu, l2: 0.1}
- pool: global_avg_pool
- dropout: {dropout: 0.5}
- fc: {dense: 7, endpoint: Logits}
- Predictions: softmax
heads:
  Aux: {from: conv1, layers: [global_avg_pool, logits: {dense: 7}]}
train:
  losses: {main: {softmax_cross_entropy: Logits, label_smoothing: 0.1}, aux: {softmax_cross_entropy: Aux, weight: 0.4}}
  optimizer: {sgd: 0.1}
  batch: 4
eval:
  preprocess: [{resize: 8}, {normalize: [127.5], scale: 127.5}]
  metrics: {right: {accuracy: Predictions}, top_3: {accuracy: Logits, k: 3}}
  batch: 4
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "small.yaml").write_text(SPEC)
    findings = Findings()
    found = compile_file(str(tmp_path / "small.yaml"), findings=findings)
    assert found is not None, findings.items
    return found


def network_of(program: Program) -> Network:
    return lower(measured_graph(program, measures(program)), seed=4)


def evaluation(network: Network, program: Program) -> Evaluation:
    return Evaluation(network, measures(program), features_for_evaluation(program))


def examples(count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(count)
    images = generator.uniform(-1, 1, (count, 8, 8, 3)).astype("float32")
    return images * 3, generator.integers(0, 7, count).astype("int32")


def batches(images: np.ndarray, labels: np.ndarray, size: int) -> Iterator[dict[str, Any]]:
    for start in range(0, len(labels), size):
        index = np.arange(start, min(start + size, len(labels)))
        yield {"image": tf.constant(images[index]), "label": tf.constant(labels[index]), "index": tf.constant(index)}


def expected(network: Network, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The measures from the logits, in NumPy."""
    logits = network.endpoints(images, ["Logits"])["Logits"].numpy().astype(np.float64)
    rows = np.arange(len(labels))
    log_sum = np.log(np.exp(logits).sum(-1))
    rank = (logits > logits[rows, labels][:, None]).sum(-1)
    return {
        "right": float((rank < 1).mean()),
        "top_3": float((rank < 3).mean()),
        "loss": float((log_sum - logits[rows, labels]).mean()),
    }


def test_counts_what_numpy_counts(program: Program) -> None:
    network, (images, labels) = network_of(program), examples(50)
    scores = evaluation(network, program).over(batches(images, labels, 8))
    assert scores.examples == 50
    assert scores.rate > 0
    assert scores.values == pytest.approx(expected(network, images, labels), rel=1e-5)
    assert 0 < scores.values["right"] < scores.values["top_3"] < 1


def test_does_not_depend_on_the_batch(program: Program) -> None:
    network, (images, labels) = network_of(program), examples(23)
    found = [evaluation(network, program).over(batches(images, labels, size)).values for size in (1, 5, 23)]
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    assert found[2] == pytest.approx(found[0], rel=1e-5)


def test_ranks_add_up(program: Program) -> None:
    """Two ranks with 9 and 5 examples, their sums added by hand, find what one rank finds."""
    network, (images, labels) = network_of(program), examples(14)
    asked: list[list[np.ndarray]] = [[], []]
    parts = [(images[:9], labels[:9]), (images[9:], labels[9:])]
    for heard, part in zip(asked, parts, strict=True):

        def listen(numbers: np.ndarray, heard: list[np.ndarray] = heard) -> np.ndarray:
            heard.append(np.array(numbers))
            return numbers

        evaluation(network, program).over(batches(*part, 4), total=listen)
    sums = iter([first + second for first, second in zip(*asked, strict=True)])
    together = evaluation(network, program).over(batches(*parts[0], 4), total=lambda numbers: next(sums))
    assert together.values == pytest.approx(expected(network, images, labels), rel=1e-5)
    assert together.examples == 14


def test_leaves_out_what_only_training_needs(program: Program) -> None:
    network = network_of(program)
    assert not [name for name in network.table if "Aux" in name or "logits" in name]
    assert network.graph.heads == {}
    assert set(measures(program)) == {"right", "top_3", "loss"}
    assert measures(program)["loss"].form.tensors == ("Logits",)


def test_without_metrics_it_is_top_1_and_top_5(tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text(SPEC[: SPEC.index("heads:")])
    program = compile_file(str(tmp_path / "bare.yaml"), findings=Findings())
    assert program is not None
    assert set(measures(program)) == {"top_1", "top_5"}
    assert classes(program.graph, "Predictions") == 7


def test_progress_is_told_every_batch(program: Program) -> None:
    sizes: list[int] = []
    evaluation(network_of(program), program).over(batches(*examples(11), 4), on_batch=sizes.append)
    assert sizes == [4, 4, 3]


def test_a_nan_names_its_layer(program: Program) -> None:
    network, (images, labels) = network_of(program), examples(8)
    for name in ("Small/conv1/weights", "Small/fc/weights"):
        network.table[name].assign(np.full(network.table[name].shape, 1e30))
    with pytest.raises(Stop, match=r"first NaN or infinity is in fc$"):
        evaluation(network, program).over(batches(images, labels, 4))


@pytest.mark.parametrize("label", [-1, 7])
def test_a_label_without_a_class(program: Program, label: int) -> None:
    images, labels = examples(8)
    labels[6] = label
    with pytest.raises(Stop, match=f"example 6 of .* has label {label}, and `right` has the classes 0 to 6"):
        evaluation(network_of(program), program).over(batches(images, labels, 4))


@pytest.fixture
def trained(program: Program, tmp_path: Path) -> tuple[Path, Path, Path]:
    """(a spec, a run with random weights, a folder of pictures)."""
    network = lower(program.graph, seed=4)
    run, data = tmp_path / "run", tmp_path / "data"
    checkpoint.save(run, 12, {name: variable.numpy() for name, variable in network.table.items()}, {})
    for i in range(21):
        folder = data / "validation" / f"class{i % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8)
        (folder / f"{i}.png").write_bytes(tf.io.encode_png(pixels).numpy())
    shutil.copytree(data / "validation", data / "train")
    return tmp_path / "small.yaml", run, data


def command(*words: Any) -> int:
    """Run `archspec eval` with these words."""
    parser = argparse.ArgumentParser()
    command_module.add(parser.add_subparsers())
    arguments = parser.parse_args(["eval", *map(str, words)])
    return int(arguments.run(arguments))


def in_numpy(trained: tuple[Path, Path, Path], program: Program) -> dict[str, float]:
    """What evaluating the folder of pictures must give; they have the network's size, so resizing changes nothing."""
    pictures = sorted((trained[2] / "validation").glob("*/*.png"))
    images = np.stack([tf.io.decode_png(path.read_bytes()).numpy() for path in pictures]) / np.float32(127.5) - 1
    labels = np.array([int(path.parent.name.removeprefix("class")) for path in pictures])
    return expected(lower(program.graph, seed=4), images.astype("float32"), labels)


def test_the_command(trained: tuple[Path, Path, Path], program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    spec, run, data = trained
    assert command(spec, "--checkpoint", run, "--data", data, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"] == pytest.approx(in_numpy(trained, program), rel=1e-4)
    assert (found["step"], found["examples"], found["split"]) == (12, 21, "validation")
    assert command(spec, "--checkpoint", run, "--data", data, "--batch", "5") == 0
    text = capsys.readouterr().out
    assert f"right  {found['metrics']['right']:.4f}" in text
    assert "21 examples of" in text and "weights of step 12" in text


def test_the_command_on_two_ranks(trained: tuple[Path, Path, Path], program: Program) -> None:
    launcher = Path(sys.executable).with_name("horovodrun")
    if not launcher.exists():
        pytest.skip("Horovod is not installed")
    spec, run, data = trained
    words = [spec, "--checkpoint", run, "--data", data, "--format", "json"]
    archspec = [launcher, "-np", "2", sys.executable, "-P", "-m", "archspec", "eval", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [str(word) for word in archspec], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads("".join(line.split(">:", 1)[1] for line in done.stdout.splitlines() if ">:" in line))
    assert found["examples"] == 21
    assert found["metrics"] == pytest.approx(in_numpy(trained, program), rel=1e-4)


def test_a_broken_picture_is_named(trained: tuple[Path, Path, Path]) -> None:
    spec, run, data = trained
    broken = data / "validation" / "class3" / "3.png"
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(Stop, match=str(broken)):
        command(spec, "--checkpoint", run, "--data", data)


def test_wrong_words(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    spec, run, data = trained
    with pytest.raises(Stop, match="--batch 0"):
        command(spec, "--checkpoint", run, "--batch", "0")
    with pytest.raises(Stop, match="no checkpoint"):
        command(spec, "--checkpoint", tmp_path / "data", "--data", data)
    bare = tmp_path / "bare.yaml"
    bare.write_text(SPEC[: SPEC.index("heads:")])
    with pytest.raises(Stop, match="no eval section"):
        command(bare, "--checkpoint", run)
