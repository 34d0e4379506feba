"""TFRecord files in any order, and the sample made of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.forms.data import TFRecord
from archspec.compiler.language.forms.preprocess.geometry import Resize
from archspec.diagnostics import Stop
from archspec.runtime.data import records
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.open import open_data
from archspec.runtime.data.pipeline import evaluation_batches, training_batches
from tests.runtime.examples import png

Features = dict[str, int | bytes]

pytestmark = pytest.mark.usefixtures("cache")


def serialized(features: Features) -> bytes:
    made = {}
    for key, value in features.items():
        if isinstance(value, int):
            made[key] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        else:
            made[key] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString(deterministic=True)


def write(path: Path, numbers: range, *more: Features) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in numbers:
            writer.write(serialized({"image/encoded": png(number), "image/class/label": number % 5}))
        for features in more:
            writer.write(serialized(features))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Twelve training records in shards of 5, 0 and 7, and three for validation."""
    folder = tmp_path / "shards"
    write(folder / "train-00000-of-00003", range(5))
    write(folder / "train-00001-of-00003", range(0))
    write(folder / "train-00002-of-00003", range(5, 12))
    write(folder / "validation-00000-of-00001", range(20, 23))
    return folder


def test_records_are_read_at_any_place(shards: Path) -> None:
    dataset = open_data(TFRecord(pattern=f"{shards}/train-*"), None, "train")
    assert dataset.size == 12
    for index in (11, 0, 5, 4):
        example = dataset.example(tf.constant(index, tf.int64))
        assert tf.io.decode_png(example["image"])[0, 0, 0] == index
        assert example["label"] == index % 5
    assert dataset.place(4) == f"{shards}/train-00000-of-00003, record 4"
    assert dataset.place(5) == f"{shards}/train-00002-of-00003, record 0"
    assert dataset.place(11) == f"{shards}/train-00002-of-00003, record 6"


def test_records_shuffled_over_all_shards(shards: Path) -> None:
    dataset = open_data(None, str(shards), "train")
    batches = training_batches(dataset, (Resize(size=(2, 2)),), {"image": (2, 2, 3)}, 12, seed=1)
    for batch in batches.take(2):
        assert sorted(batch["index"].numpy()) == list(range(12))
        np.testing.assert_allclose(batch["image"][:, 0, 0, 0], batch["index"].numpy() / 255, atol=1e-6)


def test_a_folder_has_its_splits_and_a_pattern_has_chosen(shards: Path) -> None:
    assert open_data(None, str(shards), "eval").size == 3
    assert open_data(None, str(shards), "val").split == "validation"
    with pytest.raises(Stop, match=r"has no split validation or test; it has train") as stopped:
        open_data(None, f"{shards}/train-*", "eval")
    assert stopped.value.diagnostics[0].code == "AS701"
    with pytest.raises(Stop, match=r"has no split train; it has validation"):
        open_data(TFRecord(pattern=f"{shards}/val*"), None, "train")
    assert open_data(TFRecord(pattern=f"{shards}/train-*", split="train"), None, "eval").size == 12
    assert open_data(TFRecord(pattern=f"{shards}/*"), None, "eval").size == 3
    with pytest.raises(Stop, match="has no split test; it has train, validation"):
        open_data(None, str(shards), "test")
    with pytest.raises(Stop, match="no TFRecord file matches"):
        open_data(TFRecord(pattern=f"{shards}/holdout-*"), None, "train")


@pytest.mark.parametrize("name", ["flowers_{}_00000-of-00001.tfrecord", "mnist_{}.tfrecord", "{}.record-0-of-1"])
def test_tf_slims_own_file_names_are_split(tmp_path: Path, name: str) -> None:
    write(tmp_path / "data" / name.format("train"), range(3))
    write(tmp_path / "data" / name.format("val" if "record-" in name else "validation"), range(2))
    assert [open_data(None, str(tmp_path / "data"), split).size for split in ("train", "eval")] == [3, 2]


