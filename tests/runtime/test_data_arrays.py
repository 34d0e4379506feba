"""Examples from arrays, and from records with keys of their own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.data import Arrays, TFRecord
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.compiler.language.forms.preprocess import geometry
from archspec.diagnostics import Stop
from archspec.runtime.data.open import open_data
from archspec.runtime.data.pipeline import evaluation_batches
from tests.runtime.examples import RANDOM, VOCABULARY, one, stopped

ARRAYS: dict[str, Any] = {
    "image": ImageKind(source="x"),
    "kind": ClassKind(),
    "age": NumberKind(missing=-1),
    "pose": NumbersKind(columns=("pose",), count=3),
    "mask": ClassMapKind(classes=4, ignore=9),
}


def arrays(path: Path, **changes: Any) -> Arrays:
    found = {
        "x": RANDOM.integers(0, 256, (5, 6, 7, 3)).astype(np.uint8),
        "kind": np.array([0, 1, 2, 1, 0]),
        "age": np.array([1, -1, 3, np.nan, 5]),
        "pose": RANDOM.normal(size=(5, 3)),
        "mask": RANDOM.integers(0, 4, (5, 6, 7)).astype(np.uint8),
        **changes,
    }
    np.savez_compressed(path, **{name: array for name, array in found.items() if array is not None})
    return Arrays(path=f"{path}.npz", features=ARRAYS)


def test_arrays_of_every_kind(tmp_path: Path) -> None:
    form = arrays(tmp_path / "a")
    with np.load(tmp_path / "a.npz") as stored:
        dataset = open_data(form, None, "train")
        batch = next(iter(evaluation_batches(dataset, (), {"image": (6, 7, 3)}, 5)))
        np.testing.assert_allclose(batch["image"], stored["x"] / 255, rtol=1e-6)
        np.testing.assert_array_equal(batch["kind"], stored["kind"])
        np.testing.assert_array_equal(batch["age"], [1, 0, 3, 0, 5])
        np.testing.assert_array_equal(batch["age.known"], [1, 0, 1, 0, 1])
        np.testing.assert_allclose(batch["pose"], stored["pose"], rtol=1e-6)
        np.testing.assert_array_equal(batch["mask"], stored["mask"])
    assert dataset.features["kind"].classes == 3


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"x": np.zeros((5, 6, 7, 3))}, "AS718", "`image` is float64 5x6x7x3, and the kind image wants uint8"),
        ({"x": np.zeros((5, 6, 7, 2), np.uint8)}, "AS718", "`image` is uint8 5x6x7x2"),
        ({"kind": np.array([0, -1, 2, 1, 0])}, "AS718", "`kind` is int64 5, and the kind class wants whole numbers"),
        ({"kind": np.array([0, 1, 2, 1])}, "AS704", "different lengths, or empty: "),
        ({"kind": np.array([0, 1, 2, 1, None], object)}, "AS704", "is no .npz file, or is damaged: "),
        ({"age": np.array(["1"] * 5)}, "AS718", "`age` is <U1 5, and the kind number wants numbers"),
        ({"pose": np.zeros((5, 2))}, "AS718", "`pose` is float32 5x2, and the kind numbers wants 3 numbers"),
        ({"pose": np.full((5, 3), np.inf)}, "AS718", "example 0 of"),
        ({"mask": np.full((5, 6, 7), 4)}, "AS718", "`mask` has the value 4"),
        ({"mask": None}, "AS717", "has no array `mask`"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], code: str, said: str) -> None:
    form = arrays(tmp_path / "a", **changes)
    assert said in stopped(lambda: open_data(form, None, "train"), code)


def test_files_that_hold_no_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = arrays(tmp_path / "a", x=np.zeros((5, 1000, 1000, 3), np.uint8))
    monkeypatch.setenv("ARCHSPEC_MAX_BYTES", "1000000")
    said = stopped(lambda: open_data(form, None, "train"), "AS707")
    assert "ARCHSPEC_MAX_BYTES allows 1000000" in said
    for contents in (b"", b"PK\5\6", b"text", (tmp_path / "a.npz").read_bytes()[:-100]):
        (tmp_path / "a.npz").write_bytes(contents)
        assert "is no .npz file, or is damaged" in stopped(lambda: open_data(form, None, "train"), "AS704")
    (tmp_path / "a.npz").unlink()
    assert "No such file" in stopped(lambda: open_data(form, None, "train"), "AS703")


def record(**features: Any) -> bytes:
    made = {}
    for key, value in features.items():
        values = value if isinstance(value, list) else [value]
        kind = {bytes: "bytes_list", int: "int64_list", float: "float_list"}[type(values[0])]
        of = {"bytes_list": tf.train.BytesList, "int64_list": tf.train.Int64List, "float_list": tf.train.FloatList}[
            kind
        ]
        made[key] = tf.train.Feature(**{kind: of(value=values)})
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString(deterministic=True)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write(path: Path, *records: bytes) -> Path:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for each in records:
            writer.write(each)
    return path


def test_records_with_tfds_keys_and_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(VOCABULARY)
    pixels, mask = RANDOM.integers(0, 256, (4, 5, 3)).astype(np.uint8), RANDOM.integers(0, 3, (4, 5)).astype(np.uint8)
    whole = {"image": png(pixels), "label": 2, "age": 7.5, "pose": [1.0, 2.0], "seg": png(mask), "says": b"the film"}
    path = write(tmp_path / "a.tfrecord", record(**whole), record(**{n: v for n, v in whole.items() if n != "age"}))
    features = {
        "image": ImageKind(),
        "label": ClassKind(),
        "age": NumberKind(missing=-1),
        "pose": NumbersKind(columns=("pose",), count=2),
        "mask": ClassMapKind(source="seg", classes=3),
        "says": WordsKind(vocabulary=str(tmp_path / "words.txt"), length=4),
    }
    dataset = open_data(TFRecord(pattern=str(path), features=features), None, "train")
    batch = next(iter(evaluation_batches(dataset, (geometry.CropOrPad(size=(4, 5)),), {"image": (4, 5, 3)}, 2)))
    np.testing.assert_allclose(batch["image"][0], pixels / 255, rtol=1e-6)
    np.testing.assert_array_equal(batch["mask"][1], mask)
    assert batch["label"].numpy().tolist() == [2, 2]
    assert batch["age"].numpy().tolist() == [7.5, 0] and batch["age.known"].numpy().tolist() == [1, 0]
    assert batch["pose"].numpy().tolist() == [[1, 2], [1, 2]] and batch["says"].numpy().tolist() == [[2, 3, 0, 0]] * 2


def test_texts_as_classes_of_records(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tfrecord", record(kind=b"dog"), record(kind=b"cat"))
    form = TFRecord(pattern=str(path), features={"kind": ClassKind(names=("cat", "dog"))})
    dataset = open_data(form, None, "train")
    assert [int(one(dataset, index)["kind"]) for index in range(2)] == [1, 0] and dataset.classes == ("cat", "dog")
    write(tmp_path / "a.tfrecord", record(kind=b"dog"), record(kind=b"emu"))
    said = stopped(lambda: open_data(form, None, "train"), "AS716")
    assert said.endswith("record 1 has kind `emu`, and the classes are cat, dog")
    nameless = TFRecord(pattern=str(path), features={"kind": ClassKind()})
    with pytest.raises(Stop) as found:
        open_data(nameless, None, "train")
    (finding,) = found.value.diagnostics
    assert finding.message.endswith("has kind (bytes); wanted are kind (int64); all 2 examples are like this")
    assert finding.help == "write `kind: {class: kind, names: […]}` in the spec's `features`"
