"""A checkpoint is whole or not there, comes back bit by bit, and loads completely or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop
from archspec.runtime import checkpoint
from archspec.runtime.lower import Network, lower
from archspec.runtime.restore import restore
from archspec.weights.transfer import Selection
from tests.runtime.weights import complaint, weights_of

ROOT = Path(__file__).parents[2]


def some_tensors(seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {
        "Net/conv/weights": generator.normal(size=(3, 3, 4, 8)).astype("float32"),
        "Net/conv/weights/ExponentialMovingAverage": generator.normal(size=(3, 3, 4, 8)).astype("float32"),
        "global_step": np.int64(2**40 + seed),
        "archspec/position": np.array([1, 2, 3], np.int32),
    }


def saved(run: Path, network: Network, step: int = 7, **more: np.ndarray) -> Path:
    return checkpoint.save(run, step, weights_of(network) | more, {})


def test_comes_back_bit_by_bit(tmp_path: Path) -> None:
    meta = {"spec": "ab12", "rate": 0.1, "position": {"epoch": 3, "example": 17}, "none": None}
    path = checkpoint.save(tmp_path, 1000, some_tensors(), meta)
    assert path == tmp_path / "checkpoints" / "step-00001000"
    read = checkpoint.load(path)
    assert (read.step, read.meta, read.path) == (1000, meta, path)
    assert set(read.tensors) == set(some_tensors())
    for name, value in some_tensors().items():
        assert read.tensors[name].dtype == value.dtype
        np.testing.assert_array_equal(read.tensors[name], value)


def test_tensorflows_own_tools_find_and_read_the_newest(tmp_path: Path) -> None:
    for step in (4, 5):
        path = checkpoint.save(tmp_path, step, some_tensors(step), {})
    for folder in (tmp_path, tmp_path / "checkpoints"):
        assert tf.train.latest_checkpoint(str(folder)) == str(path / "model.ckpt-5")
        reader = tf.train.load_checkpoint(str(folder))
        np.testing.assert_array_equal(reader.get_tensor("Net/conv/weights"), some_tensors(5)["Net/conv/weights"])
        state = tf.train.get_checkpoint_state(str(folder))
        assert [Path(name).name for name in state.all_model_checkpoint_paths] == ["model.ckpt-4", "model.ckpt-5"]


def test_the_best_is_kept_beside_the_newest(tmp_path: Path) -> None:
    scores, best = {1: 0.2, 2: 0.9, 3: 0.5, 4: 0.6, 5: 0.7}, checkpoint.Best("top_1")
    for step, score in scores.items():
        checkpoint.save(tmp_path, step, some_tensors(step), {}, keep=2, best=best)
        checkpoint.add_scores(tmp_path, step, {"top_1": score, "loss": 1 - score}, keep=2, best=best)
    assert [checkpoint.step_of(path) for path in checkpoint.checkpoints(tmp_path)] == [2, 4, 5]
    assert checkpoint.best_of(tmp_path, best) == tmp_path / "checkpoints" / "step-00000002"
    assert checkpoint.best_of(tmp_path, checkpoint.Best("loss", lowest=True)) == checkpoint.best_of(tmp_path, best)
    assert checkpoint.best_of(tmp_path, checkpoint.Best("top_5")) is None
    for path in checkpoint.checkpoints(tmp_path):
        assert checkpoint.load(path).meta["scores"]["top_1"] == scores[checkpoint.step_of(path)]


def test_latest_of_a_run(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path) is None
    assert checkpoint.latest(tmp_path / "nowhere") is None
    for step in (9, 10, 100_000_000, 200):
        checkpoint.save(tmp_path, step, some_tensors(step), {})
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    assert newest.step == 100_000_000


def test_keeps_the_newest(tmp_path: Path) -> None:
    for step in range(1, 9):
        checkpoint.save(tmp_path, step, some_tensors(step), {}, keep=3)
    assert [checkpoint.step_of(path) for path in checkpoint.checkpoints(tmp_path)] == [6, 7, 8]
    assert len(os.listdir(tmp_path / "checkpoints")) == 4


def test_the_same_step_is_replaced(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 4, some_tensors(0), {"try": 1})
    path = checkpoint.save(tmp_path, 4, some_tensors(1), {"try": 2})
    read = checkpoint.load(path)
    assert read.meta == {"try": 2}
    np.testing.assert_array_equal(read.tensors["Net/conv/weights"], some_tensors(1)["Net/conv/weights"])


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001", "checkpoint.json"])
@pytest.mark.parametrize("where", [0.0, 0.5, 0.99])
def test_a_flipped_bit_is_found(tmp_path: Path, suffix: str, where: float) -> None:
    older = checkpoint.save(tmp_path, 1, some_tensors(), {})
    path = checkpoint.save(tmp_path, 2, some_tensors(), {"note": "text"})
    [victim] = [file for file in path.iterdir() if file.name.endswith(suffix)]
    content = bytearray(victim.read_bytes())
    content[int(where * len(content))] ^= 1
    victim.write_bytes(content)
    with pytest.raises(Stop) as problem:
        checkpoint.load(path)
    assert "AS722" in complaint(problem)
    assert path.name in complaint(problem)
    assert str(older) in complaint(problem)
    # The newest whole one is used instead, and it is said.
    found = checkpoint.latest(tmp_path)
    assert found is not None and found.step == 1
    assert len(found.passed_over) == 1 and "the checkpoint of step 2 is not used" in found.passed_over[0]


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001", "checkpoint.json"])
def test_a_missing_or_cut_file_is_found(tmp_path: Path, suffix: str) -> None:
    path = checkpoint.save(tmp_path, 2, some_tensors(), {})
    [victim] = [file for file in path.iterdir() if file.name.endswith(suffix)]
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(Stop, match=path.name):
        checkpoint.load(path)
    victim.unlink()
    with pytest.raises(Stop, match=f"{suffix} is missing"):
        checkpoint.load(path)


SAVES_FOREVER = """
import sys, itertools, numpy as np
from archspec.runtime import checkpoint, tf_checkpoint
tensors = {f"Net/{i}/weights": np.full((200_000,), i, np.float32) for i in range(5)}
for step in itertools.count(1):
    checkpoint.save(sys.argv[1], step, {name: value * step for name, value in tensors.items()}, {"step": step}, keep=2)
    print(step, flush=True)
