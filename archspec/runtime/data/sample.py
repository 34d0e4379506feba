"""The data set `sample`: crops of ten free photographs, which lie beside this file.

All ten are in the public domain or CC0; pictures/README.md says where each is from. A picture is cut into tiles, some
for training and some for validation, and a crop lies within one tile: no pixel is in both splits, and both see all of
the picture.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.data import Sample, TFRecord
from archspec.runtime.data.cache import cache_directory, unwritable
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.splits import choose_split
from archspec.runtime.data.tfrecord import open_tfrecord

PICTURES = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "rocket.jpg",
)
"""In the order of their labels."""

_PICTURES_FOLDER = Path(__file__).with_name("pictures")

CROPS = {"train": 60, "validation": 20}
"""Crops of each picture."""

_SHARDS = {"train": 2, "validation": 1}
_TILES = [(row, column) for row in range(3) for column in range(4)]
"""Three rows of four tiles; every third one, along diagonals, is for validation."""

_SIDE_RANGE = 48, 224
_MANIFEST = "manifest.json"
_VERSION = 1
"""To be raised when the crops change: a folder of another version is left alone."""


def open_sample(form: Sample, split: str) -> Dataset:
    """One split of the sample, made first if the cache has it not; raises Stop."""
    split = choose_split("sample", split, CROPS)
    folder = sample_folder()
    records = open_tfrecord(TFRecord(pattern=str(folder)), split)
    return replace(records, name="sample", split=split)


def sample_folder() -> Path:
    """The cache's folder with the sample, whole; raises Stop.

    It is made beside its place and then renamed, so that any number of ranks may do so at once: the first one's stays.
    """
    folder = cache_directory() / f"sample-{_VERSION}"
    if is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".sample-") as temporary:
            made = Path(temporary) / "made"
            _make(made)
            _put_in_place(made, folder)
    except OSError as error:
        raise unwritable(error) from error
    print(f"archspec: made the sample data set (once) in {folder}", file=sys.stderr)
    return folder


def is_whole(folder: Path) -> bool:
    """Whether every file that the manifest lists is there with its hash."""
    try:
        listed = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return bool(listed) and all(_hash(folder / name) == expected for name, expected in listed.items())
    except (OSError, ValueError, AttributeError):
        return False


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _put_in_place(made: Path, folder: Path) -> None:
    """Rename, unless another process was first; what is damaged there is moved out of the way."""
    while True:
        try:
            os.rename(made, folder)
            return
        except OSError:
            if is_whole(folder):
                return
            _move_away(folder, made.parent / "damaged")


def _move_away(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    try:
        os.rename(folder, target)
    except FileNotFoundError:
        # Another process has moved it: the next rename will show what stands there now.
        return


def _make(folder: Path) -> None:
    folder.mkdir()
    names = [name.partition(".")[0] for name in PICTURES]
    (folder / "labels.txt").write_text("".join(f"{label}:{name}\n" for label, name in enumerate(names)))
    for split, shards in _SHARDS.items():
        records = list(_records(split))
        Random(split).shuffle(records)
        for shard in range(shards):
            path = folder / f"sample_{split}_{shard:05d}-of-{shards:05d}.tfrecord"
            with tf.io.TFRecordWriter(str(path)) as writer:
                for record in records[shard::shards]:
                    writer.write(record)
    listed = {path.name: _hash(path) for path in sorted(folder.iterdir())}
    (folder / _MANIFEST).write_text(json.dumps(listed, indent=1))


def _records(split: str) -> Iterator[bytes]:
    for label, name in enumerate(PICTURES):
        with Image.open(_PICTURES_FOLDER / name) as picture:
            picture.load()
            for crop in _crops(picture, split, Random(f"{split} {name}")):
                yield _record(crop, label, name.partition(".")[0])


def _crops(picture: Image.Image, split: str, random: Random) -> Iterator[Image.Image]:
    """Square crops of random sides and places, each within one of the split's tiles, which take turns."""
    height, width = picture.height // 3, picture.width // 4
    tiles = [(row, column) for row, column in _TILES if ((row + column) % 3 == 0) == (split == "validation")]
    smallest, largest = _SIDE_RANGE
    for number in range(CROPS[split]):
        row, column = tiles[number % len(tiles)]
        side = random.randint(smallest, min(largest, height, width))
        x, y = column * width + random.randint(0, width - side), row * height + random.randint(0, height - side)
        yield picture.crop((x, y, x + side, y + side))


def _record(image: Image.Image, label: int, name: str) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=92)
    integers = {"image/class/label": label, "image/height": image.height, "image/width": image.width}
    texts = {"image/encoded": encoded.getvalue(), "image/format": b"jpeg", "image/class/text": name.encode()}
    features = {key: tf.train.Feature(int64_list=tf.train.Int64List(value=[value])) for key, value in integers.items()}
    for key, text in texts.items():
        features[key] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return bytes(example.SerializeToString(deterministic=True))
