"""Examples of named features from every source: what is read, what is wrong with it, and what comes of it in a batch."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms import preprocess as forms
from archspec.compiler.language.forms.data import Arrays, Batches, Csv, Data, Files, Folder, Mnist, Pairs, TFRecord
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.open import from_folder, open_data
from archspec.runtime.data.order import order_of
from archspec.runtime.data.pipeline import evaluation_batches, training_batches
from archspec.runtime.data.views import bounded, numbered_as

RANDOM = np.random.default_rng(11)
VOCABULARY = "<pad>\n<unk>\nthe\nfilm\nwas\ngood\n"


def picture(path: Path, pixels: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, (8, 8, 3), np.uint8) if pixels is None else pixels
    Image.fromarray(pixels).save(path)
    return path


def one(dataset: Dataset, index: int) -> dict[str, Any]:
    """An example's features, pictures decoded no further."""
    return {name: value.numpy() for name, value in dataset.example(tf.constant(index, tf.int64)).items()}


def stopped(work: Callable[[], object], code: str) -> str:
    with pytest.raises(Stop) as found:
        work()
    assert [d.code for d in found.value.diagnostics] == [code] * len(found.value.diagnostics)
    assert all(d.help for d in found.value.diagnostics)
    return "\n".join(d.message for d in found.value.diagnostics)


# Tables

