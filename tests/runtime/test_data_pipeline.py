"""Batches: the same bits for any number of ranks and after a resume; mistakes in data as sentences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.data import Folder
from archspec.compiler.language.forms.preprocess import color, geometry
from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.labelled import array_dataset
from archspec.runtime.data.labels import check_labels
from archspec.runtime.data.open import open_data
from archspec.runtime.data.order import Shuffled
from archspec.runtime.data.pipeline import evaluation_batches, training_batches

SHAPE = {"image": (12, 12, 3)}
STEPS = (
    geometry.RandomResizedCrop(size=(12, 12)),
    geometry.RandomFlip(),
    color.ColorJitter(hue=0.2, contrast=(0.5, 1.5)),
    color.Normalize(mean=(127.5,), scale=127.5),
)
PLAIN = (geometry.Resize(size=(12, 12)),)
Batch = dict[str, np.ndarray]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with 23 training images of three classes, each with a colour and a size of its own."""
    random = np.random.default_rng(1)
    for number in range(23):
        folder = tmp_path / "pictures" / "train" / "abc"[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        image = random.integers(0, 256, (20 + number, 30 - number // 2, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number:02d}.png")
    return tmp_path / "pictures"


def opened(pictures: Path) -> Dataset:
    return open_data(Folder(path=str(pictures)), None, "train")


def first(batches: tf.data.Dataset, count: int) -> list[Batch]:
    return list(batches.take(count).as_numpy_iterator())


def same(left: Batch, right: Batch) -> bool:
    return all(np.array_equal(left[name], right[name]) for name in ("image", "label", "index"))


def test_an_element_has_the_promised_types(pictures: Path) -> None:
    batches = training_batches(opened(pictures), STEPS, SHAPE, 8)
    spec = {name: (one.dtype, one.shape.as_list()) for name, one in batches.element_spec.items()}
    assert spec == {"image": (tf.float32, [8, 12, 12, 3]), "label": (tf.int32, [8]), "index": (tf.int64, [8])}


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_share_the_batch_of_one_rank_bit_by_bit(pictures: Path, ranks: int) -> None:
    dataset = opened(pictures)
    whole = first(training_batches(dataset, STEPS, SHAPE, 8, seed=3), 7)
    parts = [
        first(training_batches(dataset, STEPS, SHAPE, 8, rank=rank, ranks=ranks, seed=3), 7) for rank in range(ranks)
    ]
    for step, batch in enumerate(whole):
        together = {name: np.concatenate([part[step][name] for part in parts]) for name in batch}
        assert same(together, batch)


def test_a_resumed_run_gets_the_same_bits(pictures: Path) -> None:
    dataset = opened(pictures)
    whole = first(training_batches(dataset, STEPS, SHAPE, 5, seed=3), 11)
    resumed = first(training_batches(dataset, STEPS, SHAPE, 5, seed=3, start_step=7), 4)
    assert all(same(left, right) for left, right in zip(resumed, whole[7:], strict=True))


def test_an_image_changes_from_epoch_to_epoch(pictures: Path) -> None:
    batches = first(training_batches(opened(pictures), STEPS, SHAPE, 23), 2)
    one, other = (batch["image"][batch["index"].tolist().index(4)] for batch in batches)
    assert np.abs(one - other).max() > 0.1


def test_labels_belong_to_their_images(pictures: Path) -> None:
    dataset = opened(pictures)
    for batch in first(training_batches(dataset, PLAIN, SHAPE, 8), 6):
        folders = [Path(dataset.place(index)).parent.name for index in batch["index"].tolist()]
        assert ["abc"[label] for label in batch["label"]] == folders


@pytest.mark.parametrize(("batch", "ranks"), [(4, 1), (23, 1), (50, 1), (4, 3), (1, 2), (2, 30)])
def test_evaluation_has_every_example_once_over_all_ranks(pictures: Path, batch: int, ranks: int) -> None:
    found: list[int] = []
    for rank in range(ranks):
        for element in evaluation_batches(opened(pictures), PLAIN, SHAPE, batch, rank=rank, ranks=ranks):
            assert len(element["image"]) <= batch
            found += element["index"].numpy().tolist()
    assert sorted(found) == list(range(23))


def test_reading_out_of_order_keeps_the_examples(pictures: Path) -> None:
    dataset = opened(pictures)
    ordered = first(training_batches(dataset, PLAIN, SHAPE, 23), 1)[0]
    loose = first(training_batches(dataset, PLAIN, SHAPE, 23, deterministic=False), 3)
    assert sorted(ordered["index"]) == list(range(23))
    assert sorted(np.concatenate([batch["index"] for batch in loose])) == sorted(list(range(23)) * 3)


def test_arrays_are_read_without_decoding() -> None:
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4, 1)
    dataset = array_dataset("digits", "train", images, np.arange(6), tuple("abcdef"))
    batch = first(evaluation_batches(dataset, (), {"image": (4, 4, 1)}, 6), 1)[0]
    np.testing.assert_allclose(batch["image"], images / 255, rtol=1e-6)
    colored = first(evaluation_batches(dataset, (), {"image": (4, 4, 3)}, 6), 1)[0]
    np.testing.assert_allclose(colored["image"], np.repeat(images, 3, -1) / 255, rtol=1e-6)


def test_steps_that_do_not_end_in_the_input_are_refused_at_once(pictures: Path) -> None:
    with pytest.raises(Stop, match=r"\(random_flip\) end in images of any size, but the input is 12x12"):
        training_batches(opened(pictures), (geometry.RandomFlip(),), SHAPE, 8)
    with pytest.raises(Stop, match="end in images of 16x12, but the input is 12x12"):
        evaluation_batches(opened(pictures), (geometry.Resize(size=(16, 12)),), SHAPE, 8)


def error_of(batches: tf.data.Dataset, count: int = 20) -> tuple[tf.errors.OpError, int]:
    """What iterating raises, and after how many batches."""
    done = 0
    try:
        for _ in batches.take(count):
            done += 1
    except tf.errors.OpError as error:
        return error, done
    raise AssertionError("nothing was wrong")


@pytest.mark.parametrize(
    ("contents", "said"), [(b"no image", "is text"), (b"", "is empty"), (None, "is a damaged PNG file, or was cut off")]
)
def test_an_image_that_breaks_later_is_named(pictures: Path, contents: bytes | None, said: str) -> None:
    broken = pictures / "train" / "b" / "04.png"
    dataset = opened(pictures)
    broken.write_bytes(broken.read_bytes()[:100] if contents is None else contents)
    error, done = error_of(training_batches(dataset, PLAIN, SHAPE, 4, seed=3, start_step=2))
    of_the_step = Shuffled(dataset.size, 4, 3).indices(2 + done)
    for indices in (of_the_step, None):
        found = explain_data_error(error, dataset, indices)
        assert found is not None
        assert found.diagnostics[0].code == "AS711"
        assert f"{broken}, {said}" in str(found)


def test_a_file_that_went_away_is_named(pictures: Path) -> None:
    dataset = opened(pictures)
    (pictures / "train" / "c" / "05.png").unlink()
    error, _ = error_of(evaluation_batches(dataset, PLAIN, SHAPE, 4))
    found = explain_data_error(error, dataset)
    assert found is not None
    assert found.diagnostics[0].code == "AS710"
    assert "05.png" in str(found)


def test_an_image_too_small_for_its_crop_is_a_sentence(pictures: Path) -> None:
    error, _ = error_of(
        evaluation_batches(opened(pictures), (geometry.RandomCrop(size=(40, 12)),), {"image": (40, 12, 3)}, 4)
    )
    found = explain_data_error(error, opened(pictures))
    assert found is not None
    assert "preprocess step random_crop: 40x12 is larger than the image there, 20x30, in " in str(found)


def test_an_error_that_no_example_made_is_left_alone(pictures: Path) -> None:
    assert explain_data_error(ValueError("else"), opened(pictures)) is None
    assert explain_data_error(tf.errors.ResourceExhaustedError(None, None, "memory"), opened(pictures)) is None


def test_labels_must_fit_the_network(pictures: Path) -> None:
    check_labels(opened(pictures), 3)
    with pytest.raises(Stop, match="labels 0 to 2, but the network has 2 classes, 0 to 1"):
        check_labels(opened(pictures), 2)
    shifted = open_data(Folder(path=str(pictures), labels_offset=1), None, "train")
    fewer = open_data(Folder(path=str(pictures), labels_offset=-1), None, "train")
    assert fewer.classes == ("b", "c")
    with pytest.raises(tf.errors.InvalidArgumentError, match="a class that is none"):
        fewer.example(tf.constant(0, tf.int64))
    assert shifted.classes == ("background", "a", "b", "c")
    assert first(evaluation_batches(shifted, PLAIN, SHAPE, 23), 1)[0]["label"].tolist() == [1] * 8 + [2] * 8 + [3] * 7
    with pytest.raises(Stop, match="labels 0 to 3, but the network has 3 classes"):
        check_labels(shifted, 3)


def test_labels_without_names_are_looked_at() -> None:
    images, labels = np.zeros([50, 2, 2, 1], np.uint8), np.arange(50)
    dataset = array_dataset("x", "train", images, labels, ())
    check_labels(dataset, 50)
    with pytest.raises(Stop, match="image 49 of its file has the label 49, but the network has 49 classes, 0 to 48"):
        check_labels(dataset, 49)
