"""Examples from files that pair by name, and the maps that move with their pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.data import Files
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
)
from archspec.compiler.language.forms.preprocess import color, geometry
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.open import open_data
from archspec.runtime.data.pipeline import evaluation_batches, training_batches
from tests.runtime.examples import RANDOM, picture, stopped

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
    steps = (geometry.Resize(size=(6, 9)),)
    batch = next(iter(evaluation_batches(dataset, steps, {"image": (6, 9, 3)}, 4)))
    assert (batch["mask"].dtype, batch["mask"].shape.as_list()) == (tf.int32, [4, 6, 9])
    np.testing.assert_array_equal(batch["mask"][0], maps[0])


def test_files_that_need_not_pair_begin_again_where_they_are_fewer(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "a" / f"{number}.png", np.full((4, 4, 3), number, np.uint8))
    for number in range(2):
        picture(tmp_path / "b" / f"other{number}.png", np.full((4, 4, 3), 10 + number, np.uint8))
    features = {"x": ImageKind(source="a/*.png"), "y": ImageKind(source="b/*.png")}
    assert "have no b/*.png: 0, 1, 2" in stopped(lambda: open_data(files(tmp_path, features), None, "train"), "AS719")
    dataset = open_data(files(tmp_path, features, paired=False), None, "train")
    assert dataset.size == 3
    steps = (geometry.Resize(size=(4, 4)),)
    batch = next(iter(evaluation_batches(dataset, steps, {"x": (4, 4, 3), "y": (4, 4, 3)}, 3)))
    for name, numbers in (("x", [0, 1, 2]), ("y", [10, 11, 10])):
        np.testing.assert_allclose(batch[name].numpy()[:, 0, 0, 0] * 255, numbers, rtol=1e-5)
    assert dataset.identity is not None and len(set(map(dataset.identity, range(3)))) == 3


MOVING = [
    geometry.RandomScale(factor=(0.5, 2.0)),
    geometry.RandomResizedCrop(size=(48, 48)),
    geometry.RandomFlip(),
    geometry.CentralCrop(fraction=0.5),
    geometry.Resize(size=(64, 80), grid="center"),
    geometry.ResizeShorter(side=50),
    geometry.RandomResizeShorter(side=(40, 90)),
    geometry.RandomCrop(size=(40, 56)),
    geometry.CropOrPad(size=(120, 60)),
    geometry.Pad(amount=5),
]


@pytest.mark.parametrize("step", MOVING, ids=lambda step: step.NAME)
def test_a_map_moves_with_its_picture(voc: tuple[Path, list[np.ndarray]], step: Any) -> None:
    """The picture's red says its pixel's class; at the borders of classes colours are mixed and may say another."""
    folder, _ = voc
    dataset = open_data(files(folder), None, "train")
    steps = (step, color.RandomBrightness(amount=0.0), geometry.CropOrPad(size=(96, 96)))
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
    painted = (
        geometry.Resize(size=(6, 9)),
        color.ColorJitter(),
        color.Normalize(mean=(127.5,), scale=127.5),
        color.Standardize(),
    )
    batch = next(iter(evaluation_batches(dataset, painted, {"image": (6, 9, 3)}, 4)))
    np.testing.assert_array_equal(batch["mask"][0], maps[0])
    apart = (geometry.Resize(size=(6, 9)), geometry.Resize(size=(12, 18), on=("image",)))
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
        list(evaluation_batches(dataset, (geometry.Resize(size=(6, 9)),), {"image": (6, 9, 3)}, 4))
    found = explain_data_error(raised.value, dataset)
    assert found is not None and found.diagnostics[0].code == "AS713"
    assert "`image` and `mask` differ in size" in str(found) and "112x144 and 144x112" in str(found)


def test_maps_that_end_in_any_size_are_refused_at_once(voc: tuple[Path, list[np.ndarray]]) -> None:
    dataset = open_data(files(voc[0]), None, "train")
    steps = (geometry.Resize(size=(6, 9), on=("image",)),)
    said = stopped(lambda: evaluation_batches(dataset, steps, {"image": (6, 9, 3)}, 4), "AS712")
    assert said == "the preprocess steps leave `mask` in any size"


def test_files_hold_pictures_and_maps_only(tmp_path: Path) -> None:
    said = stopped(lambda: open_data(files(tmp_path, {"kind": ClassKind(source="*.txt")}), None, "train"), "AS717")
    assert "`kind` is a class, and files hold features of the kinds image and class_map" in said
    said = stopped(lambda: open_data(files(tmp_path, {"image": ImageKind(source="a.jpg")}), None, "train"), "AS717")
    assert "means one file" in said
