"""What a trained network says of its inputs: end points as arrays, batch after batch, and the most probable classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.runtime.ends import main_outputs, name_of, node_path
from archspec.runtime.lower import Network

if TYPE_CHECKING:
    from archspec.compiler.program import Program


@dataclass(frozen=True)
class Guess:
    """A class, and how probable the network holds it to be."""

    number: int
    probability: float


@dataclass(frozen=True)
class Answer:
    """What the network says of one input: its classes, the most probable first, and its end points' arrays."""

    input: str
    guesses: list[Guess]
    arrays: dict[str, np.ndarray]


def main_endpoints(program: Program) -> list[str]:
    """The end points that matter: the network's outputs, logits under a softmax, what metrics and losses read of them.

    What only training reads is left out.
    """
    graph = program.graph
    main = graph.ending_at(graph.ends)
    there = {*main.inputs, *(tensor for node in main.nodes.values() for tensor in node.tensors)}
    read = [name for name in _classified(program) if node_path(graph, name) in there]
    outputs = main_outputs(main)
    logits = [graph.nodes[tensor].inputs[0] for tensor in outputs.values() if _is_softmax(graph, tensor)]
    return list(dict.fromkeys([*outputs, *(name_of(graph, tensor) for tensor in logits), *read]))


def scores_endpoint(program: Program) -> str | None:
    """The end point with a number for every class: a softmax that is an output, else what a metric or loss reads."""
    graph = program.graph
    outputs = [name for name, tensor in main_outputs(graph).items() if _is_softmax(graph, tensor)]
    names = [*outputs, *(name for name in main_endpoints(program) if name in _classified(program))]
    return next((name for name in names if len(graph.shape(node_path(graph, name))) == 1), None)


def _classified(program: Program) -> list[str]:
    """The tensors in which metrics and losses look for the most probable class."""
    graph, metrics = program.graph, program.eval.metrics.values() if program.eval else ()
    forms: list[Any] = [*metrics, *(program.train.losses.values() if program.train else ())]
    read = {form.tensors[0]: form for form in forms}
    return [n for n, form in read.items() if form.classes([graph.shape(node_path(graph, n))]) is not None]


def _is_softmax(graph: Graph, tensor: str) -> bool:
    node = graph.producer(tensor)
    return node is not None and node.op.NAME == "softmax"


class Predictor:
    """A network that answers batches; its tf.function is built once."""

    def __init__(self, program: Program, network: Network, endpoints: Sequence[str], classes: str | None, top: int):
        self._graph, self._classes, self._top = program.graph, classes, top
        inputs = network.graph.inputs.items()
        signature = {name: tf.TensorSpec([None, *given.shape], given.dtype) for name, given in inputs}
        self._run = tf.function(lambda batch: network.endpoints(batch, endpoints), input_signature=[signature])

    def answers(self, names: Sequence[str], batch: Mapping[str, np.ndarray]) -> Iterator[Answer]:
        """What it says of each example of a batch, {input: array}."""
        given = {name: tf.convert_to_tensor(array) for name, array in batch.items()}
        found = {name: tensor.numpy() for name, tensor in self._run(given).items()}
        guesses = self._guesses(found) if self._classes is not None else [[] for _ in names]
        for number, name in enumerate(names):
            yield Answer(name, guesses[number], {end: array[number] for end, array in found.items()})

    def _guesses(self, found: dict[str, np.ndarray]) -> list[list[Guess]]:
        """The most probable classes, from probabilities or, where it has no softmax, from logits."""
        assert self._classes is not None
        values = found[self._classes]
        softmax = _is_softmax(self._graph, node_path(self._graph, self._classes))
        probable = values if softmax else tf.nn.softmax(values).numpy()
        order = np.argsort(-probable, axis=-1, kind="stable")[:, : self._top]
        return [[Guess(int(i), float(row[i])) for i in best] for row, best in zip(probable, order, strict=True)]