def test_class_names_stand_beside_the_shards(shards: Path) -> None:
    assert open_data(None, str(shards), "train").classes is None
    for text in ("1:tench\n4:great: white shark\n\n", "\ufeff1:tench\r\n4:great: white shark"):
        (shards / "labels.txt").write_text(text, "utf-8")
        found = open_data(None, str(shards), "train").classes
        assert found == ("background", "tench", "2", "3", "great: white shark")


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"tench\n", ", line 1: not a label, a colon and a name"),
        (b"0:a\n\n99999999999:x\n", ", line 3: 99999999999 is too large for a label"),
        (b"0:" + "größe".encode("latin-1"), " is not UTF-8 text (byte 4)"),
        (b"0:a\n0:b", ", line 2: class 0 has a name already, a"),
        (b"\n", " is empty"),
        (None, " cannot be read: it is a folder, and only regular files are read"),
    ],
)
def test_class_names_that_cannot_be_read(shards: Path, contents: bytes | None, said: str) -> None:
    if contents is None:
        (shards / "labels.txt").mkdir()
    else:
        (shards / "labels.txt").write_bytes(contents)
    with pytest.raises(Stop) as stopped:
        open_data(None, str(shards), "train")
    assert str(stopped.value) == f"{shards}/labels.txt{said}"
    assert stopped.value.diagnostics[0].code == "AS704"


def test_a_label_without_a_name_is_found_with_its_record(tmp_path: Path) -> None:
    """All records have the label 7, and two classes have names; one alone is found when it is reached."""
    write(tmp_path / "data" / "train-0", range(0), *[{"image/encoded": png(1), "image/class/label": 7}] * 3)
    (tmp_path / "data" / "labels.txt").write_text("0:a\n1:b\n")
    with pytest.raises(Stop, match="all 3 examples are like this") as stopped:
        open_data(None, f"{tmp_path}/data/train-*", "train")
    (finding,) = stopped.value.diagnostics
    assert (finding.code, finding.notes) == ("AS705", ())
    first = f"{tmp_path}/data/train-0, record 0 has the label 7, and the data set's classes are 0 to 1"
    assert finding.message == f"{first}; all 3 examples are like this"
    wrong: list[Features] = [{"image/encoded": png(1), "image/class/label": label} for label in range(2, 32)]
    write(tmp_path / "data" / "train-0", range(0), *wrong)
    with pytest.raises(Stop) as stopped:
        open_data(None, f"{tmp_path}/data/train-*", "train")
    (finding,) = stopped.value.diagnostics
    first = f"{tmp_path}/data/train-0, record 0 has the label 2, and the data set's classes are 0 to 1"
    assert (finding.message, finding.notes) == (f"{first}; none of the 30 examples can be used", ())
    good, bad = ({"image/encoded": png(1), "image/class/label": label} for label in (1, 7))
    write(tmp_path / "many" / "train-0", range(0), *[good] * 250, bad, *[good] * 150)
    (tmp_path / "many" / "labels.txt").write_text("0:a\n1:b\n")
    dataset = open_data(None, f"{tmp_path}/many/train-*", "train")
    with pytest.raises(tf.errors.OpError) as raised:
        list(training_batches(dataset, (Resize(size=(2, 2)),), {"image": (2, 2, 3)}, 8, seed=1).take(51))
    found = explain_data_error(raised.value, dataset)
    assert found is not None and found.diagnostics[0].code == "AS705"
    assert "train-0, record 250, has the label 7, and the data set's classes are 0 to 1" in str(found)


@pytest.mark.parametrize("split", ["train", "eval"])
def test_missing_shards_are_counted(shards: Path, split: str) -> None:
    (shards / "train-00001-of-00003").unlink()
    (shards / "validation-00000-of-00001").rename(shards / "validation-00002-of-00004")
    for argument in (str(shards), f"{shards}/*"):
        with pytest.raises(Stop) as stopped:
            open_data(None, argument, split)
        assert stopped.value.diagnostics[0].code == "AS706"
        expected = {
            "train": f"1 of 3 shards are missing: {shards}/train-00001-of-00003; 2 are there",
            "eval": f"3 of 4 shards are missing: {shards}/validation-00000-of-00004 and 2 more; 1 is there",
        }
        assert str(stopped.value) == expected[split]
    named = f"{shards}/train-00002-*" if split == "train" else f"{shards}/validation-00002-of-00004"
    assert open_data(None, named, split).size == (7 if split == "train" else 3)


def test_strays_among_shards_are_not_read(shards: Path) -> None:
    for name in ("train-00000-of-00003.bak-of-", "train-00000-of-00003~", "notes-of-today", ".train-00000-of-00003"):
        (shards / name).write_bytes(b"stray")
    assert open_data(None, str(shards), "train").size == 12


@pytest.mark.parametrize("damage", [b"", b"PK\5\6", b"x" * 100, None])
def test_a_damaged_index_is_made_anew(shards: Path, cache: Path, damage: bytes | None) -> None:
    assert open_data(None, str(shards), "train").size == 12
    (kept,) = (cache / "records").iterdir()
    whole = kept.read_bytes()
    if damage is None:
        wrong = np.zeros(5, np.int64)
        np.savez(kept, number=wrong.astype(np.int32) + 9, offset=wrong, length=wrong + 2**40)
    else:
        kept.write_bytes(damage)
    assert open_data(None, str(shards), "train").size == 12
    assert len(kept.read_bytes()) == len(whole)