FACES = {
    "image": ImageKind(source="path"),
    "patient": NumbersKind(columns=("height", "weight")),
    "gender": ClassKind(names=("female", "male")),
    "age": NumberKind(missing=-1),
}
LINES = ["path,height,weight,gender,age", "p/0.png,1.8,80,male,31", "p/1.png,1.6,55.5,female,-1", '"p/2.png",1.7,60,1,']


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A table of three rows with a picture each."""
    for number in range(3):
        picture(tmp_path / "p" / f"{number}.png", np.full((4, 4, 3), number, np.uint8))
    return table(tmp_path, LINES)


def table(folder: Path, lines: list[str], name: str = "faces.csv") -> Path:
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder / name


def csv(path: Path, features: dict[str, Any], **more: Any) -> Csv:
    return Csv(path=str(path), features=features, **more)


def test_a_table_has_a_feature_a_column(faces: Path) -> None:
    dataset = open_data(csv(faces, FACES), None, "train")
    assert (dataset.size, dataset.split, dataset.classes) == (3, "train", ("female", "male"))
    assert {name: (one.kind, one.shape, one.dtype) for name, one in dataset.features.items()} == {
        "image": ("image", (None, None, None), "float32"),
        "patient": ("numbers", (2,), "float32"),
        "gender": ("class", (), "int32"),
        "age": ("number", (), "float32"),
        "age.known": ("known", (), "float32"),
    }
    rows = [one(dataset, index) for index in range(3)]
    np.testing.assert_array_equal(
        np.stack([row["patient"] for row in rows]), np.float32([[1.8, 80], [1.6, 55.5], [1.7, 60]])
    )
    assert [int(row["gender"]) for row in rows] == [1, 0, 1]
    assert [(float(row["age"]), float(row["age.known"])) for row in rows] == [(31, 1), (0, 0), (0, 0)]
    assert [int(tf.io.decode_png(row["image"])[0, 0, 0]) for row in rows] == [0, 1, 2]
    assert dataset.place(2) == f"{faces}:4"
    batch = next(iter(evaluation_batches(dataset, (forms.Resize(size=(4, 4)),), {"image": (4, 4, 3)}, 3)))
    assert {name: (value.dtype, value.shape.as_list()) for name, value in batch.items()} == {
        "image": (tf.float32, [3, 4, 4, 3]),
        "patient": (tf.float32, [3, 2]),
        "gender": (tf.int32, [3]),
        "age": (tf.float32, [3]),
        "age.known": (tf.float32, [3]),
        "index": (tf.int64, [3]),
    }


@pytest.mark.parametrize(
    ("line", "cell", "code", "said"),
    [
        (2, "p/1.png,1.6,heavy,female,-1", "AS718", ":3: `weight` is `heavy`, which is no number"),
        (2, "p/1.png,1.6,nan,female,-1", "AS718", ":3: `weight` is `nan`, which is no number"),
        (2, "p/1.png,1.6,,female,-1", "AS718", ":3: `weight` is empty, which is no number"),
        (1, "p/0.png,1,1,other,1", "AS718", ":2: `gender` is `other`, which is no class"),
        (1, "p/0.png,1,1,2,1", "AS718", ":2: `gender` is `2`, which is no class"),
        (1, ",1,1,male,1", "AS718", ":2: `image` names no file"),
        (3, "p/2.png,1,1,male", "AS718", ":4 has 4 cells, and the first line 5"),
        (3, '"p/2.png,1,1,male,1', "AS704", ":4 is damaged: unexpected end of data"),
        (0, "path,height,weight,sex,age", "AS717", " has no column `gender`, which `gender` is read from"),
        (0, "path,height,height,gender,age", "AS704", " has two columns height"),
        (2, "p/none.png,1.6,1,female,-1", "AS710", "p/none.png cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_line(
    faces: Path, line: int, cell: str, code: str, said: str
) -> None:
    lines = LINES.copy()
    lines[line] = cell
    found = stopped(lambda: open_data(csv(table(faces.parent, lines), FACES), None, "train"), code)
    assert said in found and found.startswith(str(faces.parent))


def test_tables_that_are_none(tmp_path: Path) -> None:
    features = {"age": NumberKind()}
    for contents, code, said in [
        (b"", "AS704", "is empty"),
        (b"age\n", "AS703", "has no line below the names"),
        (b"age\n\xff\xfe\n", "AS704", "is not UTF-8 text"),
    ]:
        (tmp_path / "x.csv").write_bytes(contents)
        assert said in stopped(lambda: open_data(csv(tmp_path / "x.csv", features), None, "train"), code)
    assert "No such file" in stopped(lambda: open_data(csv(tmp_path / "no.csv", features), None, "train"), "AS703")
    (tmp_path / "x.csv").write_bytes("\ufeffage\r\n7\r\n\r\n8\r\n".encode())
    dataset = open_data(csv(tmp_path / "x.csv", features), None, "train")
    assert [float(one(dataset, index)["age"]) for index in range(dataset.size)] == [7, 8]
    assert dataset.place(1) == f"{tmp_path}/x.csv:4"


def test_words_of_a_tsv(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(VOCABULARY)
    path = table(tmp_path, ["sentence\tlabel", 'The "film was GOOD\tpos', "good\tneg", "\tneg"], "x.tsv")
    kind = WordsKind(source="sentence", vocabulary="words.txt", length=3)
    form = from_folder(Csv(path="x.tsv", features={"tokens": kind, "label": ClassKind()}), str(path.parent))
    dataset = open_data(form, None, "train")
    assert np.stack([one(dataset, index)["tokens"] for index in range(3)]).tolist() == [[2, 1, 4], [5, 0, 0], [0, 0, 0]]
    assert dataset.classes == ("neg", "pos")
    assert [int(one(dataset, index)["label"]) for index in range(3)] == [1, 0, 0]
    cased = kind.replace(lower=False, vocabulary=str(tmp_path / "words.txt"))
    assert one(open_data(csv(path, {"tokens": cased}), None, "train"), 0)["tokens"].tolist() == [1, 1, 4]
    missing = kind.replace(padding="<fill>", vocabulary=str(tmp_path / "words.txt"))
    said = stopped(lambda: open_data(csv(path, {"tokens": missing}), None, "train"), "AS704")
    assert "words.txt has no word <fill>, which stands for padding words" in said
    gone = kind.replace(vocabulary=str(tmp_path / "no.txt"))
    assert "no.txt cannot be read" in stopped(lambda: open_data(csv(path, {"tokens": gone}), None, "train"), "AS703")


def test_what_is_held_out_of_a_table(tmp_path: Path) -> None:
    lines = ["x", *map(str, range(400))]
    path, features = table(tmp_path, lines), {"x": NumberKind()}

    def values(split: str, **more: Any) -> set[float]:
        dataset = open_data(csv(path, features, **more), None, split)
        return {float(one(dataset, index)["x"]) for index in range(dataset.size)}

    train, held = values("train", held_out=0.25), values("eval", held_out=0.25)
    assert train | held == set(range(400)) and not train & held and 60 < len(held) < 140
    table(tmp_path, [*lines, *map(str, range(400, 600))])
    assert held <= values("eval", held_out=0.25) and train <= values("train", held_out=0.25)
    assert len(values("train")) == 600
    said = stopped(lambda: open_data(csv(path, features), None, "eval"), "AS701")
    assert "has no examples for eval" in said
    assert open_data(csv(path, features), None, "eval", whole=True).size == 600


def test_classes_are_matched_by_name(tmp_path: Path) -> None:
    train = open_data(csv(table(tmp_path, ["kind", "b", "c", "a", "c"], "a.csv"), {"kind": ClassKind()}), None, "train")
    other = open_data(csv(table(tmp_path, ["kind", "c", "b"], "b.csv"), {"kind": ClassKind()}), None, "train")
    assert [int(one(other, index)["kind"]) for index in range(2)] == [1, 0]
    matched = numbered_as(other, train.class_names)
    assert [int(one(matched, index)["kind"]) for index in range(2)] == [2, 1]
    assert (matched.classes, matched.features["kind"].classes) == (("a", "b", "c"), 3)
    assert matched.labels is not None and matched.labels.tolist() == [2, 1]
    said = stopped(lambda: numbered_as(train, other.class_names), "AS705")
    assert "has the kind a, which the training data has not" in said


def test_a_class_that_a_network_does_not_have_is_an_error(tmp_path: Path) -> None:
    dataset = open_data(csv(table(tmp_path, ["kind", "0", "7", "1"]), {"kind": ClassKind()}), None, "train")
    assert dataset.features["kind"].classes == 8 and dataset.classes is None
    few = bounded(dataset, "kind", 2)
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(few, (), {}, 3))
    found = explain_data_error(raised.value, few)
    assert found is not None and "faces.csv:3, has the kind 7, and the data set's classes are 0 to 1" in str(found)


# Files that pair by name

VOC = {
    "image": ImageKind(source="images/*.jpg"),
    "mask": ClassMapKind(source="masks/*.png", classes=21, ignore=255),
}


@pytest.fixture
def voc(tmp_path: Path) -> tuple[Path, list[np.ndarray]]:
    """Four pictures whose red says what class a pixel is, with their maps."""
    maps = []
    for number in range(4):
        classes = RANDOM.integers(0, 21, (6 + number, 9)).astype(np.uint8)
        classes[0, 0] = 255
        red = np.stack([np.where(classes == 255, 0, classes * 12)] * 3, -1).astype(np.uint8)
        red = np.kron(red, np.ones((16, 16, 1), np.uint8))
        picture(tmp_path / "images" / f"{number}.jpg", red)
        mask = Image.fromarray(np.kron(classes, np.ones((16, 16), np.uint8)))
        if number % 2:
            mask = mask.convert("P") if number == 1 else palette(mask)
        (tmp_path / "masks").mkdir(exist_ok=True)
        mask.save(tmp_path / "masks" / f"{number}.png")
        maps.append(classes)
    return tmp_path, maps


def palette(grey: Image.Image) -> Image.Image:
    """The same numbers as indices of colours, as VOC's masks are."""
    found = Image.frombytes("P", grey.size, grey.tobytes())
    found.putpalette([value for number in range(256) for value in (number * 7 % 256, number * 3 % 256, 255 - number)])
    return found


