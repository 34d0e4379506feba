"""Features out of records (tf.train.Example): which keys are wanted, of which kind, and what comes of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
    Kind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.runtime.data.by_kind import of_kind
from archspec.runtime.data.dataset import Example
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.record_remedy import remedy
from archspec.runtime.data.vocabulary import Vocabulary, read_vocabulary

BYTES, INTEGERS, FLOATS = "bytes_list", "int64_list", "float_list"
_SHOWN = {BYTES: "bytes", INTEGERS: "int64", FLOATS: "float", None: "empty"}
_DTYPES = {BYTES: tf.string, INTEGERS: tf.int64, FLOATS: tf.float32}
_ALLOWED: dict[type[Kind], tuple[str, ...]] = {
    ImageKind: (BYTES,),
    ClassMapKind: (BYTES,),
    WordsKind: (BYTES,),
    ClassKind: (INTEGERS, BYTES),
    NumberKind: (FLOATS, INTEGERS),
    NumbersKind: (FLOATS, INTEGERS),
}
"""The lists that a kind is read from, the usual one first."""


@dataclass(frozen=True)
class Key:
    """A key of a record: how its values are stored, how many there are, and what stands for one that is not there."""

    name: str
    stored: str
    count: int | None = None
    default: float | None = None

    @property
    def parsed(self) -> tf.io.FixedLenFeature:
        """What tf.io.parse_single_example wants."""
        shape = [] if self.count is None else [self.count]
        dtype = _DTYPES[self.stored]
        default = None if self.default is None else tf.cast(self.default, dtype)
        return tf.io.FixedLenFeature(shape, dtype, default)


class RecordFeatures:
    """The features that a spec names, read from records like the first one."""

    def __init__(self, kinds: Mapping[str, Kind], first: bytes) -> None:
        self.kinds, there = kinds, _lists(first) or {}
        self.keys = {name: _keys_of(name, kind, there) for name, kind in kinds.items()}
        self._vocabularies = {n: read_vocabulary(kind) for n, kind in kinds.items() if isinstance(kind, WordsKind)}
        self.types: dict[str, FeatureType] = {
            key: one for name, kind in kinds.items() for key, one in kind.made(name).items()
        } | {name: vocabulary.type for name, vocabulary in self._vocabularies.items()}

    @property
    def class_names(self) -> dict[str, tuple[str, ...]]:
        """The names of classes that the spec gives."""
        named = {name: kind.names for name, kind in self.kinds.items() if isinstance(kind, ClassKind) and kind.names}
        return {name: tuple(map(printable, names)) for name, names in named.items()}

    def parse(self, record: tf.Tensor) -> Example:
        """The features of one record, inside a graph."""
        wanted = {key.name: key.parsed for keys in self.keys.values() for key in keys}
        found = tf.io.parse_single_example(record, wanted)
        return {
            made: value
            for name, kind in self.kinds.items()
            for made, value in self._values(name, kind, [found[key.name] for key in self.keys[name]]).items()
        }

    def _values(self, name: str, kind: Kind, parts: list[tf.Tensor]) -> Example:
        if isinstance(kind, ClassKind):
            return {name: _class_of(parts[0], kind.names)}
        if isinstance(kind, NumberKind):
            return _number_of(name, tf.cast(parts[0], tf.float32), kind.missing)
        if isinstance(kind, NumbersKind):
            floats = [tf.cast(part, tf.float32) for part in parts]
            return {name: floats[0] if kind.count is not None else tf.stack(floats)}
        if isinstance(kind, WordsKind):
            return {name: _words_of(parts[0], self._vocabularies[name])}
        return {name: parts[0]}

    def trouble(self, record: bytes) -> str | None:
        """What a record lacks, as the end of a sentence that begins with its place; None if it lacks nothing."""
        there = _lists(record)
        if there is None:
            return f"holds {len(record)} bytes that are no tf.train.Example"
        for key in (key for keys in self.keys.values() for key in keys):
            if key.name not in there and key.default is not None:
                continue
            if key.name not in there or there[key.name][0] != key.stored:
                return self._other_keys(there)
            if there[key.name][1] != (key.count or 1):
                wanted = "one is" if key.count is None else f"{key.count} are"
                return f"has {there[key.name][1]} values in {key.name}, and {wanted} wanted"
        return self._strange_class(record)

    def remedy(self, record: bytes, *, whole: bool) -> str:
        """What to write in the spec for records like this one; empty where it lacks nothing, or that is not known."""
        if self.trouble(record) is None:
            return ""
        there = _lists(record) or {}
        fitting = {
            name: keys[0].name
            for name, keys in self.keys.items()
            if all(there.get(key.name) == (key.stored, key.count or 1) for key in keys)
        }
        return remedy(self.kinds, fitting, record, whole=whole)

    def _other_keys(self, there: Mapping[str, tuple[str | None, int]]) -> str:
        wanted = [f"{key.name} ({_SHOWN[key.stored]})" for keys in self.keys.values() for key in keys]
        found = several([f"{name} ({_SHOWN[kind]})" for name, (kind, _) in sorted(there.items())], 12) or "no keys"
        return f"has {found}; wanted are {' and '.join(wanted)}"

    def _strange_class(self, record: bytes) -> str | None:
        features = tf.train.Example.FromString(record).features.feature
        for name, kind in self.kinds.items():
            (key, *_) = self.keys[name]
            if isinstance(kind, ClassKind) and key.stored == BYTES:
                text = features[key.name].bytes_list.value[0].decode("utf-8", "backslashreplace")
                if text not in kind.names:
                    wanted = several(list(kind.names), 10)
                    return f"has {key.name} `{printable(text)[:60]}`, and the classes are {wanted}"
        return None


def _lists(record: bytes) -> dict[str, tuple[str | None, int]] | None:
    """For every key of a record how its values are stored, and how many; None where it is no Example."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return None
    kinds = {name: feature.WhichOneof("kind") for name, feature in features.items()}
    return {name: (kind, len(getattr(features[name], kind).value) if kind else 0) for name, kind in kinds.items()}


