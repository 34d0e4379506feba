"""What is named for a checkpoint and is another kind of file, a part of one, or of another network: said as what it is."""

from __future__ import annotations

import io
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop
from archspec.runtime import tf_checkpoint
from archspec.runtime.lower import lower
from archspec.runtime.restore import restore
from archspec.runtime.weights.read import open_weights
from tests.runtime.weights import complaint, weights_of


def test_nothing_there(tiny: Graph, tmp_path: Path) -> None:
    for where in (tmp_path, tmp_path / "model.ckpt"):
        with pytest.raises(Stop, match=r"is not there|has no checkpoint") as problem:
            restore(lower(tiny), str(where))
        assert "AS720" in complaint(problem)


def zipped(*names: str) -> bytes:
    """A zip file with something in every name."""
    contents = io.BytesIO()
    with zipfile.ZipFile(contents, "w") as file:
        for name in names:
            file.writestr(name, b"\x80\x02")
    return contents.getvalue()


SAVE = "load it with the library that wrote it"
PICKLE = "loading a pickle runs whatever code is in it, so none is loaded"
NAME = "name a run's folder"


@pytest.mark.parametrize(
    ("name", "content", "kind", "help"),
    [
        ("mobilenet.tar.gz", b"", "an archive", "unpack it"),
        ("model.ckpt", b"\xff\xd8\xff\xe0" + bytes(99), "a picture (JPEG)", NAME),
        ("old.pt", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + bytes(99), "a PyTorch file", PICKLE),
        ("model.pt", b"\x80\x02" + bytes(99), "a PyTorch file", PICKLE),
        ("model.pth", zipped("model/data.pkl", "model/data/0"), "a PyTorch file", PICKLE),
        ("epoch=3.ckpt", zipped("archive/data.pkl"), "a PyTorch file", PICKLE),
        ("w.zip", zipped("slim/model.ckpt.index"), "an archive (zip)", "unpack it"),
        ("w.zip", zipped("notes.txt"), "an archive (zip)", NAME),
        ("w.tflite", b"\x1c\0\0\0TFL3" + bytes(99), "a TFLite file", SAVE),
        ("w.onnx", b"\x08\x07\x12\x07pytorch" + bytes(99), "an ONNX file", SAVE),
        ("w.pkl", pickle.dumps({"a": 1}), "a pickle file", PICKLE),
        ("model.ckpt", pickle.dumps({"a": 1}), "a pickle file", PICKLE),
        ("weights", b"", "an empty file", NAME),
        ("w.onnx", b"", "an empty file", NAME),
        ("net.yaml", b"archspec: 1\nname: Net\n", "a text file", NAME),
        ("weights.bin", b"\x01\x02\x03\x04" * 99, "a file of unknown kind", NAME),
        (
            "model.ckpt",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "a Git LFS pointer: the file itself has not been fetched",
            "fetch the file",
        ),
    ],
)
def test_what_is_no_checkpoint_is_called_what_it_is(
    tiny: Graph, tmp_path: Path, name: str, content: bytes, kind: str, help: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Stop) as problem:
        restore(lower(tiny), str(path))
    (found,) = problem.value.diagnostics
    assert (found.code, found.message) == ("AS720", f"{path} is {kind}, not a checkpoint")
    assert found.help is not None and found.help.startswith(help)


def test_a_part_of_a_checkpoint_is_no_other_kind_of_file(tiny: Graph, tmp_path: Path) -> None:
    """One that is alone lacks the others; an index that is cut off is damaged."""
    saved = lower(tiny)
    tf_checkpoint.write(tmp_path / "weights", weights_of(saved))
    index, data = tmp_path / "weights.index", tmp_path / "weights.data-00000-of-00001"
    assert restore(lower(tiny), str(data)) is None
    (tmp_path / "weights").write_bytes(b"notes")
    assert restore(lower(tiny), str(tmp_path / "weights")) is None
    (tmp_path / "weights").unlink()
    whole = index.read_bytes()
    index.write_bytes(whole[:-20])
    with pytest.raises(Stop, match="is damaged"):
        restore(lower(tiny), str(index))
    index.unlink()
    with pytest.raises(Stop, match=r"is a part of a checkpoint, and weights\.index is not there beside it"):
        restore(lower(tiny), str(data))


