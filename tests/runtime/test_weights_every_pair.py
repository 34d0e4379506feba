"""Weights of every kind that is read, written as every kind that is written, are the same bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime import checkpoint, tf_checkpoint
from archspec.runtime.lower import Network, lower
from archspec.runtime.weights.read import open_weights
from archspec.weights import safetensors
from archspec.weights.compare import compare
from tests.runtime.weights import weights_of

SPEC = """archspec: 1
name: Net
inputs: {image: {shape: [8, 8, 3]}}
layers:
- conv1: {conv2d: 4, kernel: 3, norm: batch_norm, activation: relu}
- pool: global_avg_pool
- logits: {dense: 5}
"""
WRITTEN = ("w.ckpt", "w.safetensors", "w.keras", "w.weights.h5", "run")


def as_v1(where: Path, network: Network) -> None:
    """TensorFlow 1's older format, a single file."""
    values = weights_of(network)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        pairs = {name: tf.compat.v1.Variable(value) for name, value in values.items()}
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(pairs, write_version=tf.compat.v1.train.SaverDef.V1)
        saver.save(session, str(where), write_meta_graph=False)


def as_v2(where: Path, network: Network) -> None:
    tf_checkpoint.write(where, weights_of(network))


def as_graph(where: Path, network: Network) -> None:
    """A frozen graph: constants, each read through an identity."""
    graph = tf.compat.v1.GraphDef()
    for name, value in weights_of(network).items():
        graph.node.add(name=name, op="Const").attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        graph.node.add(name=f"{name}/read", op="Identity", input=[name])
    where.write_bytes(graph.SerializeToString())


def as_keras(where: Path, network: Network) -> None:
    network.save(where)


def as_h5(where: Path, network: Network) -> None:
    network.save_weights(where)


def as_safetensors(where: Path, network: Network) -> None:
    with where.open("wb") as file:
        safetensors.write(file, weights_of(network), {})


def as_npz(where: Path, network: Network) -> None:
    np.savez(where, **weights_of(network))


def as_run(where: Path, network: Network) -> None:
    checkpoint.save(where, 3, weights_of(network), {})


KINDS: dict[str, Callable[[Path, Network], None]] = {
    "v1.ckpt": as_v1,
    "v2.ckpt": as_v2,
    "graph.pb": as_graph,
    "model.keras": as_keras,
    "model.weights.h5": as_h5,
    "tensors.safetensors": as_safetensors,
    "arrays.npz": as_npz,
    "trained": as_run,
}


def test_every_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)
    program = compile_file("net.yaml", findings=Findings())
    assert program is not None
    network = lower(program.graph, seed=3)
    expected = weights_of(network)
    for source, write in KINDS.items():
        write(Path(source), network)
        assert set(open_weights(source).variables) == set(expected), source
        for target in WRITTEN:
            to = f"{source.replace('.', '-')}-as-{target}"
            assert main(["checkpoint", "convert", source, to, "--spec", "net.yaml"]) == 0, capsys.readouterr()
            found = open_weights(to)
            assert set(found.variables) == set(expected), to
            assert compare(open_weights(source), found).same, to
            for name, value in expected.items():
                np.testing.assert_array_equal(found.read(name), value, err_msg=to)


def test_older_keras_files(tmp_path: Path) -> None:
    """Whole models and weights alone in the .h5 of Keras 2 name their weights LAYER/kernel as the others do."""
    model = keras.Sequential([keras.layers.Input((6, 6, 3)), keras.layers.Conv2D(4, 3, name="first")])
    model.add(keras.layers.BatchNormalization(name="norm"))
    model.save(tmp_path / "model.h5")
    model.save(tmp_path / "model.keras")
    found = compare(open_weights(str(tmp_path / "model.h5")), open_weights(str(tmp_path / "model.keras")))
    assert found.same and len(found.equal) == 6
