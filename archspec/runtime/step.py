"""One training step: forward, backward, average over the ranks, clip, apply."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Node
from archspec.compiler.language.forms.sections import Train
from archspec.runtime import distribute
from archspec.runtime.lower import Network
from archspec.runtime.optimize import Length, loss, optimizer
from archspec.runtime.slots import slot_names
from archspec.runtime.tf_checkpoint import AVERAGE


class Step:
    """The state that training changes, and the tf.function that changes it.

    `averages` are the moving averages of all the network's variables, where the spec asks for them. A frozen layer
    runs as in inference, as in Keras: its batch norm uses its moving averages, and nothing in it changes.
    """

    def __init__(self, network: Network, train: Train, length: Length) -> None:
        self.network, self.train = network, train
        self.trained = [
            v for name, v in network.table.items() if v.trainable and not frozen(network, name, train.freeze)
        ]
        network.still = {node.path for node in network.graph.nodes.values() if named(node, train.freeze)}
        (chosen,) = train.all_optimizers.values()
        self.optimizer = optimizer(chosen, length)
        self.optimizer.build(self.trained)
        self.scales = self._scales()
        self.averages = self._averages() if train.average is not None else {}
        self.endpoints = sorted({name for form in train.losses.values() for name in form.tensors})
        self.main = next(iter(train.losses.values()))

    def _scales(self) -> list[tuple[keras.Variable, float]]:
        """The variables whose learning rate has a factor, with it."""
        found = []
        for name, node in _owners(self.network).items():
            variable = self.network.table[name]
            factor = math.prod(factor for pattern, factor in self.train.scale.items() if named(node, [pattern]))
            if factor != 1 and variable.trainable:
                found.append((variable, factor))
        return found

    def _averages(self) -> dict[str, tf.Variable]:
        return {
            name: tf.Variable(tf.convert_to_tensor(v.value), trainable=False) for name, v in self.network.table.items()
        }

    @property
    def steps_done(self) -> int:
        """How many steps the state is the result of."""
        return int(self.optimizer.iterations.numpy())

    @tf.function(reduce_retracing=True)
    def run(self, images: Any, labels: Any, seed: Any, asked: Any) -> dict[str, Any]:
        """Make one step; {name: scalar, the mean over all ranks}.

        `seed` is an int32 tensor of shape [2], another one for every step and rank; `asked` is float32 [2], 1.0 where
        this rank has been asked to end and where it wants a checkpoint, and comes back as `stop` and `save`, more than
        0 on every rank then. Nothing is applied when the loss or a gradient is not finite.
        """
        self.network.steps_done.assign(tf.cast(self.optimizer.iterations.value, tf.int64))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.trained])
            made = self.network.forward(images, self.endpoints, training=True, seed=seed)
            outputs = made.outputs
            parts = {name: loss(form, labels, outputs) for name, form in self.train.losses.items()}
            total = tf.add_n([parts[name] * form.weight for name, form in self.train.losses.items()])
            total += self.network.regularization_loss()
        gradients = tape.gradient(total, [v.value for v in self.trained])
        numbers = {"loss": total, **self._parts(parts), "accuracy": self._accuracy(labels, outputs), "stop": asked[0]}
        numbers["save"] = asked[1]
        return self._apply(gradients, made.updates, numbers)

    def _parts(self, parts: dict[str, Any]) -> dict[str, Any]:
        return {f"loss/{name}": part for name, part in parts.items()}

    def _accuracy(self, labels: Any, outputs: dict[str, Any]) -> Any:
        logits = outputs[self.main.tensors[0]]
        right = tf.equal(tf.argmax(logits, -1, tf.int32), labels)
        return tf.reduce_mean(tf.cast(right, tf.float32))

    def _apply(self, gradients: Sequence[Any], updates: dict[str, Any], numbers: dict[str, Any]) -> dict[str, Any]:
        # A variable that no loss depends on has no gradient, and stays as it is.
        pairs = [(g, v) for g, v in zip(gradients, self.trained, strict=False) if g is not None]
        together = distribute.average([*(g for g, _ in pairs), *updates.values(), *numbers.values()])
        means, rest = together[: len(pairs)], together[len(pairs) :]
        updates = dict(zip(updates, rest, strict=False))
        numbers = dict(zip(numbers, rest[len(updates) :], strict=False))
        norm = tf.linalg.global_norm(means)
        if self.train.clip_norm is not None:
            means, _ = tf.clip_by_global_norm(means, self.train.clip_norm, use_norm=norm)
        numbers |= {"gradient_norm": norm, "lr": tf.cast(self.optimizer.learning_rate, tf.float32)}
        finite = tf.math.is_finite(numbers["loss"]) & tf.math.is_finite(norm)

        def update() -> Any:
            for name, value in updates.items():
                self.network.table[name].assign(value)
            before = [tf.identity(v.value) for v, _ in self.scales]
            self.optimizer.apply(means, [v for _, v in pairs])
            # Every Keras optimizer's change is the rate times something that the rate has no part in.
            for (variable, factor), value in zip(self.scales, before, strict=True):
                variable.assign(value + factor * (variable.value - value))
            self._update_averages()
            return True

        tf.cond(finite, update, lambda: False)
        return numbers

    def _update_averages(self) -> None:
        """average = d * average + (1 - d) * value with d = min(decay, (1 + step) / (10 + step)), as TF-Slim's."""
        if self.train.average is None:
            return
        step = tf.cast(self.optimizer.iterations.value, tf.float32)
        decay = tf.minimum(self.train.average, (1.0 + step) / (10.0 + step))
        for name, average in self.averages.items():
            average.assign_sub((1.0 - decay) * (average - self.network.table[name].value))

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """A block in which the network has the moving averages of its weights, where there are any."""
        table, raw = self.network.table, {name: tf.identity(self.network.table[name].value) for name in self.averages}
        for name, average in self.averages.items():
            table[name].assign(average)
        try:
            yield
        finally:
            for name, value in raw.items():
                table[name].assign(value)

    def state(self) -> dict[str, keras.Variable | tf.Variable]:
        """Every variable of the state by the name it has in a checkpoint."""
        averages = {name + AVERAGE: v for name, v in self.averages.items()}
        return {**self.network.table, **averages, **slot_names(self.optimizer, self.network.table)}


def frozen(network: Network, variable: str, patterns: Sequence[str]) -> bool:
    """Whether a variable belongs to a layer that a pattern names."""
    return bool(patterns) and named(_owners(network)[variable], patterns)


def named(node: Node, patterns: Sequence[str]) -> bool:
    """Whether a node belongs to a layer that a pattern names."""
    return any(means(pattern, node.layer) for pattern in patterns)


def _owners(network: Network) -> dict[str, Node]:
    return {name: node for name, node, _ in network.graph.variables()}