def files(folder: Path, features: dict[str, Any] | None = None, **more: Any) -> Files:
    return Files(path=str(folder), features=features or VOC, **more)


def test_files_pair_by_name(voc: tuple[Path, list[np.ndarray]]) -> None:
    folder, maps = voc
    dataset = open_data(files(folder), None, "train")
    assert dataset.size == 4 and dataset.place(2) == f"{folder}/images/2.jpg"
    steps = (forms.Resize(size=(6, 9)),)
    batch = next(iter(evaluation_batches(dataset, steps, {"image": (6, 9, 3)}, 4)))
    assert (batch["mask"].dtype, batch["mask"].shape.as_list()) == (tf.int32, [4, 6, 9])
    np.testing.assert_array_equal(batch["mask"][0], maps[0])


MOVING = [
    forms.RandomScale(factor=(0.5, 2.0)),
    forms.RandomResizedCrop(size=(48, 48)),
    forms.RandomFlip(),
    forms.CentralCrop(fraction=0.5),
    forms.Resize(size=(64, 80), grid="center"),
    forms.ResizeShorter(side=50),
    forms.RandomResizeShorter(side=(40, 90)),
    forms.RandomCrop(size=(40, 56)),
    forms.CropOrPad(size=(120, 60)),
    forms.Pad(amount=5),
]


