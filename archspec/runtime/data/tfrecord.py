"""TFRecord files with TF-Slim's feature keys, read at any position through an index of their records."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow as tf

from archspec.compiler.language.forms.data import TFRecord
from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset, Read
from archspec.runtime.data.records import RecordIndex, index_records
from archspec.runtime.data.splits import choose_split, split_in

FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64),
}


def open_tfrecord(form: TFRecord, split: str) -> Dataset:
    """The records of the files that match, or that lie in a folder and are named for the split; raises Stop."""
    files, split = _files(form.pattern, split)
    index = index_records(files)
    if not len(index.file):
        raise stop("AS703", f"the files of {form.pattern} hold no records")
    return Dataset(form.pattern, split, len(index.file), _names(files), _reader(index), index.place)


def shards_in(folder: str) -> list[str]:
    """The files of a folder that look like TFRecord files, sorted."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    return [os.path.join(folder, name) for name in names if _is_shard(name)]


def _is_shard(name: str) -> bool:
    return name.endswith((".tfrecord", ".tfrecords", ".record")) or "-of-" in name


def _files(pattern: str, split: str) -> tuple[list[str], str]:
    """The files of the split, and its name."""
    in_folder = os.path.isdir(pattern)
    files = shards_in(pattern) if in_folder else sorted(path for path in glob.glob(pattern) if os.path.isfile(path))
    if not files:
        raise stop("AS703", f"no TFRecord file matches {pattern} from {os.getcwd()}", help="correct the pattern")
    groups: dict[str, list[str]] = {}
    for path in files:
        groups.setdefault(split_in(os.path.basename(path)) or "", []).append(path)
    if split in ("train", "eval") and len(groups) == 1 and not in_folder:
        # The pattern itself has chosen.
        return files, next(iter(groups)) or split
    if split == "train" and set(groups) == {""}:
        return files, split
    chosen = choose_split(pattern, split, [name for name in groups if name])
    return groups[chosen], chosen


def _reader(index: RecordIndex) -> Read:
    def read(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        record = tf.numpy_function(index.read, [number], tf.string, stateful=False)
        features = tf.io.parse_single_example(tf.ensure_shape(record, []), FEATURES)
        return features["image/encoded"], features["image/class/label"]

    return read


def _names(files: Sequence[str]) -> tuple[str, ...] | None:
    """Class names from labels.txt beside the files (lines `0:daisy`), by label; None without such a file."""
    path = Path(files[0]).parent / "labels.txt"
    if not path.is_file():
        return None
    names = dict(_label_lines(path))
    if not names:
        raise stop("AS704", f"{path} is empty", help="one line for every class, such as 0:daisy")
    return tuple(names.get(number, "background" if number == 0 else str(number)) for number in range(max(names) + 1))


def _label_lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        label, colon, name = line.partition(":")
        if line.strip() and not (colon and label.strip().isascii() and label.strip().isdigit()):
            raise stop("AS704", f"{path}, line {number}: not a label, a colon and a name", help="such as 0:daisy")
        if line.strip():
            yield int(label), name.strip()
