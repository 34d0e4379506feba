"""MNIST, CIFAR-10, folders, and what stands behind --data."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.data import Cifar10, Folder, Mnist, Sample, TFRecord
from archspec.compiler.language.registry import builtin
from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.open import SOURCES, data_form, open_data

RANDOM = np.random.default_rng(5)


def labels_of(dataset: Dataset) -> list[int]:
    return [int(label) for _, _, label in dataset.examples()]


def images_of(dataset: Dataset) -> np.ndarray:
    return np.stack([image.numpy() for _, image, _ in dataset.examples()])


def test_every_form_has_its_source() -> None:
    assert set(SOURCES) == set(builtin().families["data"].values())


# MNIST


def write_idx(path: Path, array: np.ndarray) -> None:
    contents = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(contents) if path.suffix == ".gz" else contents)


@pytest.fixture
def digits(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """A folder in MNIST's form, with its training images and labels."""
    images, labels = RANDOM.integers(0, 256, (7, 28, 28), np.uint8), RANDOM.integers(0, 10, 7).astype(np.uint8)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    write_idx(tmp_path / "t10k-images.idx3-ubyte", images[:2])
    write_idx(tmp_path / "t10k-labels.idx1-ubyte.gz", labels[:2])
    return tmp_path, images, labels


def test_mnist_is_read_gzipped_or_not(digits: tuple[Path, np.ndarray, np.ndarray]) -> None:
    folder, images, labels = digits
    dataset = open_data(Mnist(path=str(folder)), None, "train")
    assert (dataset.size, dataset.shape, dataset.classes) == (7, (28, 28, 1), tuple("0123456789"))
    np.testing.assert_array_equal(images_of(dataset)[..., 0], images)
    assert labels_of(dataset) == labels.tolist()
    assert (open_data(Mnist(path=str(folder)), None, "eval").split, labels_of(dataset)[:2]) == ("test", [*labels[:2]])


def test_the_real_mnist(shared: Path) -> None:
    dataset = open_data(None, str(shared / "data" / "mnist"), "eval")
    assert (dataset.size, dataset.split) == (10000, "test")
    assert labels_of(dataset)[:10] == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda c: c[:-1], r"has 15 bytes, its header promises 16"),
        (lambda c: c + b"x", r"has 17 bytes, its header promises 16"),
        (lambda c: b"\x00\x00\x09\x01" + c[4:], "does not begin as an idx file"),
        (lambda c: c[:3], "does not begin as an idx file"),
        (lambda c: c[:4] + struct.pack(">I", 8) + c[8:] + b"\x01", "7 images and 8 labels"),
    ],
)
def test_damaged_idx_files_are_sentences(tmp_path: Path, damage: object, said: str) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((7, 2, 2), np.uint8))
    labels = bytes([0, 0, 8, 1]) + struct.pack(">I", 8) + bytes(8)
    if "7 images" not in said:
        write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((8, 2, 2), np.uint8))
    else:
        damage = lambda c: c  # noqa: E731
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(damage(labels))  # type: ignore[operator]
    with pytest.raises(Stop, match=said) as stopped:
        open_data(Mnist(path=str(tmp_path)), None, "train")
    assert stopped.value.diagnostics[0].code == "AS704"


def test_a_cut_gzip_file_is_a_sentence(digits: tuple[Path, np.ndarray, np.ndarray]) -> None:
    path = digits[0] / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(Stop, match=r"train-images-idx3-ubyte\.gz cannot be read"):
        open_data(Mnist(path=str(digits[0])), None, "train")


# CIFAR-10


