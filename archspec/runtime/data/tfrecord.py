"""TFRecord files, read at any position through an index of their records."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from archspec.compiler.language.forms.data import TFRecord
from archspec.compiler.language.forms.kinds import ClassKind, ImageKind
from archspec.diagnostics import stop
from archspec.runtime.data.class_names import class_names
from archspec.runtime.data.dataset import Dataset, Example, Read
from archspec.runtime.data.naming import printable
from archspec.runtime.data.record_features import RecordFeatures
from archspec.runtime.data.records import RecordIndex, index_records
from archspec.runtime.data.shards import files_of_split

_SLIM = {"image": ImageKind(source="image/encoded"), "label": ClassKind(source="image/class/label")}
"""TF-Slim's keys."""


def open_tfrecord(form: TFRecord, split: str) -> Dataset:
    """The records of the files that match, or that lie in a folder and are named for the split; raises Stop."""
    files, split = files_of_split(form.pattern, split, held_out=form.held_out is not None)
    index, name = index_records(files), printable(form.pattern)
    size = len(index.file)
    if not size:
        raise stop("AS703", f"the files of {name} hold no records", help="copy them again")
    first = _first(index)
    features = RecordFeatures(form.features or _SLIM, first)
    dataset = Dataset(name, split, size, features.types, _reader(index, features), index.place, features.class_names)

    def identity(number: int) -> bytes:
        return os.fsencode(os.path.basename(index.files[index.file[number]])) + f"\0{index.offset[number]}".encode()

    def trouble(number: int) -> str | None:
        return features.trouble(index.read(number))

    help = features.remedy(first, whole=not form.features)
    dataset = replace(dataset, identity=identity, record_trouble=trouble, record_help=help)
    return _named(dataset, Path(files[0]).parent)


def _first(index: RecordIndex) -> bytes:
    """The first record; empty where it is damaged, which a look at the examples will say."""
    try:
        return index.read(0)
    except (OSError, ValueError):
        return b""


def _named(dataset: Dataset, folder: Path) -> Dataset:
    """With the names of labels.txt beside the files, where the spec gives none."""
    feature = dataset.class_feature
    names = class_names(folder) if feature is not None and feature not in dataset.class_names else None
    if feature is None or names is None:
        return dataset
    types = {**dataset.features, feature: replace(dataset.features[feature], classes=len(names))}
    return replace(dataset, class_names={feature: names}, features=types)


def _reader(index: RecordIndex, features: RecordFeatures) -> Read:
    def checked(number: int) -> bytes:
        record = index.read(number)
        if not _is_framed(record) and features.trouble(record) is not None:
            # TensorFlow would quote the bytes in an error that Python can't take for text.
            raise ValueError("no tf.train.Example")
        return record

    def read(number: tf.Tensor, seed: tf.Tensor) -> Example:
        record = tf.numpy_function(checked, [number], tf.string, stateful=False)
        return features.parse(tf.ensure_shape(record, []))

    return read


def _is_framed(record: bytes) -> bool:
    """Whether it begins as an Example does, with a tag and the length of all the rest."""
    if record[:1] != b"\n":
        return False
    length = 0
    for number, byte in enumerate(record[1:10]):
        length |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            return len(record) == 2 + number + length
    return False