"""


def test_a_killed_process_leaves_whole_checkpoints(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    for _ in range(3):
        command = [sys.executable, "-c", SAVES_FOREVER, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            time.sleep(random.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        found = checkpoint.checkpoints(tmp_path)
        assert 1 <= len(found) <= 3
        for path in found:
            read = checkpoint.load(path)
            assert read.meta == {"step": read.step}
            np.testing.assert_array_equal(read.tensors["Net/4/weights"], np.full(200_000, 4.0 * read.step))
    checkpoint.save(tmp_path, 10**7, some_tensors(), {}, keep=2)
    assert len(checkpoint.checkpoints(tmp_path)) == 2 and len(os.listdir(tmp_path / "checkpoints")) == 3


FULL_DISK = """
import resource, sys, numpy as np
from archspec.diagnostics import Stop
from archspec.runtime import checkpoint, tf_checkpoint
checkpoint.save(sys.argv[1], 1, {"w": np.ones(1000, np.float32)}, {})
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    checkpoint.save(sys.argv[1], 2, {"w": np.ones(1_000_000, np.float32)}, {})
except Stop as stop:
    print(stop.diagnostics[0].code, stop.diagnostics[0].message, stop.diagnostics[0].help)
print(checkpoint.latest(sys.argv[1]).step)
"""


def test_what_cant_be_written_is_said_and_the_older_stays(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    sentence, step = done.stdout.splitlines()
    assert sentence.startswith("AS723 the checkpoint of step 2 can't be written to")
    assert "the one of step 1 is whole" in sentence
    assert step == "1"
    assert sorted(os.listdir(tmp_path / "checkpoints")) == ["checkpoint", "step-00000001"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("")
    with pytest.raises(Stop, match="can't be written"):
        checkpoint.save(tmp_path, 1, some_tensors(), {})


@pytest.mark.parametrize("what", ["run", "checkpoints", "step", "prefix", "index"])
def test_restores_from_any_name_of_it(tiny: Graph, tmp_path: Path, what: str) -> None:
    source, network = lower(tiny, seed=1), lower(tiny, seed=2)
    step = saved(tmp_path, source)
    paths = {
        "run": tmp_path,
        "checkpoints": tmp_path / "checkpoints",
        "step": step,
        "prefix": step / "model.ckpt-7",
        "index": step / "model.ckpt-7.index",
    }
    found = restore(network, str(paths[what]))
    assert found == (None if what in ("prefix", "index") else 7)
    for name, value in weights_of(source).items():
        np.testing.assert_array_equal(network.table[name], value)


@pytest.mark.parametrize("version", [tf.compat.v1.train.SaverDef.V1, tf.compat.v1.train.SaverDef.V2])
def test_restores_what_tf1_saved(tiny: Graph, tmp_path: Path, version: int) -> None:
    source, network = lower(tiny, seed=1), lower(tiny, seed=2)
    values = weights_of(source)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(value, name=name) for name, value in values.items()]
        variables.append(tf.compat.v1.Variable(np.int64(123), name="global_step"))
        variables.append(tf.compat.v1.Variable(np.zeros(3), name="Tiny/conv1/weights/RMSProp"))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(variables, write_version=version).save(session, str(tmp_path / "model.ckpt"))
    assert restore(network, str(tmp_path / "model.ckpt")) == 123
    assert restore(network, str(tmp_path)) == 123
    for name, value in weights_of(source).items():
        np.testing.assert_array_equal(network.table[name], value)


def test_moving_averages_are_taken_unless_raw(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny)
    average = {"Tiny/fc/biases/ExponentialMovingAverage": np.full(5, 9.0, np.float32)}
    saved(tmp_path, network, **average)
    raw = network.table["Tiny/fc/biases"].numpy()
    restore(network, str(tmp_path))
    np.testing.assert_array_equal(network.table["Tiny/fc/biases"], np.full(5, 9.0))
    restore(network, str(tmp_path), averaged=False)
    np.testing.assert_array_equal(network.table["Tiny/fc/biases"], raw)


def test_every_difference_is_named_and_nothing_loaded(tiny: Graph, tmp_path: Path) -> None:
    other, network = lower(tiny, seed=1), lower(tiny, seed=2)
    tensors = weights_of(other) | {"Tiny/fc/weights": np.zeros((4, 6), "float32")}
    tensors["Tiny/conv_1/weights"] = tensors.pop("Tiny/conv1/weights")
    del tensors["Tiny/fc/biases"]
    checkpoint.save(tmp_path, 1, tensors, {})
    before = weights_of(network)
    with pytest.raises(Stop) as problem:
        restore(network, str(tmp_path))
    text = complaint(problem)
    assert "AS721" in text
    assert "of 7 variables 2 missing there and 1 of another shape; none was loaded" in text
    assert "Tiny/conv1/weights is missing; the nearest name there is Tiny/conv_1/weights" in text
    assert "Tiny/fc/biases is missing" in text
    assert "Tiny/fc/weights is 4x5 here and 4x6 there" in text
    for name, value in before.items():
        np.testing.assert_array_equal(network.table[name], value)


def test_another_number_of_classes_is_guessed(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny)
    head = {"Tiny/fc/weights": np.zeros((4, 6), "float32"), "Tiny/fc/biases": np.zeros(6, "float32")}
    saved(tmp_path, network, **head)
    with pytest.raises(Stop) as problem:
        restore(network, str(tmp_path))
    assert "the last axis is 5 here and 6 there" in complaint(problem)
    assert restore(network, str(tmp_path), selection=Selection(skip=("fc",))) == 7


def test_another_network_is_said_to_be_one(tiny: Graph, tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, {f"Other/{i}/weights": np.zeros(1, "float32") for i in range(50)}, {})
    with pytest.raises(Stop) as problem:
        restore(lower(tiny), str(tmp_path))
    assert "its variables begin with Other" in complaint(problem)


def test_a_long_list_is_cut_and_counted(shared: Path, tiny: Graph, tmp_path: Path) -> None:
    node = tiny.nodes["fc"]
    for i in range(30):
        tiny.nodes[f"fc{i}"] = type(node)(f"fc{i}", node.op, node.inputs, node.shape, variable_path=f"Tiny/fc{i}")
    saved(tmp_path, lower(tiny.ending_at(["fc"])))
    with pytest.raises(Stop) as problem:
        restore(lower(tiny), str(tmp_path))
    assert len(problem.value.diagnostics[0].notes) == 21
    assert "and 40 more" in complaint(problem)