def test_irregular_files_among_shards_are_refused(shards: Path) -> None:
    os.mkfifo(shards / "train-extra.tfrecord")
    for argument in (str(shards), f"{shards}/train*"):
        with pytest.raises(Stop, match=r"train-extra\.tfrecord is a FIFO, and no file") as stopped:
            open_data(None, argument, "train")
        assert stopped.value.diagnostics[0].code == "AS709"


def test_a_fifo_in_a_shards_place_does_not_block(shards: Path) -> None:
    dataset = open_data(None, str(shards), "train")
    (shards / "train-00000-of-00003").unlink()
    os.mkfifo(shards / "train-00000-of-00003")
    with pytest.raises(OSError, match="Illegal seek"):
        dataset.example(tf.constant(0, tf.int64))


def test_a_folders_name_may_be_any_bytes(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-0-of-1", range(3))
    odd = os.path.join(os.fsencode(tmp_path), b"caf\xe9\n")
    os.rename(tmp_path / "data", odd)
    dataset = open_data(None, os.fsdecode(odd), "train")
    assert dataset.place(1) == f"{tmp_path}/caf\\xe9\\n/train-0-of-1, record 1"
    assert str(dataset).isprintable()


def test_the_index_is_kept_until_a_file_changes(shards: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_data(None, str(shards), "train").size == 12
    scanned: list[str] = []
    scan = records._scan_file
    monkeypatch.setattr(records, "_scan_file", lambda path: scanned.append(path) or scan(path))
    assert open_data(None, str(shards), "train").size == 12
    assert scanned == []
    write(shards / "train-00001-of-00003", range(2))
    assert open_data(None, str(shards), "train").size == 14
    assert len(scanned) == 3
    for kept in (cache / "records").iterdir():
        kept.write_bytes(kept.read_bytes()[:50])
    assert open_data(None, str(shards), "train").size == 14


def test_damaged_files_are_sentences(shards: Path) -> None:
    path = shards / "train-00002-of-00003"
    whole = path.read_bytes()
    for contents, said in [
        (whole[:-1], "is damaged or cut off in record 6, counted from 0"),
        (whole + b"abc", "is damaged or cut off in record 7, counted from 0"),
        (whole[:3] + b"\1" + whole[4:], "is no TFRecord file, or is cut off in its first record"),
        (b"no record at all", "is no TFRecord file, or is cut off in its first record"),
        (b"\x1f\x8b\x08\x00" + bytes(30), "is compressed as a whole"),
    ]:
        path.write_bytes(contents)
        with pytest.raises(Stop, match=said) as stopped:
            open_data(None, str(shards), "train")
        assert stopped.value.diagnostics[0].code == "AS704"


@pytest.mark.parametrize("place", [0, 0.3, 0.7, 1])
def test_every_changed_bit_is_noticed(place: float, tmp_path: Path) -> None:
    """Also in a picture, which could be decoded all the same."""
    write(tmp_path / "data" / "train-0", range(3))
    path = tmp_path / "data" / "train-0"
    whole = bytearray(path.read_bytes())
    length = len(serialized({"image/encoded": png(0), "image/class/label": 0}))
    start = 12 + length + 4 + 12
    dataset = open_data(TFRecord(pattern=f"{tmp_path}/data/*"), None, "train")
    whole[start + round(place * (length - 1))] ^= 1
    path.write_bytes(whole)
    with pytest.raises(Stop, match="train-0, record 1 cannot be read: its checksum is another") as stopped:
        open_data(TFRecord(pattern=f"{tmp_path}/data/*"), None, "train")
    assert stopped.value.diagnostics[0].code == "AS710"
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(dataset, (Resize(size=(2, 2)),), {"image": (2, 2, 3)}, 2))
    found = explain_data_error(raised.value, dataset)
    assert found is not None and found.diagnostics[0].code == "AS710"
    assert "train-0, record 1, cannot be read: its checksum is another" in str(found)


def test_a_file_that_has_gone_is_named(shards: Path) -> None:
    dataset = open_data(None, str(shards), "train")
    (shards / "train-00002-of-00003").unlink()
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(dataset, (Resize(size=(2, 2)),), {"image": (2, 2, 3)}, 2))
    found = explain_data_error(raised.value, dataset)
    assert found is not None and found.diagnostics[0].code == "AS710"
    assert "train-00002-of-00003, record 0, cannot be read: [Errno 2] No such file" in str(found)
