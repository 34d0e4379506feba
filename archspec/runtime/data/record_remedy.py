"""What to write in a spec where its features are not in the records: by the keys that are there, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

from archspec.compiler.format.scalars import may_be_plain, quoted
from archspec.compiler.language.forms.kinds import ClassKind, ClassMapKind, ImageKind, Kind, NumbersKind, WordsKind
from archspec.runtime.preprocess.header import read_header

_USUAL = {ImageKind: ("encoded", "image"), ClassKind: ("label", "class")}
"""How keys end that hold a kind, after the feature's own name."""

_IN_GENERAL = (
    "`features` in the spec's `data: {tfrecord: …}` says which keys are read, and as what: `features: {image: {image: "
    "KEY}, label: {class: KEY}}`; a class is a whole number (int64), or a text (bytes) where `names` lists the classes"
)


def remedy(kinds: Mapping[str, Kind], fitting: Mapping[str, str], record: bytes, *, whole: bool) -> str:
    """What to write for records like this one; empty where it is none, or has all keys.

    `fitting` are the features that are there, with their keys; `whole` where the spec has no `features` yet.
    """
    try:
        values = _values(record)
    except DecodeError:
        return ""
    if len(fitting) == len(kinds):
        return ""
    chosen = dict(fitting)
    for name, kind in kinds.items():
        if name not in chosen:
            left = {key: value for key, value in values.items() if key not in chosen.values()}
            key = _key_for(name, kind, left)
            if key is None:
                return _IN_GENERAL
            chosen[name] = key
    written = {name: _entry(name, kinds[name], chosen[name], values[chosen[name]]) for name in kinds}
    if whole:
        return f"write `features: {{{', '.join(written.values())}}}` in the spec's `data: {{tfrecord: …}}`"
    changed = [entry for name, entry in written.items() if name not in fitting]
    return f"write `{', '.join(changed)}` in the spec's `features`"


def _values(record: bytes) -> dict[str, list[Any]]:
    """The values of every key of a record."""
    features = tf.train.Example.FromString(record).features.feature
    kinds = {name: feature.WhichOneof("kind") for name, feature in features.items()}
    return {name: list(getattr(features[name], kind).value) for name, kind in kinds.items() if kind}


def _key_for(name: str, kind: Kind, values: Mapping[str, list[Any]]) -> str | None:
    """The only key that can be meant: of the right type, and, of several such, with a usual name."""
    found = [key for key, value in values.items() if len(value) == 1 and _may_be(kind, value[0])]
    if isinstance(kind, ClassKind) and not found:
        found = [key for key, value in values.items() if len(value) == 1 and _is_text(value[0])]
        return _by_name(name, kind, found)
    return found[0] if len(found) == 1 else _by_name(name, kind, found)


def _by_name(name: str, kind: Kind, keys: list[str]) -> str | None:
    for ending in (name, *_USUAL.get(type(kind), ())):
        named = [key for key in keys if key.rpartition("/")[2] == ending]
        if len(named) == 1:
            return named[0]
    return None


def _may_be(kind: Kind, value: object) -> bool:
    """Whether a kind can be read from a value."""
    if isinstance(kind, ImageKind | ClassMapKind):
        return isinstance(value, bytes) and _is_picture(value)
    if isinstance(kind, WordsKind):
        return _is_text(value)
    if isinstance(kind, ClassKind):
        return isinstance(value, int) or (_is_text(value) and bool(kind.names))
    # Which numbers belong side by side, only the user knows.
    return isinstance(value, int | float) and not isinstance(kind, NumbersKind)


def _is_text(value: object) -> bool:
    return isinstance(value, bytes) and not _is_picture(value)


def _is_picture(contents: bytes) -> bool:
    try:
        read_header(contents)
    except ValueError:
        return False
    return True


def _entry(name: str, kind: Kind, key: str, values: list[Any]) -> str:
    """A feature as a spec writes it: `label: {class: image/class/label}`."""
    source = key if may_be_plain(key, flow=True) else quoted(key)
    of_texts = isinstance(kind, ClassKind) and not kind.names and isinstance(values[0], bytes)
    others = any(value != kind.FIELDS[field].default for field, value in kind.values().items() if field != "source")
    more = ", names: […]" if of_texts else ", …" if others else ""
    return f"{name}: {{{kind.NAME}: {source}{more}}}"
