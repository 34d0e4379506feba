"""MNIST, CIFAR-10, folders, and what stands behind --data."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tracemalloc
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archspec.compiler.language.fields import Form
from archspec.compiler.language.forms.data import Cifar10, Folder, Mnist, Sample, TFRecord
from archspec.compiler.language.registry import builtin
from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.open import data_form, open_data
from archspec.runtime.data.pickled import plain_values

RANDOM = np.random.default_rng(5)


def labels_of(dataset: Dataset) -> list[int]:
    return [int(example["label"]) for _, example in dataset.examples()]


def images_of(dataset: Dataset) -> np.ndarray:
    return np.stack([example["image"].numpy() for _, example in dataset.examples()])


@pytest.mark.parametrize("form", builtin().families["data"].values(), ids=builtin().families["data"])
def test_every_form_has_its_source(form: type[Form]) -> None:
    module, _, function = form.IMPLEMENTATION.partition(":")  # type: ignore[attr-defined]
    assert callable(getattr(import_module(module), function))


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
    assert (dataset.size, dataset.features["image"].shape, dataset.classes) == (7, (28, 28, 1), tuple("0123456789"))
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
        (lambda c: c + b"x", r"has more than 16 bytes, its header promises 16"),
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


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = bytes([0, 0, 8, 3]) + struct.pack(">III", 1000, 28, 28)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(header + bytes(50_000_000)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 1000) + bytes(1000))
    tracemalloc.start()
    with pytest.raises(Stop, match="has more than 784016 bytes, its header promises 784016"):
        open_data(Mnist(path=str(tmp_path)), None, "train")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    monkeypatch.setenv("ARCHSPEC_MAX_BYTES", "783999")
    with pytest.raises(Stop, match="has 784000 bytes by its header, and ARCHSPEC_MAX_BYTES allows 783999") as stopped:
        open_data(Mnist(path=str(tmp_path)), None, "train")
    assert stopped.value.diagnostics[0].code == "AS707"


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
    parts = [open_data(Cifar10(path=str(tmp_path), held_out=0.5), None, split) for split in ("train", "eval")]
    assert sum(part.size for part in parts) == 10 and parts[1].split == "validation"
    assert {image.tobytes() for part in parts for image in images_of(part)} == {image.tobytes() for image in images}
    (folder / "data_batch_3.bin").write_bytes(b"short")
    with pytest.raises(Stop, match=r"data_batch_3\.bin is no batch of CIFAR-10, or is damaged"):
        open_data(Cifar10(path=str(tmp_path)), None, "train")


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_the_python_cifar10(tmp_path: Path, protocol: int, by_columns: bool) -> None:
    images, rows, labels = cifar_rows(3)
    rows = np.asfortranarray(rows) if by_columns else np.ascontiguousarray(rows)
    batch = {"data": rows, "labels": labels.tolist(), "filenames": ["a", "b", "c"], "batch_label": "1 of 5"}
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
    assert labels_of(open_data(Cifar10(path=str(tmp_path)), None, "eval")) == [0]
    assert plain_values(pickle.dumps(Attack(tmp_path / "attacked"))).name == "posix.system"
    assert not (tmp_path / "attacked").exists()


def test_the_pickle_of_python_2(tmp_path: Path) -> None:
    """As CIFAR-10's own files are written: opcode by opcode, keys and pixels as strings of bytes."""

    def text(value: bytes) -> bytes:
        return (b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value))) + value

    images, rows, labels = cifar_rows(2)
    dtype = b"cnumpy\ndtype\nq\x05" + text(b"u1") + b"K\x00K\x01\x87Rq\x06(K\x03" + text(b"|")
    dtype += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85" + text(b"b") + b"\x87Rq\x04"
    array += b"(K\x01K\x02M\x00\x0c\x86" + dtype + b"\x89" + text(rows.tobytes()) + b"tb"
    numbers = b"]q\x09(" + b"".join(b"K" + bytes([label]) for label in labels.tolist()) + b"e"
    whole = b"\x80\x02}q\x01(" + text(b"labels") + numbers + text(b"data") + array + b"u."
    assert pickle.loads(whole, encoding="latin1")["data"].tobytes() == rows.tobytes()
    (tmp_path / "test_batch").write_bytes(whole)
    dataset = open_data(Cifar10(path=str(tmp_path)), None, "eval")
    np.testing.assert_array_equal(images_of(dataset), images)
    assert labels_of(dataset) == labels.tolist()


