"""Pairs, batches by class, and what is held out of training data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from archspec.compiler.language.forms.data import Batches, Data, Folder, Mnist, Pairs
from archspec.compiler.language.forms.preprocess import geometry
from archspec.runtime.data.open import open_data
from archspec.runtime.data.order import order_of
from archspec.runtime.data.pipeline import evaluation_batches, training_batches
from tests.runtime.examples import picture, stopped


def digits(folder: Path, classes: int = 4, each: int = 6) -> Path:
    for kind in range(classes):
        for number in range(each):
            picture(folder / "train" / f"c{kind}" / f"{number}.png", np.full((4, 4), 40 * kind + number, np.uint8))
    return folder


def test_pairs_are_of_one_class_as_often_as_asked(tmp_path: Path) -> None:
    form = Pairs(source=Folder(path=str(digits(tmp_path))), features=("left", "right"), same=0.25)
    dataset = open_data(form, None, "train")
    assert dataset.size == 24 and set(dataset.features) == {"left", "right", "same"}
    shapes, steps = {"left": (4, 4, 1), "right": (4, 4, 1)}, (geometry.Resize(size=(4, 4)),)
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


def test_pairs_stay_within_their_part(tmp_path: Path) -> None:
    """No picture stands in pairs of training and of evaluation; where evaluation has its own source, all are used."""
    root = digits(tmp_path, each=30) / "train"
    seen = {}
    for form in (
        Pairs(source=Folder(path=str(root), held_out=0.25)),
        Pairs(source=Folder(path=str(root)), held_out=0.25),
    ):
        for split in ("train", "eval"):
            data = open_data(form, None, split)
            batches = evaluation_batches(
                data, (geometry.Resize(size=(4, 4)),), {"left": (4, 4, 1), "right": (4, 4, 1)}, 9
            )
            pictures = [np.rint(batch[side][:, 0, 0, 0] * 255) for batch in batches for side in ("left", "right")]
            seen[split] = set(np.concatenate(pictures).tolist())
        assert seen["train"] and seen["eval"] and not seen["train"] & seen["eval"]
    plain = Pairs(source=Folder(path=str(root)))
    assert [open_data(plain, None, split, whole=True).size for split in ("train", "eval")] == [120, 120]
    assert sum(open_data(plain, None, split).size for split in ("train", "eval")) == 120


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
                (geometry.Resize(size=(4, 4)),),
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