@pytest.mark.parametrize("step", MOVING, ids=lambda step: step.NAME)
def test_a_map_moves_with_its_picture(voc: tuple[Path, list[np.ndarray]], step: Any) -> None:
    """The picture's red says its pixel's class; at the borders of classes colours are mixed and may say another."""
    folder, _ = voc
    dataset = open_data(files(folder), None, "train")
    steps = (step, forms.RandomBrightness(amount=0.0), forms.CropOrPad(size=(96, 96)))
    for batch in training_batches(dataset, steps, {"image": (96, 96, 3)}, 4, seed=7).take(2):
        mask, red = batch["mask"].numpy(), batch["image"].numpy()[..., 0] * 255 / 12
        inside = mask != 255
        assert set(np.unique(mask)) <= {*range(21), 255}
        assert 0.2 < inside.mean() <= 1
        # A mask moved otherwise than its picture would agree in one pixel of 21.
        assert (np.abs(red - mask)[inside] < 0.8).mean() > 0.75


def test_colour_steps_and_steps_on_some_leave_maps_alone(voc: tuple[Path, list[np.ndarray]]) -> None:
    folder, maps = voc
    dataset = open_data(files(folder), None, "train")
    color = (
        forms.Resize(size=(6, 9)),
        forms.ColorJitter(),
        forms.Normalize(mean=(127.5,), scale=127.5),
        forms.Standardize(),
    )
    batch = next(iter(evaluation_batches(dataset, color, {"image": (6, 9, 3)}, 4)))
    np.testing.assert_array_equal(batch["mask"][0], maps[0])
    apart = (forms.Resize(size=(6, 9)), forms.Resize(size=(12, 18), on=("image",)))
    batch = next(iter(evaluation_batches(dataset, apart, {"image": (12, 18, 3)}, 4)))
    assert batch["image"].shape.as_list() == [4, 12, 18, 3] and batch["mask"].shape.as_list() == [4, 6, 9]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda f: (f / "masks/1.png").unlink(), "AS719", "1 of 4 examples have no masks/*.png: 1"),
        (lambda f: (f / "images/1.jpg").rename(f / "images/x.jpg"), "AS719", "have no images/*.jpg: 1\n"),
        (
            lambda f: picture(f / "masks/1.png"),
            "AS711",
            "masks/1.png is a picture in colours (RGB), and a map has one",
        ),
        (lambda f: [p.unlink() for p in (f / "masks").iterdir()], "AS703", "has no file masks/*.png"),
        (lambda f: picture(f / "masks/1.png", np.full((112, 144), 99, np.uint8)), "AS711", "the value 99 in row 0"),
        (lambda f: (f / "masks/1.png").write_text("x"), "AS711", "masks/1.png is text"),
        (lambda f: (f / "images/1.jpg").write_text("x"), "AS711", "images/1.jpg is text"),
    ],
)
def test_what_is_wrong_with_files(
    voc: tuple[Path, list[np.ndarray]], change: Callable[[Path], object], code: str, said: str
) -> None:
    folder, _ = voc
    change(folder)
    found = stopped(lambda: open_data(files(folder), None, "train"), code) + "\n"
    assert said in found