class Odd:
    """An array whose pickle is to be something else."""

    def __init__(self, made: object, state: object) -> None:
        self.made, self.state = made, state

    def __reduce__(self) -> tuple[object, ...]:
        return np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), self.state


def state(kind: object, shape: tuple[int, ...] = (1, 3072), data: object = bytes(3072)) -> tuple[object, ...]:
    return 1, shape, kind, False, data


@pytest.mark.parametrize(
    "batch",
    [
        {},
        [],
        5,
        {"data": np.zeros((2, 5), np.uint8), "labels": [0, 1]},
        {"data": 5, "labels": []},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [10]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [-1]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [0.5]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": [0, 0]},
        {"data": np.zeros((1, 3072), np.uint8), "labels": np.zeros(1)},
        {"data": np.zeros((1, 3072), np.int8), "labels": [0]},
        {"data": np.array([["x"] * 3072], object), "labels": [0]},
        {"data": Odd(None, state(np.dtype("u1"), (1, 3073))), "labels": [0]},
        {"data": Odd(None, state(np.dtype("u1"), (1, -3072))), "labels": [0]},
        {"data": Odd(None, state(np.dtype("u1"), data=["pointer"])), "labels": [0]},
        {"data": Odd(None, state("u1")), "labels": [0]},
        {"data": Odd(None, 7), "labels": [0]},
    ],
)
def test_other_pickles_are_sentences(tmp_path: Path, batch: object) -> None:
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(Stop, match="test_batch is no batch of CIFAR-10, or is damaged"):
        open_data(Cifar10(path=str(tmp_path)), None, "eval")


def test_damaged_pickles_are_sentences(tmp_path: Path) -> None:
    """Cut off anywhere, and with one byte changed anywhere but in the pixels."""
    whole = pickle.dumps({"labels": [0], "data": np.zeros((1, 3072), np.uint8)}, 2)
    broken = [whole[:end] for end in range(0, len(whole) - 1, 37)]
    broken += [whole[:place] + bytes([byte]) + whole[place + 1 :] for place in range(60) for byte in (0, 46, 82, 255)]
    for contents in broken:
        (tmp_path / "test_batch").write_bytes(contents)
        try:
            dataset = open_data(Cifar10(path=str(tmp_path)), None, "eval")
        except Stop as stopped:
            assert stopped.diagnostics[0].code == "AS704"
        else:
            assert dataset.size == 1


# Folders


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, (4, 4, 3), np.uint8)).save(path)


def dot() -> bytes:
    """A picture of one pixel."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "GIF")
    return file.getvalue()


DOT = dot()


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
        (tmp_path / "ab"[number % 2] / f"{number}.jpg").write_bytes(DOT)
    form = Folder(path=str(tmp_path))
    train, validation = open_data(form, None, "train"), open_data(form, None, "eval")
    assert train.size + validation.size == 300
    assert not files_of(train) & files_of(validation)
    assert 15 < validation.size < 45
    for number in range(100):
        (tmp_path / "a" / f"new{number}.jpg").write_bytes(DOT)
    assert files_of(validation) <= files_of(open_data(form, None, "eval"))
    assert files_of(train) <= files_of(open_data(form, None, "train"))


def test_mistakes_in_folders_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="there is no folder"):
        open_data(Folder(path=str(tmp_path / "none")), None, "train")
    with pytest.raises(Stop, match="has no folders"):
        open_data(Folder(path=str(tmp_path)), None, "train")
    (tmp_path / "a").mkdir()
    with pytest.raises(Stop, match=r"the folders of .* have no image"):
        open_data(Folder(path=str(tmp_path)), None, "train")
    picture(tmp_path / "a" / "1.png")
    for name in ("notes.txt", "z.tiff"):
        (tmp_path / "a" / name).write_text("no image")
    with pytest.raises(Stop, match=r"a/notes\.txt, .*a/z\.tiff are no images by name") as stopped:
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
    assert (dataset.split, dataset.classes) == ("test", ("background", *"0123456789"))
    as_they_are = open_data(form, str(digits[0]), "eval", labels_offset=0)
    assert as_they_are.classes == tuple("0123456789")
    assert [label + 1 for label in labels_of(as_they_are)] == labels_of(dataset)
