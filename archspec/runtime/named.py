"""What a loss, a metric or an input can name: the features of a batch, the network's inputs, its end points."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from archspec.compiler.graph.graph import Graph, Input
from archspec.compiler.language.features import FeatureType
from archspec.compiler.training.inputs import feeds

Features = Mapping[str, Any]
"""A batch: {feature: tensor [batch, …]}, and `index`, the number of each example in its data set."""

READS = ("target", "mask", "sample_weight")
"""Fields of losses and metrics that name a feature, an input, an end point, or hold a number."""


@dataclass(frozen=True)
class Named:
    """The tensors of one batch by name."""

    features: Features
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def value(self, name: object) -> Any:
        """The tensor of a name, features first; of a number, that number as float32. Raises KeyError."""
        if not isinstance(name, str):
            return tf.constant(name, tf.float32)
        for tensors in (self.features, self.inputs, self.outputs):
            if name in tensors:
                return tensors[name]
        raise KeyError(name)


class Reads:
    """Which features and end points some losses or metrics read, beside what the inputs are fed."""

    def __init__(self, graph: Graph, features: Mapping[str, FeatureType], forms: Iterable[Any]) -> None:
        self.graph, forms = graph, list(forms)
        self.fed = feeds(graph.inputs, features)
        named = {getattr(form, key, None) for form in forms for key in READS}
        names = {name for name in named if isinstance(name, str)}
        self.features = sorted({*self.fed.values(), *(names & features.keys())})
        tensors = {name for form in forms for name in form.tensors}
        self.endpoints = sorted(tensors | (names - features.keys() - graph.inputs.keys()))

    @property
    def draws(self) -> bool:
        """Whether an input is drawn."""
        return any(given.draw is not None and name not in self.fed for name, given in self.graph.inputs.items())

    def inputs(self, batch: Features, seed: Any, rank: int = 0, ranks: int = 1) -> dict[str, Any]:
        """{input: tensor}; inputs that nothing feeds are drawn, of a step's seed the same on any number of ranks.

        `seed` is an int32 tensor of shape [2], the same on all ranks.
        """
        found = {name: _shaped(batch[feature], self.graph.inputs[name]) for name, feature in self.fed.items()}
        size = tf.shape(next(iter(batch.values())))[0]
        for name, given in self.graph.inputs.items():
            if given.draw is not None and name not in found:
                whole = drawn(given, size * ranks, seed)
                found[name] = whole[rank * size : (rank + 1) * size]
        return found

    def inputs_of_examples(self, batch: Features) -> dict[str, Any]:
        """{input: tensor}, what is drawn depending on the example's number alone: evaluation is the same every time."""
        found = {name: _shaped(batch[feature], self.graph.inputs[name]) for name, feature in self.fed.items()}
        for name, given in self.graph.inputs.items():
            if given.draw is not None and name not in found:
                found[name] = _drawn_for(given, batch["index"])
        return found


def drawn(given: Input, size: Any, seed: Any) -> Any:
    """So many examples of a drawn input: float32 [size, …]."""
    assert given.draw is not None
    own = tf.random.experimental.stateless_fold_in(seed, zlib.crc32(f"input {given.name}".encode()) & 0x7FFFFFFF)
    return given.draw.lower(tf, [size, *given.shape], own)


def _drawn_for(given: Input, indices: Any) -> Any:
    """A drawn input for examples of these numbers."""
    numbers = tf.cast(indices, tf.int32)
    shape = tf.TensorSpec(given.shape, tf.float32)
    return tf.map_fn(lambda n: drawn(given, 1, tf.stack([0, n]))[0], numbers, fn_output_signature=shape)


def _shaped(tensor: Any, given: Input) -> Any:
    """A feature as its input wants it: a last axis of 1 may be missing."""
    return tensor if len(tensor.shape) > len(given.shape) else tensor[..., None]
