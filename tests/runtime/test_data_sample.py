"""The sample: made once, whole, with no pixel in both of its splits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from archspec.diagnostics import Stop
from archspec.runtime.data import sample
from archspec.runtime.data.open import open_data

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("cache")


def test_the_sample_is_made_once(capfd: pytest.CaptureFixture[str], cache: Path) -> None:
    train = open_data(None, "sample", "train")
    assert "made the sample data set" in capfd.readouterr().err
    validation = open_data(None, "sample", "eval")
    assert "made" not in capfd.readouterr().err
    assert (train.name, train.split, train.size) == ("sample", "train", 600)
    assert (validation.split, validation.size) == ("validation", 200)
    assert train.classes == tuple(name.partition(".")[0] for name in sample.PICTURES)
    for dataset, each in ((train, 60), (validation, 20)):
        counted = Counter(int(example["label"]) for _, example in dataset.examples())
        assert counted == dict.fromkeys(range(10), each)
    assert sorted(os.listdir(cache)) == ["records", "sample-1"]


def test_no_pixel_is_in_both_splits() -> None:
    """Crops of a picture in which no two pixels are alike."""
    pixels = np.arange(427 * 640, dtype=np.int32).reshape(427, 640)
    crops = {
        split: [np.array(crop) for crop in sample._crops(Image.fromarray(pixels), split, Random(1))]
        for split in sample.CROPS
    }
    seen = {split: set(np.concatenate([crop.ravel() for crop in one])) for split, one in crops.items()}
    assert not seen["train"] & seen["validation"]
    # Both splits reach every edge of the picture.
    assert all({pixel // 640 // 100 for pixel in one} == {0, 1, 2, 3, 4} for one in seen.values())
    assert all({pixel % 640 // 100 for pixel in one} == set(range(7)) for one in seen.values())
    assert all(crop.shape[0] == crop.shape[1] >= 48 for one in crops.values() for crop in one)
    assert len({crop.shape for crop in crops["train"]}) > 20


@pytest.mark.parametrize("damage", ["cut", "removed", "manifest", "list"])
def test_a_damaged_sample_is_made_again(cache: Path, damage: str) -> None:
    folder = sample.sample_folder()
    before = json.loads((folder / "manifest.json").read_text())
    path = folder / ("manifest.json" if damage in ("manifest", "list") else next(n for n in before if "train" in n))
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(b"[1]" if damage == "list" else path.read_bytes()[:-10])
    assert not sample.is_whole(folder)
    assert sample.is_whole(sample.sample_folder())
    # The same crops again, byte by byte.
    assert json.loads((folder / "manifest.json").read_text()) == before
    assert os.listdir(cache) == ["sample-1"]


def test_several_processes_make_it_at_once(cache: Path) -> None:
    (cache / "sample-1").mkdir(parents=True)
    (cache / "sample-1" / "manifest.json").write_text("{broken")
    program = "from archspec.runtime.data.sample import *; assert is_whole(sample_folder())"
    ranks = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(3)]
    assert [rank.wait() for rank in ranks] == [0, 0, 0]
    assert os.listdir(cache) == ["sample-1"]


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ARCHSPEC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(Stop, match="cannot be written: Not a directory") as stopped:
        open_data(None, "sample", "train")
    assert stopped.value.diagnostics[0].code == "AS702"
