"""TFRecord files with TF-Slim's feature keys, read at any position through an index of their records."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError

from archspec.compiler.language.forms.data import TFRecord
from archspec.diagnostics import stop
from archspec.runtime.data.class_names import class_names
from archspec.runtime.data.dataset import Dataset, Read
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.records import RecordIndex, index_records
from archspec.runtime.data.shards import files_of_split

FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64),
}
_LISTS = {tf.string: "bytes_list", tf.int64: "int64_list", tf.float32: "float_list"}
_KINDS = {"bytes_list": "bytes", "int64_list": "int64", "float_list": "float", None: "empty"}


def open_tfrecord(form: TFRecord, split: str) -> Dataset:
    """The records of the files that match, or that lie in a folder and are named for the split; raises Stop."""
    files, split = files_of_split(form.pattern, split)
    index = index_records(files)
    if not len(index.file):
        raise stop("AS703", f"the files of {printable(form.pattern)} hold no records", help="copy them again")
    names = class_names(Path(files[0]).parent)

    def trouble(number: int) -> str | None:
        return record_trouble(index.read(number))

    read, size = _reader(index), len(index.file)
    return Dataset(
        printable(form.pattern), split, size, names, read, index.place, files=tuple(files), record_trouble=trouble
    )


def _reader(index: RecordIndex) -> Read:
    def checked(number: int) -> bytes:
        record = index.read(number)
        if not _is_framed(record) and record_trouble(record) is not None:
            # TensorFlow would quote the bytes in an error that Python can't take for text.
            raise ValueError("no tf.train.Example")
        return record

    def read(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        record = tf.numpy_function(checked, [number], tf.string, stateful=False)
        features = tf.io.parse_single_example(tf.ensure_shape(record, []), FEATURES)
        return features["image/encoded"], features["image/class/label"]

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


def record_trouble(record: bytes) -> str | None:
    """What a record lacks, as the end of a sentence that begins with its place; None if it lacks nothing."""
    try:
        there = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return f"holds {len(record)} bytes that are no tf.train.Example"
    for key, wanted in FEATURES.items():
        kind = there[key].WhichOneof("kind") if key in there else None
        if key not in there or kind != _LISTS[wanted.dtype]:
            return _other_keys({name: _KINDS[feature.WhichOneof("kind")] for name, feature in there.items()})
        number = len(getattr(there[key], str(kind)).value)
        if number != 1:
            return f"has {number} values in {key}, and one is wanted"
    return None


def _other_keys(there: dict[str, str]) -> str:
    wanted = " and ".join(f"{key} ({_KINDS[_LISTS[one.dtype]]})" for key, one in FEATURES.items())
    found = several([f"{key} ({kind})" for key, kind in sorted(there.items())], 12) or "no keys"
    return f"has {found}; wanted are {wanted}"