def cifar_rows(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images [n, 32, 32, 3], the rows that the files hold of them, and labels."""
    images = RANDOM.integers(0, 256, (count, 32, 32, 3), np.uint8)
    return images, images.transpose(0, 3, 1, 2).reshape(count, 3072), RANDOM.integers(0, 10, count)


def test_the_binary_cifar10(tmp_path: Path) -> None:
    images, rows, labels = cifar_rows(10)
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for number in range(5):
        part = slice(2 * number, 2 * number + 2)
        contents = np.concatenate([labels[part, None].astype(np.uint8), rows[part]], 1).tobytes()
        (folder / f"data_batch_{number + 1}.bin").write_bytes(contents)
    dataset = open_data(Cifar10(path=str(tmp_path)), None, "train")
    np.testing.assert_array_equal(images_of(dataset), images)
    assert labels_of(dataset) == labels.tolist()
    with pytest.raises(Stop, match="has no split validation or test; it has train"):
        open_data(Cifar10(path=str(tmp_path)), None, "eval")
    (folder / "data_batch_3.bin").write_bytes(b"short")
    with pytest.raises(Stop, match=r"data_batch_3\.bin is no batch of CIFAR-10, or is damaged"):
        open_data(Cifar10(path=str(tmp_path)), None, "train")


@pytest.mark.parametrize("protocol", [2, 4])
def test_the_python_cifar10(tmp_path: Path, protocol: int) -> None:
    images, rows, labels = cifar_rows(3)
    batch = {"data": rows, "labels": labels.tolist(), "filenames": ["a", "b", "c"]}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch, protocol))
    dataset = open_data(Cifar10(path=str(tmp_path)), None, "eval")
    np.testing.assert_array_equal(images_of(dataset), images)
    assert labels_of(dataset) == labels.tolist()
    assert dataset.classes is not None
    assert dataset.classes[3] == "cat"


class Attack:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def test_a_pickle_runs_no_code(tmp_path: Path) -> None:
    batch = {"data": np.zeros((1, 3072), np.uint8), "labels": [0], "more": Attack(tmp_path / "attacked")}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(Stop, match="test_batch is no batch of CIFAR-10") as stopped:
        open_data(Cifar10(path=str(tmp_path)), None, "eval")
    assert "system has no place in a data set" in str(stopped.value.__cause__)
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize(
    "batch", [{}, [], {"data": np.zeros((2, 5), np.uint8), "labels": [0, 1]}, {"data": 5, "labels": []}]
)
def test_other_pickles_are_sentences(tmp_path: Path, batch: object) -> None:
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(Stop, match="test_batch is no batch of CIFAR-10, or is damaged"):
        open_data(Cifar10(path=str(tmp_path)), None, "eval")


# Folders


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, (4, 4, 3), np.uint8)).save(path)


def files_of(dataset: Dataset) -> set[str]:
    return {dataset.place(index) for index in range(dataset.size)}


def test_folders_named_for_splits(tmp_path: Path) -> None:
    for name in ("train/b/1.png", "train/a/2.jpg", "train/a/deep/3.png", "val/a/4.png", "test/b/5.png"):
        picture(tmp_path / name)
    picture(tmp_path / "train" / ".hidden" / "6.png")
    (tmp_path / "train" / "a" / ".DS_Store").write_text("hidden")
    (tmp_path / "README.txt").write_text("beside the classes")
    train = open_data(Folder(path=str(tmp_path)), None, "train")
    assert [os.path.relpath(train.place(index), tmp_path) for index in range(train.size)] == [
        "train/a/2.jpg",
        "train/a/deep/3.png",
        "train/b/1.png",
    ]
    assert (train.classes, labels_of(train)) == (("a", "b"), [0, 0, 1])
    found = open_data(Folder(path=str(tmp_path)), None, "eval")
    assert (found.split, found.classes, found.size) == ("validation", ("a", "b"), 1)
    by_name = open_data(Folder(path=str(tmp_path), split="test"), None, "eval")
    assert (by_name.split, labels_of(by_name)) == ("test", [1])
    with pytest.raises(Stop, match="has no split holdout; it has test, train, validation"):
        open_data(Folder(path=str(tmp_path)), None, "holdout")
    picture(tmp_path / "test" / "c" / "7.png")
    with pytest.raises(Stop, match="has the class c, which the training images have not"):
        open_data(Folder(path=str(tmp_path)), None, "test")


def test_one_in_ten_is_kept_for_validation_whatever_else_is_there(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        (tmp_path / "ab"[number % 2] / f"{number}.jpg").touch()
    form = Folder(path=str(tmp_path))
    train, validation = open_data(form, None, "train"), open_data(form, None, "eval")
    assert train.size + validation.size == 300
    assert not files_of(train) & files_of(validation)
    assert 15 < validation.size < 45
    for number in range(100):
        (tmp_path / "a" / f"new{number}.jpg").touch()
    assert files_of(validation) <= files_of(open_data(form, None, "eval"))
    assert files_of(train) <= files_of(open_data(form, None, "train"))


def test_mistakes_in_folders_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="there is no folder"):
        open_data(Folder(path=str(tmp_path / "none")), None, "train")
    with pytest.raises(Stop, match="has no folders"):
        open_data(Folder(path=str(tmp_path)), None, "train")
    (tmp_path / "a").mkdir()
    with pytest.raises(Stop, match="has no image for train"):
        open_data(Folder(path=str(tmp_path)), None, "train")
    picture(tmp_path / "a" / "1.png")
    for name in ("notes.txt", "z.tiff"):
        (tmp_path / "a" / name).write_text("no image")
    with pytest.raises(Stop, match=r"a/notes\.txt and 1 more file are no image by name") as stopped:
        open_data(Folder(path=str(tmp_path)), None, "train")
    assert stopped.value.diagnostics[0].code == "AS711"


def test_names_need_not_be_ascii(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "Tür" / "größe 1.png")
    dataset = open_data(None, str(tmp_path), "train")
    assert dataset.classes == ("Tür",)
    assert images_of(dataset).shape == (1,)


# --data


def test_what_a_folder_holds_is_recognized(tmp_path: Path, digits: tuple[Path, np.ndarray, np.ndarray]) -> None:
    assert data_form("sample") == Sample()
    assert data_form(str(digits[0])) == Mnist(path=str(digits[0]))
    for name in ("cifar/cifar-10-batches-py/test_batch", "shards/train-00000-of-00001", "named/x.tfrecord"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    picture(tmp_path / "pictures" / "a" / "1.png")
    picture(tmp_path / "split" / "train" / "a" / "1.png")
    forms = {name: data_form(str(tmp_path / name)) for name in ("cifar", "shards", "named", "pictures", "split")}
    kinds = {name: type(form) for name, form in forms.items()}
    assert kinds == {"cifar": Cifar10, "shards": TFRecord, "named": TFRecord, "pictures": Folder, "split": Folder}
    assert type(data_form(str(tmp_path / "shards" / "train-*"))) is TFRecord


def test_what_is_not_recognized_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="holds no data set that is known") as stopped:
        open_data(None, str(tmp_path), "train")
    assert "idx files" in str(stopped.value.diagnostics[0].help)
    with pytest.raises(Stop, match="nowhere is neither sample nor a folder or file pattern"):
        open_data(None, "nowhere", "train")
    with pytest.raises(Stop, match="no data is given"):
        open_data(None, None, "train")


def test_the_command_line_wins_and_the_networks_offset_stays(digits: tuple[Path, np.ndarray, np.ndarray]) -> None:
    form = TFRecord(pattern="nowhere-*", labels_offset=1, split="holdout")
    dataset = open_data(form, str(digits[0]), "eval")
    assert (dataset.split, dataset.labels_offset) == ("test", 1)
    assert open_data(form, str(digits[0]), "eval", labels_offset=0).labels_offset == 0
    assert tf.as_dtype(next(iter(dataset.examples()))[2].dtype) == tf.int32