def test_a_fifo_among_the_files_is_refused(voc: tuple[Path, list[np.ndarray]]) -> None:
    folder, _ = voc
    (folder / "masks" / "1.png").unlink()
    os.mkfifo(folder / "masks" / "1.png")
    assert "1.png is a FIFO" in stopped(lambda: open_data(files(folder), None, "train"), "AS709")


def test_a_map_of_another_size_is_a_sentence(voc: tuple[Path, list[np.ndarray]]) -> None:
    folder, _ = voc
    picture(folder / "masks" / "1.png", np.zeros((144, 112), np.uint8))
    dataset = open_data(files(folder), None, "train")
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(dataset, (forms.Resize(size=(6, 9)),), {"image": (6, 9, 3)}, 4))
    found = explain_data_error(raised.value, dataset)
    assert found is not None and found.diagnostics[0].code == "AS713"
    assert "`image` and `mask` differ in size" in str(found) and "112x144 and 144x112" in str(found)


def test_maps_that_end_in_any_size_are_refused_at_once(voc: tuple[Path, list[np.ndarray]]) -> None:
    dataset = open_data(files(voc[0]), None, "train")
    steps = (forms.Resize(size=(6, 9), on=("image",)),)
    said = stopped(lambda: evaluation_batches(dataset, steps, {"image": (6, 9, 3)}, 4), "AS712")
    assert said == "the preprocess steps leave `mask` in any size"


def test_files_hold_pictures_and_maps_only(tmp_path: Path) -> None:
    said = stopped(lambda: open_data(files(tmp_path, {"kind": ClassKind(source="*.txt")}), None, "train"), "AS717")
    assert "`kind` is a class, and files hold features of the kinds image and class_map" in said
    said = stopped(lambda: open_data(files(tmp_path, {"image": ImageKind(source="a.jpg")}), None, "train"), "AS717")
    assert "means one file" in said


# Arrays

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


# Records with keys of their own


def record(**features: Any) -> bytes:
    made = {}
    for key, value in features.items():
        values = value if isinstance(value, list) else [value]
        kind = {bytes: "bytes_list", int: "int64_list", float: "float_list"}[type(values[0])]
        of = {"bytes_list": tf.train.BytesList, "int64_list": tf.train.Int64List, "float_list": tf.train.FloatList}[
            kind
        ]
        made[key] = tf.train.Feature(**{kind: of(value=values)})
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


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
    batch = next(iter(evaluation_batches(dataset, (forms.CropOrPad(size=(4, 5)),), {"image": (4, 5, 3)}, 2)))
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
    assert found.value.diagnostics[0].notes[0].message.endswith("has kind (bytes); wanted are kind (int64)")


# Pairs, and batches by class


def digits(folder: Path, classes: int = 4, each: int = 6) -> Path:
    for kind in range(classes):
        for number in range(each):
            picture(folder / "train" / f"c{kind}" / f"{number}.png", np.full((4, 4), 40 * kind + number, np.uint8))
    return folder