def _keys_of(name: str, kind: Any, there: Mapping[str, tuple[str | None, int]]) -> list[Key]:
    if isinstance(kind, NumbersKind):
        return [Key(column, _stored(column, kind, there), kind.count) for column in kind.columns]
    source = kind.source if kind.source is not None else name
    return [Key(source, _stored(source, kind, there), None, getattr(kind, "missing", None))]


def _stored(source: str, kind: Kind, there: Mapping[str, tuple[str | None, int]]) -> str:
    allowed = of_kind(_ALLOWED, source, kind)
    if isinstance(kind, ClassKind) and not kind.names:
        allowed = (INTEGERS,)
    found = there.get(source, (None, 0))[0]
    return found if found in allowed else allowed[0]


def _class_of(value: tf.Tensor, names: tuple[str, ...]) -> tf.Tensor:
    if value.dtype == tf.int64:
        return value
    found = tf.where(tf.constant([name.encode() for name in names]) == value)
    # A text that is no class gets a number that is none either, which is an error further on.
    return tf.cond(tf.size(found) > 0, lambda: found[0, 0], lambda: tf.constant(-1, tf.int64))


def _number_of(name: str, value: tf.Tensor, missing: float | None) -> Example:
    if missing is None:
        return {name: value}
    known = value != tf.constant(missing, tf.float32)
    return {name: tf.where(known, value, 0.0), f"{name}.known": tf.cast(known, tf.float32)}


def _words_of(text: tf.Tensor, vocabulary: Vocabulary) -> tf.Tensor:
    found = tf.numpy_function(vocabulary.encoded_bytes, [text], tf.int32, stateful=False)
    return tf.ensure_shape(found, [vocabulary.kind.length])
