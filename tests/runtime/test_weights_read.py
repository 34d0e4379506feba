"""Weights come back from every kind of file bit by bit, and what is damaged or hostile ends in one sentence."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop
from archspec.files.limits import BYTES
from archspec.runtime.lower import lower
from archspec.runtime.restore import restore
from archspec.runtime.weights.read import open_weights
from archspec.runtime.weights.write import KINDS, Written, kind_of, write
from tests.runtime.weights import complaint, weights_of

NAMES = {"native": "run", "tf": "w.ckpt", "keras": "w.keras", "h5": "w.weights.h5", "safetensors": "w.safetensors"}


def test_every_kind_that_is_written_is_read(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny, seed=3)
    values = weights_of(network)
    assert set(NAMES) == set(KINDS)
    for kind, name in NAMES.items():
        to = str(tmp_path / name)
        assert kind_of(to, None) == kind
        write(to, kind, Written(values, 12, network))
        found = open_weights(to)
        assert set(found.variables) == set(values), kind
        for variable, value in values.items():
            assert found.entries[variable].dtype == "float32"
            np.testing.assert_array_equal(found.read(variable), value)
        other = lower(tiny, seed=4)
        assert restore(other, to) == (None if kind in ("keras", "h5") else 12)
        np.testing.assert_array_equal(other.table["Tiny/fc/weights"], values["Tiny/fc/weights"])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["run", "w.ckpt.data-00000-of-00001", "w.ckpt.index", "w.keras", "w.safetensors", "w.weights.h5"]
    )


def test_keras_itself_loads_what_is_written(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny, seed=3)
    for kind in ("keras", "h5"):
        write(str(tmp_path / NAMES[kind]), kind, Written(weights_of(network), None, network))
    loaded = keras.models.load_model(tmp_path / "w.keras")
    other = lower(tiny, seed=5)
    other.load_weights(tmp_path / "w.weights.h5")
    picture = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    for found in (loaded, other):
        np.testing.assert_allclose(found(picture)["Predictions"], network(picture)["Predictions"], atol=1e-6)


def test_nothing_is_written_over_unless_that_is_said(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny)
    first, second = weights_of(network), weights_of(lower(tiny, seed=8))
    for kind, name in NAMES.items():
        to = str(tmp_path / name)
        write(to, kind, Written(first, 1, network))
        with pytest.raises(Stop, match="is there already"):
            write(to, kind, Written(second, 1, network))
        np.testing.assert_array_equal(open_weights(to).read("Tiny/fc/weights"), first["Tiny/fc/weights"])
    for kind in ("tf", "safetensors"):
        write(str(tmp_path / NAMES[kind]), kind, Written(second, 1), force=True)
        found = open_weights(str(tmp_path / NAMES[kind]))
        np.testing.assert_array_equal(found.read("Tiny/fc/weights"), second["Tiny/fc/weights"])


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    written = {"a": np.zeros(3, "complex64")}
    with pytest.raises(Stop, match="a is complex64, which a safetensors file cannot hold"):
        write(str(tmp_path / "w.safetensors"), "safetensors", Written(written, None))
    with pytest.raises(Stop, match="can't be written"):
        write(str(tmp_path / "nowhere" / "w.safetensors"), "safetensors", Written({}, None))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("w.pb", "would be a frozen graph, which archspec reads and does not write"),
        ("w.npz", "would be an .npz file"),
        ("w.pth", "no kind of weights ends in .pth"),
    ],
)
def test_kinds_that_are_not_written(to: str, sentence: str) -> None:
    with pytest.raises(Stop, match=sentence):
        kind_of(to, None)


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_a_safetensors_file_of_others(tmp_path: Path) -> None:
    """By the published layout, of every dtype, in an order of its own."""
    values = {
        "b": np.arange(6, dtype="<f4").reshape(2, 3),
        "a": np.asarray([1.5, -2], ml_dtypes.bfloat16),
        "n": np.asarray(7, "<i8"),
    }
    places, data = {}, b""
    for name, dtype in (("n", "I64"), ("b", "F32"), ("a", "BF16")):
        end = len(data) + values[name].nbytes
        places[name] = {"dtype": dtype, "shape": list(values[name].shape), "data_offsets": [len(data), end]}
        data += values[name].tobytes()
    (tmp_path / "w.safetensors").write_bytes(safetensors({"__metadata__": {"format": "pt"}, **places}, data))
    found = open_weights(str(tmp_path / "w.safetensors"))
    for name, value in values.items():
        np.testing.assert_array_equal(found.read(name), value)
        assert (found.entries[name].dtype, found.read(name).shape) == (value.dtype.name, value.shape)


GIANT = {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (safetensors({"a": GIANT}, bytes(8)), "a declares 1048576x1048576 float32"),
        (safetensors({"a": {**GIANT, "shape": [2], "data_offsets": [4, 12]}}, bytes(8)), "a should be 8 bytes"),
        (safetensors({"a": {**GIANT, "shape": [2], "data_offsets": [0, 4]}}, bytes(8)), "a should be 8 bytes"),
        (safetensors({"a": {**GIANT, "shape": [-2], "data_offsets": [0, 8]}}, bytes(8)), "declares the shape -2"),
        (safetensors({"a": {"dtype": "F31", "shape": [], "data_offsets": [0, 4]}}, bytes(4)), "does not say dtype"),
        (safetensors({"a": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}, bytes(4)), "does not say dtype"),
        (safetensors({"a": []}), "does not say dtype"),
        (safetensors(b'{"a":', bytes(99)), "its header is no JSON"),
        (safetensors(b"{" + b"[" * 50_000), "its header is no JSON"),
        (safetensors({}, length=90_000_000), "its header would have 90,000,000 bytes"),
    ],
)
def test_hostile_safetensors(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(Stop, match=sentence) as problem:
        open_weights(str(tmp_path / "w.safetensors"))
    assert "AS722" in complaint(problem)


def npz(*arrays: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays:
            archive.writestr(f"{name}.npy", data)
    return content.getvalue()


def npy(value: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    """The file of an array, which may declare another shape than it has."""
    content = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(value)
    np.lib.format.write_array_header_1_0(content, header | ({"shape": shape} if shape else {}))
    return content.getvalue() + value.tobytes()


def test_arrays_of_numpy(tmp_path: Path) -> None:
    values = {"conv/kernel": np.arange(4.0, dtype="float32"), "n": np.asarray(3)}
    np.savez_compressed(tmp_path / "w.npz", **values)
    found = open_weights(str(tmp_path / "w.npz"))
    assert found.shapes == {"conv/kernel": (4,), "n": ()}
    np.testing.assert_array_equal(found.read("conv/kernel"), values["conv/kernel"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (npz(("a", npy(np.zeros(3), (1 << 20, 1 << 10)))), "a declares 1048576x1024 float64"),
        (npz(("a", npy(np.zeros(3), (1 << 40,)))), "a declares 1099511627776 float64"),
        (npz(("a", b"\x93NUMPY\x01\x00")), "is damaged"),
        (npz(("a", b"no array")), "is damaged"),
        (npz(("a", npy(np.asarray([None])))), "a holds Python objects, which are a pickle, and none is ever loaded"),
        (npz(("a", npy(np.zeros(99))))[:-40], "is a ZIP archive, not a checkpoint"),
    ],
)
def test_hostile_arrays(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(Stop, match=sentence):
        open_weights(str(tmp_path / "w.npz"))


def hdf5(path: Path, fill: Callable[[h5py.File], object]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


@pytest.mark.parametrize(
    ("fill", "sentence"),
    [
        (lambda file: file.create_dataset("a/vars/0", shape=(1 << 30, 1 << 10), chunks=(64, 64)), "a/0 declares 10737"),
        (lambda file: file.create_dataset("a", shape=(2,), external=[("/etc/passwd", 0, 8)]), "are in another file"),
        (lambda file: file.create_dataset("a", data=["text"]), "a holds object, not numbers"),
    ],
)
def test_hostile_hdf5(tmp_path: Path, fill: Callable[[h5py.File], object], sentence: str) -> None:
    path = hdf5(tmp_path / "w.weights.h5", fill)
    with pytest.raises(Stop, match=sentence):
        open_weights(str(path))


def test_links_in_hdf5_are_not_followed(tmp_path: Path) -> None:
    hdf5(tmp_path / "other.h5", lambda file: file.create_dataset("secret", data=np.zeros(3)))

    def fill(file: h5py.File) -> None:
        file["vars/Net/weights"] = np.ones(2, "float32")
        file["vars/Net/outside"] = h5py.ExternalLink("other.h5", "/secret")

    assert open_weights(str(hdf5(tmp_path / "w.weights.h5", fill))).variables == ["Net/weights"]


def test_a_keras_file_that_unpacks_to_more_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BYTES, "1000")
    with zipfile.ZipFile(tmp_path / "w.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(10_000_000))
    with pytest.raises(Stop, match=r"model\.weights\.h5 in it unpacks to more than 1,000 bytes"):
        open_weights(str(tmp_path / "w.keras"))
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"no HDF5")
    with pytest.raises(Stop, match="is no HDF5 file"):
        open_weights(str(tmp_path / "w.keras"))


def graph_def(**constants: object) -> tf.compat.v1.GraphDef:
    """A graph with constants as freezing leaves them, each read through an identity."""
    graph = tf.compat.v1.GraphDef()
    for name, value in constants.items():
        node = graph.node.add(name=name, op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        graph.node.add(name=f"{name}/read", op="Identity", input=[name])
    graph.node.add(name="size", op="Const").attr["value"].tensor.CopyFrom(tf.make_tensor_proto([8, 8]))
    return graph


def test_a_frozen_graph(tmp_path: Path) -> None:
    values = {"weights": np.arange(6, dtype="float32").reshape(2, 3), "biases": np.full(5, 0.5, "float32")}
    (tmp_path / "w.pb").write_bytes(graph_def(**values).SerializeToString())
    found = open_weights(str(tmp_path / "w.pb"))
    assert found.variables == ["weights", "biases"]
    for name, value in values.items():
        np.testing.assert_array_equal(found.read(name), value)


def test_hostile_graphs(tmp_path: Path) -> None:
    path = tmp_path / "w.pb"
    graph = graph_def(weights=np.zeros(3, "float32"))
    graph.node[0].attr["value"].tensor.tensor_shape.dim[0].size = 1 << 50
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(Stop, match="weights declares 1125899906842624 float32"):
        open_weights(str(path))
    for content, sentence in (
        (graph_def().SerializeToString(), "has 1 operations, and no constant that was a variable"),
        (b"\n" + bytes(99), "is no GraphDef|no constant"),
        (graph_def(weights=np.zeros(300, "float32")).SerializeToString()[:-200], "is no GraphDef"),
    ):
        path.write_bytes(content)
        with pytest.raises(Stop, match=sentence):
            open_weights(str(path))


def test_keras_layouts_old_and_new_give_the_same_names(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.layers.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, name="first"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.BatchNormalization(scale=False, name="shift"),
            keras.layers.DepthwiseConv2D(3, name="deep"),
            keras.layers.SeparableConv2D(2, 3, name="apart"),
            keras.layers.Flatten(),
            keras.layers.Dense(5, name="last"),
        ]
    )
    for name in ("w.keras", "w.weights.h5", "w.h5"):
        (model.save_weights if name == "w.weights.h5" else model.save)(tmp_path / name)
    new, bare, old = (open_weights(str(tmp_path / name)) for name in ("w.keras", "w.weights.h5", "w.h5"))
    wanted = {"first/kernel", "first/bias", "norm/gamma", "norm/moving_variance", "shift/beta", "shift/moving_mean"}
    wanted |= {"apart/depthwise_kernel", "apart/pointwise_kernel", "apart/bias", "deep/kernel", "last/bias"}
    assert wanted < set(new.variables) == set(bare.variables) == set(old.variables)
    for name in new.variables:
        np.testing.assert_array_equal(new.read(name), old.read(name))
    np.testing.assert_array_equal(new.read("first/kernel"), model.get_layer("first").kernel.numpy())
