"""Pairs of examples of another source, and whether the two are of one class."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.data import Pairs
from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset, Example
from archspec.runtime.data.views import labels_of
from archspec.runtime.implementation import implementation


def open_pairs(form: Pairs, split: str) -> Dataset:
    """A pair for every example of the source's split, its partner drawn anew each time; raises Stop."""
    held_out = form.held_out if form.held_out is not None else form.source.held_out
    source_form = form.source.replace(held_out=held_out)
    return _paired(form, implementation(source_form)(source_form, source_form.split or split))


def _paired(form: Pairs, source: Dataset) -> Dataset:
    """Pairs within a source, or within a part of it."""
    if source.class_feature != "label" or "image" not in source.features:
        message = f"pairs need examples with the features image and label, and those of {source} are"
        raise stop("AS717", f"{message} {', '.join(source.features)}", help="name the features so")
    labels = labels_of(source)
    # A part of it has its part of them, and need not read every example again.
    source = replace(source, labels=labels)
    if len(np.unique(labels)) < 2:
        raise stop("AS717", f"all examples of {source} are of one class: there are no pairs of two", help="add another")
    partner = _Partner(labels, form.same)
    left, right = form.features

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        other, alike = partner.of(index, seed)
        return {left: source.read(index, seed)["image"], right: source.read(other, seed)["image"], "same": alike}

    image = source.features["image"]
    features = {left: image, right: image, "same": FeatureType("number", ())}
    made = replace(source, features=features, read=read, class_names={}, labels=None, paths=_left(source, left))
    return replace(made, made_of=(source, partial(_paired, form)))


def _left(source: Dataset, left: str) -> dict[str, tuple[str, ...]]:
    """The files of the pictures; each is the left one of a pair."""
    return {left: source.paths["image"]} if "image" in source.paths else {}


class _Partner:
    """Draws the other example of a pair, evenly from those of its class or from all others."""

    def __init__(self, labels: np.ndarray, same: float) -> None:
        self.same = same
        _, numbers = np.unique(labels, return_inverse=True)
        counts = np.bincount(numbers)
        places = np.empty(len(labels), np.int64)
        order = np.argsort(numbers, kind="stable")
        places[order] = np.arange(len(labels))
        with tf.device("/cpu:0"):
            self._order, self._place = tf.constant(order, tf.int64), tf.constant(places)
            self._class, self._count = tf.constant(numbers, tf.int64), tf.constant(counts, tf.int64)
            self._start = tf.constant(np.cumsum(counts) - counts, tf.int64)

    def of(self, index: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(the partner's index, 1.0 if it is of the same class and 0.0 if not)."""
        seeds = tf.random.experimental.stateless_split(seed, 2, alg="philox")
        alike = tf.random.stateless_uniform([], seeds[0], alg="philox") < self.same
        draw = tf.random.stateless_uniform([], seeds[1], 0, 2**62, tf.int64, alg="philox")
        number = self._class[index]
        start, count = self._start[number], self._count[number]
        # Of its own class any but itself, where there is another: they stand side by side in the order by class.
        step = tf.where(count > 1, 1 + draw % tf.maximum(count - 1, 1), 0)
        own = start + (self._place[index] - start + step) % count
        other = draw % (tf.size(self._order, tf.int64) - count)
        other = tf.where(other >= start, other + count, other)
        return self._order[tf.where(alike, own, other)], tf.cast(alike, tf.float32)