def test_pairs_are_of_one_class_as_often_as_asked(tmp_path: Path) -> None:
    form = Pairs(source=Folder(path=str(digits(tmp_path))), features=("left", "right"), same=0.25)
    dataset = open_data(form, None, "train")
    assert dataset.size == 24 and set(dataset.features) == {"left", "right", "same"}
    shapes, steps = {"left": (4, 4, 1), "right": (4, 4, 1)}, (forms.Resize(size=(4, 4)),)
    batches = list(training_batches(dataset, steps, shapes, 24, seed=1).take(30))
    partners: Counter[tuple[int, int]] = Counter()
    alike = 0
    for batch in batches:
        left, right = (np.rint(batch[name].numpy()[:, 0, 0, 0] * 255).astype(int) for name in shapes)
        np.testing.assert_array_equal(batch["same"], (left // 40 == right // 40).astype(np.float32))
        assert not (left == right).any()
        alike += int(batch["same"].numpy().sum())
        partners.update(zip(left.tolist(), right.tolist(), strict=True))
    assert abs(alike / 720 - 0.25) < 0.06
    assert len(partners) > 300
    again = next(iter(training_batches(dataset, steps, shapes, 24, seed=1, start_step=29)))
    assert all(np.array_equal(again[name], batches[29][name]) for name in again)
    fixed = [next(iter(evaluation_batches(dataset, steps, shapes, 24))) for _ in range(2)]
    assert all(np.array_equal(fixed[0][name], fixed[1][name]) for name in again)


def test_pairs_need_two_classes(tmp_path: Path) -> None:
    form = Pairs(source=Folder(path=str(digits(tmp_path, classes=1))))
    assert "are of one class" in stopped(lambda: open_data(form, None, "train"), "AS717")


@pytest.mark.parametrize("ranks", [1, 2])
def test_batches_by_class(tmp_path: Path, ranks: int) -> None:
    dataset = open_data(Folder(path=str(digits(tmp_path, 5, 6))), None, "train")
    batches = Batches(classes=3, examples=4)
    parts = [
        list(
            training_batches(
                dataset,
                (forms.Resize(size=(4, 4)),),
                {"image": (4, 4, 1)},
                12,
                rank=r,
                ranks=ranks,
                seed=5,
                batches=batches,
            ).take(40)
        )
        for r in range(ranks)
    ]
    order, seen = order_of(dataset, 12, 5, batches), Counter[int]()
    for step in range(40):
        labels = np.concatenate([part[step]["label"] for part in parts])
        indices = np.concatenate([part[step]["index"] for part in parts])
        assert sorted(Counter(labels.tolist()).values()) == [4, 4, 4] and len(set(indices.tolist())) == 12
        assert indices.tolist() == order.indices(step).tolist()
        seen.update(indices.tolist())
    assert len(seen) == 30 and max(seen.values()) < 4 * min(seen.values())


def test_batches_by_class_that_cannot_be(tmp_path: Path) -> None:
    dataset = open_data(Folder(path=str(digits(tmp_path, 2, 3))), None, "train")
    assert "`batch` is 10" in stopped(lambda: order_of(dataset, 10, 0, Batches(classes=2, examples=4)), "AS717")
    assert "which has 2" in stopped(lambda: order_of(dataset, 12, 0, Batches(classes=3, examples=4)), "AS717")
    few = order_of(dataset, 8, 0, Batches(classes=2, examples=4)).indices(3)
    assert sorted(Counter(few.tolist()).values()) == [1, 1, 1, 1, 2, 2]


# A folder with training images only, and part of them held out


@pytest.mark.parametrize("form", [Folder, Mnist])
def test_what_is_held_out_of_training_data(tmp_path: Path, shared: Path, form: type[Data]) -> None:
    if form is Folder:
        found: Data = Folder(path=str(digits(tmp_path, 2, 40)), held_out=0.3)
    else:
        for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
            (tmp_path / name).symlink_to(shared / "data" / "mnist" / name)
        found = Mnist(path=str(tmp_path), held_out=0.3)
    train, held = (open_data(found, None, split) for split in ("train", "eval"))
    assert (train.split, held.split) == ("train", "validation")
    total = train.size + held.size
    assert total == (80 if form is Folder else 60000) and 0.15 < held.size / total < 0.45
    assert held.summary.startswith(f"{held.size} of {total} images")
