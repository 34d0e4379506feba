"""Data sets made of others: a part of one, or one with other numbers for its classes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
import tensorflow as tf

from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset, Example
from archspec.runtime.data.naming import several
from archspec.runtime.data.splits import split_name


def part_of(dataset: Dataset, split: str, chosen: np.ndarray) -> Dataset:
    """The examples with these numbers, int64 [n], as a split of their own."""
    if dataset.made_of is not None:
        source, make = dataset.made_of
        return make(part_of(source, split, chosen))
    with tf.device("/cpu:0"):
        numbers = tf.constant(chosen, tf.int64)

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        return dataset.read(numbers[index], seed)

    listed, trouble = chosen.tolist(), dataset.record_trouble
    return replace(
        dataset,
        split=split,
        size=len(listed),
        read=read,
        place=lambda index: dataset.place(listed[index]),
        labels=None if dataset.labels is None else dataset.labels[chosen],
        identity=None,
        paths={name: tuple(paths[number] for number in listed) for name, paths in dataset.paths.items()},
        total=dataset.size,
        record_trouble=None if trouble is None else lambda index: trouble(listed[index]),
    )


def split_apart(dataset: Dataset, wanted: str, fraction: float | None, whole: bool) -> Dataset:
    """The split for "train" or "eval" of a source that has none of its own; raises Stop where nothing is held out.

    Without a fraction all is for training, and for evaluation too if it is named for that as a `whole`.
    What an example is held out by is a hash of its identity: it stays where it is when others are added.
    """
    wanted = split_name(wanted)
    split = "train" if wanted == "train" else "validation"
    if fraction is None and (wanted == "train" or (whole and wanted == "eval")):
        return replace(dataset, split=split)
    if fraction is None or dataset.identity is None or wanted not in ("train", "eval", "validation"):
        help = "write `held_out: 0.1` in the training data, or give the eval section data of its own"
        raise stop("AS701", f"{dataset} has no examples for {wanted}", help=help)
    held = np.array([is_held_out(dataset.identity(index), fraction) for index in range(dataset.size)])
    chosen = np.flatnonzero(~held if split == "train" else held)
    if not len(chosen):
        help = f"{dataset.size} examples are few: hold out another part, or none"
        raise stop("AS701", f"{dataset} has no examples for {split} with {fraction:g} of them held out", help=help)
    return part_of(dataset, split, chosen)


def is_held_out(identity: bytes, fraction: float) -> bool:
    """Whether an example belongs to the part held out for evaluation."""
    return int.from_bytes(hashlib.sha256(identity).digest()[:8], "big") < fraction * 2**64


def with_offset(dataset: Dataset, offset: int) -> Dataset:
    """The data set with a number added to every class, which leaves room for a background before the others."""
    changed = {name: feature for name, feature in dataset.features.items() if feature.kind == "class"}
    if not offset or not changed:
        return dataset

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        found = dataset.read(index, seed)
        return {name: value + offset if name in changed else value for name, value in found.items()}

    types = {name: replace(one, classes=one.classes and one.classes + offset) for name, one in changed.items()}
    names = {name: ("background",) * offset + found[max(0, -offset) :] for name, found in dataset.class_names.items()}
    labels = None if dataset.labels is None else dataset.labels + offset
    return replace(dataset, read=read, features={**dataset.features, **types}, class_names=names, labels=labels)


def numbered_as(dataset: Dataset, names: Mapping[str, tuple[str, ...]], where: str) -> Dataset:
    """The data set with the classes of its features numbered as these names, matched by name; raises Stop.

    `names` are {feature: a network's classes in order}, and `where` is what the network was trained on or lies in, for
    the message about a name that is not among them. A feature without names, here or there, and one in that very
    order stay as they are.
    """
    tables = {
        feature: _table(dataset, own, names[feature], where)
        for feature, own in dataset.class_names.items()
        if feature in names and own != names[feature][: len(own)]
    }
    if not tables:
        return dataset

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        found = dataset.read(index, seed)
        return {name: tf.gather(tables[name], value) if name in tables else value for name, value in found.items()}

    types = {name: replace(dataset.features[name], classes=len(names[name])) for name in tables}
    labels = dataset.labels
    if labels is not None and dataset.class_feature in tables:
        labels = tables[dataset.class_feature].numpy()[labels]
    class_names = {**dataset.class_names, **{name: names[name] for name in tables}}
    return replace(dataset, read=read, features={**dataset.features, **types}, class_names=class_names, labels=labels)


def _table(dataset: Dataset, own: tuple[str, ...], names: tuple[str, ...], where: str) -> tf.Tensor:
    unknown = [name for name in own if name not in names]
    if unknown:
        near = [f"{name} ({close[0]}?)" if (close := get_close_matches(name, names, 1)) else name for name in unknown]
        message = f"{dataset} has classes that {where} was not trained on: {several(near, 10)}"
        help = f"rename them or leave them out; the classes there are {several([*names], 10)}"
        raise stop("AS738", message, help=help)
    with tf.device("/cpu:0"):
        return tf.constant([names.index(name) for name in own], tf.int64)


def labels_of(dataset: Dataset) -> np.ndarray:
    """The class of every example, int64 [size]; all examples are read where it is not known otherwise."""
    if dataset.labels is not None:
        return dataset.labels
    name = dataset.class_feature
    assert name is not None, dataset

    @tf.autograph.experimental.do_not_convert
    def label(index: tf.Tensor) -> tf.Tensor:
        return dataset.example(index)[name]

    found = tf.data.Dataset.range(dataset.size).map(label, num_parallel_calls=tf.data.AUTOTUNE).batch(1024)
    return np.concatenate([batch.numpy() for batch in found])
