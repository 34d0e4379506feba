"""Networks in 16 bits: what is kept and handed out in float32, gradients, moving averages, shared variables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.introduction import numbers, processor_flags
from archspec.runtime.lower import Network, lower
from tests.runtime.op_site import Array
from tests.runtime.test_proof import MNIST, trained
from tests.runtime.training import PLAIN, losses, needs_horovod, newest, spec_file, train

pytestmark = pytest.mark.slow

SPEC = """archspec: 1
name: Net
hyperparameters: {type: float32}
inputs: {image: {shape: [16, 16, 3]}}
defaults:
  conv2d: {kernel: 3, norm: batch_norm, activation: relu, l2: 1e-3}
  batch_norm: {decay: 0.9}
layers:
- halves: {cast: $type}
- stem: {conv2d: 8}
- first: {conv2d: 8}
- again: {conv2d: 8, share: first}
- gate: [pool: {global_avg_pool, keep: true}, weights: {conv2d: 8, kernel: 1, norm: null, activation: sigmoid}]
- gated: {multiply: [again, gate]}
- pool: global_avg_pool
- Logits: {dense: 5}
- Predictions: softmax
"""


@dataclass(frozen=True)
class Step:
    """What one step of training makes."""

    outputs: dict[str, Any]
    gradients: dict[str, Array]
    updates: dict[str, Any]


def network(dtype: str) -> Network:
    findings = Findings()
    program = compile_file("net.yaml", text=SPEC, settings={"type": dtype}, findings=findings)
    assert program is not None, findings.items
    return lower(program.graph, seed=4)


def step(made: Network) -> Step:
    """A forward and backward pass over a fixed batch, in a tf.function as training has it."""
    images = np.random.default_rng(0).uniform(-1, 1, (8, 16, 16, 3)).astype("float32")
    trained = {name: v for name, v in made.table.items() if v.trainable}

    @tf.function
    def run() -> Any:
        values = [variable.value for variable in trained.values()]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            forward = made.forward(images, ["Logits", "Predictions"], training=True, seed=tf.constant([1, 2]))
            logits = forward.outputs["Logits"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2, 3, 4, 0, 1, 2], logits)
            loss = tf.cast(tf.reduce_mean(losses), tf.float32) + made.regularization_loss()
        return forward.outputs, tape.gradient(loss, values), forward.updates

    outputs, gradients, updates = run()
    return Step(outputs, dict(zip(trained, gradients, strict=True)), updates)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_variables_gradients_averages_and_what_is_handed_out_are_float32(dtype: str) -> None:
    made, reference = network(dtype), network("float32")
    assert {variable.dtype for variable in made.table.values()} == {"float32"}
    assert made.graph.dtype("again") == dtype
    for name, value in reference.table.items():
        np.testing.assert_array_equal(made.table[name], value)
    found, wanted = step(made), step(reference)
    tolerance = 0.04 if dtype == "float16" else 0.1
    assert set(found.updates) == set(wanted.updates)
    for theirs, ours in (
        (wanted.outputs, found.outputs),
        (wanted.gradients, found.gradients),
        (wanted.updates, found.updates),
    ):
        for name, value in theirs.items():
            assert ours[name].dtype == tf.float32, name
            size = np.linalg.norm(value)
            assert np.linalg.norm(ours[name] - value) <= tolerance * (size + 0.01), (name, size)
    shared = "Net/first/weights"
    assert shared in found.gradients
    assert "Net/again/weights" not in made.table


def test_float64_computes_in_float64_with_the_same_variables() -> None:
    findings = Findings()
    text = SPEC.replace("norm: batch_norm, ", "norm: layer_norm, ").replace("  batch_norm: {decay: 0.9}\n", "")
    program = compile_file("net.yaml", text=text, settings={"type": "float64"}, findings=findings)
    assert program is not None, findings.items
    found = step(lower(program.graph, seed=4))
    assert {gradient.dtype for gradient in found.gradients.values()} == {tf.float32}
    assert found.outputs["Logits"].dtype == tf.float64


def test_precision_of_a_spec_is_that_of_its_network(tmp_path: Path) -> None:
    """As with casts in their place; probabilities are computed and handed out in float32, also after a .keras file."""
    text = SPEC.replace("- halves: {cast: $type}\n", "").replace("hyperparameters: {type: float32}\n", "")
    findings = Findings()
    program = compile_file("net.yaml", text=text, settings={"precision": "bfloat16"}, findings=findings)
    assert program is not None, findings.items
    made, cast = lower(program.graph, seed=4), network("bfloat16")
    images = np.random.default_rng(1).uniform(-1, 1, (4, 16, 16, 3)).astype("float32")
    found, wanted = (each.endpoints(images, ["Logits", "again", "Predictions"]) for each in (made, cast))
    np.testing.assert_array_equal(found["Logits"], wanted["Logits"])
    np.testing.assert_array_equal(found["again"], wanted["again"])
    np.testing.assert_allclose(np.sum(found["Predictions"], -1), 1, rtol=1e-6)
    made.save(tmp_path / "net.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(loaded.endpoints(images, ["Predictions"])["Predictions"], found["Predictions"])


def test_only_a_processor_without_bfloat16_is_complained_of() -> None:
    program = compile_file("net.yaml", text=SPEC, settings={"precision": "bfloat16"}, findings=Findings())
    plain = compile_file("net.yaml", text=SPEC, findings=Findings())
    assert program is not None and plain is not None
    assert numbers(plain, gpus=False) == {}
    for gpus, flags, slow in ((False, {"avx2"}, True), (False, {"amx_bf16"}, False), (True, {"avx2"}, False)):
        said = numbers(program, gpus, lambda flags=flags: flags)["numbers"]  # type: ignore[misc]
        assert said.startswith("bfloat16, and float32 for") and ("float32 takes less time" in said) == slow
    assert processor_flags()


@needs_horovod
def test_two_ranks_in_bfloat16_follow_one(images: Path, tmp_path: Path) -> None:
    """Not in every digit: each rank's gradients are rounded before their mean."""
    spec = spec_file(tmp_path, PLAIN.replace("archspec: 1\n", "archspec: 1\nprecision: bfloat16\n"))
    first = train(spec, images, tmp_path / "one")
    assert first.returncode == 0 and "numbers       bfloat16" in first.stderr, first.stderr
    assert train(spec, images, tmp_path / "two", "--np", "2").returncode == 0
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    np.testing.assert_allclose(one, two, rtol=0.02, atol=0.005)
    assert {str(value.dtype) for name, value in newest(tmp_path / "one").tensors.items() if "weights" in name} == {
        "float32"
    }
    exact = train(spec, images, tmp_path / "exact", "--set", "precision=float32")
    assert exact.returncode == 0
    assert one != losses(tmp_path / "exact")
    np.testing.assert_allclose(one, losses(tmp_path / "exact"), rtol=0.1, atol=0.01)


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real MNIST is not beside this checkout")
def test_lenet_in_bfloat16_reads_real_digits_after_one_epoch(tmp_path: Path) -> None:
    """As in float32: 97.8 % there, 97.9 % here."""
    words = ("specs/lenet.yaml", "--set", "precision=bfloat16", "--data", str(MNIST), "--epochs", "1")
    assert trained(tmp_path / "run", *words)[-1]["eval/top_1"] > 0.97


def test_the_real_mobilenet_knows_the_photographs_in_bfloat16(
    shared: Path, specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Google's weights: the class recorded beside each photograph, where it has more than a fifth of the chances.

    Rounding grows to 8 percent of the logits along these 28 layers, all of them narrow: a quarter of MobileNet's width.
    """
    mobilenet, name = shared / "data" / "mobilenet", "mobilenet_v1_0.25_224_2017"
    expected = json.loads((mobilenet / "expected_top5.json").read_text())[name]["top5"]
    photos = [str(mobilenet / "photos" / photo) for photo in expected]
    words = ["predict", str(specs / "mobilenet_v1_025.yaml"), "--set", "precision=bfloat16", "--format", "json"]
    assert main([*words, "--checkpoint", str(mobilenet / f"{name}.ckpt"), *photos]) == 0
    for found, classes in zip(json.loads(capsys.readouterr().out), expected.values(), strict=True):
        chances = {best["class"]: best["probability"] for best in found["top"]}
        recorded = classes[0]["index"], classes[0]["probability"]
        assert chances[recorded[0]] == pytest.approx(recorded[1], abs=0.1)
        assert max(chances, key=lambda number: chances[number]) == recorded[0] or recorded[1] < 0.2
