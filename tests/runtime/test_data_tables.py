"""Examples from tables: a column a feature, words by a vocabulary, classes by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.forms.data import Csv
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ImageKind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.compiler.language.forms.preprocess import geometry
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.labels import check_labels
from archspec.runtime.data.open import from_folder, open_data
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.data.views import numbered_as
from tests.runtime.examples import VOCABULARY, one, picture, stopped

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
    batch = next(iter(evaluation_batches(dataset, (geometry.Resize(size=(4, 4)),), {"image": (4, 4, 3)}, 3)))
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
    matched = numbered_as(other, train.class_names, "a.csv")
    assert [int(one(matched, index)["kind"]) for index in range(2)] == [2, 1]
    assert (matched.classes, matched.features["kind"].classes) == (("a", "b", "c"), 3)
    assert matched.labels is not None and matched.labels.tolist() == [2, 1]
    said = stopped(lambda: numbered_as(train, other.class_names, "b.csv"), "AS738")
    assert "has classes that b.csv was not trained on: a" in said


def test_a_class_that_a_network_does_not_have_is_an_error(tmp_path: Path) -> None:
    dataset = open_data(csv(table(tmp_path, ["kind", "0", "7", "1"]), {"kind": ClassKind()}), None, "train")
    assert dataset.features["kind"].classes == 8 and dataset.classes is None
    few = replace(dataset, features={"kind": replace(dataset.features["kind"], classes=2)})
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(few, (), {}, 3))
    found = explain_data_error(raised.value, few)
    assert found is not None and "faces.csv:3, has the kind 7, and the data set's classes are 0 to 1" in str(found)
    assert "has labels 0 to 7, but the network has 2 classes" in stopped(
        lambda: check_labels(dataset, 2, "kind"), "AS705"
    )