def test_a_checkpoint_in_a_single_file_has_any_name(tiny: Graph, tmp_path: Path) -> None:
    """Whole it is known by its end; cut off it is damaged, where its name is a checkpoint's."""
    values = weights_of(lower(tiny, seed=1))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(value, name=key) for key, value in values.items()]
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver(variables, write_version=tf.compat.v1.train.SaverDef.V1)
        saver.save(session, str(tmp_path / "model.ckpt"), write_meta_graph=False)
    whole = (tmp_path / "model.ckpt").read_bytes()
    (tmp_path / "weights.pth").write_bytes(whole)
    for name in ("model.ckpt", "weights.pth"):
        network = lower(tiny, seed=2)
        assert restore(network, str(tmp_path / name)) is None
        np.testing.assert_array_equal(network.table["Tiny/fc/weights"], values["Tiny/fc/weights"])
    for contents in (whole[:-1000], b""):
        (tmp_path / "model.ckpt-7").write_bytes(contents)
        with pytest.raises(Stop, match="is damaged"):
            restore(lower(tiny), str(tmp_path / "model.ckpt-7"))


def test_other_formats_of_tensorflow_are_called_what_they_are(tiny: Graph, tmp_path: Path) -> None:
    network = lower(tiny)
    network.export(str(tmp_path / "exported"), verbose=False, input_signature=[tf.TensorSpec([None, 8, 8, 3])])
    tf.train.Checkpoint(a=tf.Variable([1.0])).write(str(tmp_path / "objects"))
    sentences = {"exported": "is a SavedModel", "objects": "is an object checkpoint"}
    for name, sentence in sentences.items():
        with pytest.raises(Stop, match=sentence):
            restore(network, str(tmp_path / name))


def save_as_tf1(folder: Path, name: str, values: dict[str, np.ndarray]) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variables = [tf.compat.v1.Variable(value, name=key) for key, value in values.items()]
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(variables).save(session, str(folder / name))


def test_a_folder_that_was_moved_from_another_machine(tiny: Graph, tmp_path: Path) -> None:
    for seed, name in ((1, "model.ckpt-10"), (2, "model.ckpt-20")):
        save_as_tf1(tmp_path, name, weights_of(lower(tiny, seed=seed)))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/home/ann/slim/model.ckpt-10"\n')
    network = lower(tiny, seed=3)
    restore(network, str(tmp_path))
    np.testing.assert_array_equal(network.table["Tiny/fc/weights"], lower(tiny, seed=1).table["Tiny/fc/weights"])
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(Stop, match=r"has 2 checkpoints .*: model.ckpt-10, model.ckpt-20"):
        restore(network, str(tmp_path))


def test_a_network_of_another_name(tiny: Graph, tmp_path: Path) -> None:
    """Where that explains all, it is all that is said; else what does not fit under that name follows."""
    values = {name.replace("Tiny/", "Little/"): value for name, value in weights_of(lower(tiny)).items()}
    save_as_tf1(tmp_path, "model.ckpt", values)
    with pytest.raises(Stop) as problem:
        restore(lower(tiny), str(tmp_path))
    said = f"{tmp_path} does not fit Tiny: its variables begin with Little, and fit otherwise; none was loaded"
    assert complaint(problem) == f"AS721\n{said}\nwrite `name: Little` in the spec"
    del values["Little/conv1/weights"]
    save_as_tf1(tmp_path, "model.ckpt", values | {"Little/fc/biases": np.zeros(6, "float32")})
    with pytest.raises(Stop) as problem:
        restore(lower(tiny), str(tmp_path))
    (found,) = problem.value.diagnostics
    assert "and under that name of 7 variables 1 missing there and 1 of another shape" in found.message
    shape, missing = (note.message for note in found.notes)
    assert shape == "Little/fc/biases is 5 here and 6 there" and missing.startswith("Little/conv1/weights is missing")
    assert found.help is not None and found.help.startswith("write `name: Little` in the spec; ")


def test_a_file_that_is_no_checkpoint(tiny: Graph, tmp_path: Path) -> None:
    (tmp_path / "model.ckpt").write_bytes(b"no checkpoint at all" * 100)
    with pytest.raises(Stop, match="is damaged"):
        restore(lower(tiny), str(tmp_path / "model.ckpt"))


def _read_all(where: str) -> None:
    file = open_weights(where)
    for name in file.shapes:
        file.read(name)


def test_a_damaged_tf_slim_checkpoint(shared: Path, tmp_path: Path) -> None:
    for file in (shared / "data" / "mobilenet").glob("mobilenet_v1_0.25_128.ckpt.*"):
        shutil.copyfile(file, tmp_path / file.name)
    data = tmp_path / "mobilenet_v1_0.25_128.ckpt.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 4
    data.write_bytes(content)
    with pytest.raises(Stop, match="is damaged"):
        _read_all(str(tmp_path / "mobilenet_v1_0.25_128.ckpt"))
    data.write_bytes(content[:1000])
    with pytest.raises(Stop, match="is damaged"):
        _read_all(str(tmp_path / "mobilenet_v1_0.25_128.ckpt"))
