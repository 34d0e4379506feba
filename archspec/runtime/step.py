"""One training step: forward, backward, average over the ranks, clip, apply; for each optimizer in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.sections import Train
from archspec.runtime import distribute
from archspec.runtime.descent import Descent, named, owners_of
from archspec.runtime.losses import is_classifier, means, right, terms
from archspec.runtime.lower import Network
from archspec.runtime.named import Features, Named, Reads
from archspec.runtime.optimize import Length
from archspec.runtime.slots import slot_names
from archspec.weights.tensors import AVERAGE

_BUCKETS = 6
"""Groups in which gradients are exchanged while backward goes on."""

SIGNALS = ("stop", "save", "outside")
"""What a step returns for the trainer alone."""


@dataclass(frozen=True)
class Pass:
    """What one optimizer's forward and backward pass makes, the means over all ranks."""

    gradients: list[Any]
    variables: list[keras.Variable]
    updates: dict[str, Any]
    numbers: dict[str, Any]


class Step:
    """The state that training changes, and the tf.function that changes it.

    Several optimizers work one after the other, each in a forward pass of its own for its own losses, so that it sees
    what those before it have changed: a generator learns from the discriminator as it is now (Goodfellow et al. 2014,
    Algorithm 1). All passes have the same examples, draws and dropout. Moving averages are those of the first pass, at
    the weights that the step began with, and are applied once. Nothing of a step is kept when a loss or a gradient of
    any of them is not finite, or a target is no class.

    `averages` are the moving averages of all the network's variables, where the spec asks for them. A frozen layer
    runs as in inference, as in Keras: its batch norm uses its moving averages, and nothing in it changes.
    """

    def __init__(
        self, network: Network, train: Train, length: Length, features: Mapping[str, FeatureType] | None = None
    ) -> None:
        self.network, self.train = network, train
        network.still = {node.path for node in network.graph.nodes.values() if named(node, train.freeze)}
        self.descents = [Descent(name, network, train, length) for name in train.all_optimizers]
        self.averages = self._averages() if train.average is not None else {}
        self.reads = Reads(network.graph, features or train.data.example(), train.losses.values())
        self.columns = self._columns()

    def _columns(self) -> list[str]:
        """The names of the numbers of a step, in order."""
        first = next(iter(self.train.losses.values()))
        accuracy = ["accuracy"] if is_classifier(first) else []
        rates = [self._rate_name(descent) for descent in self.descents]
        return ["loss", *(f"loss/{name}" for name in self.train.losses), *accuracy, "gradient_norm", *rates, *SIGNALS]

    def _rate_name(self, descent: Descent) -> str:
        return "lr" if len(self.descents) == 1 else f"lr/{descent.name}"

    def _averages(self) -> dict[str, tf.Variable]:
        return {
            name: tf.Variable(tf.convert_to_tensor(v.value), trainable=False) for name, v in self.network.table.items()
        }

    @property
    def steps_done(self) -> int:
        """How many steps the state is the result of."""
        return int(self.descents[0].optimizer.iterations.numpy())

    @property
    def rate(self) -> float:
        """The learning rate of the next step, of the first optimizer."""
        return float(self.descents[0].optimizer.learning_rate)

    def run(self, batch: Features, seed: Any, asked: Any) -> dict[str, float]:
        """Make one step; {name: number, over all ranks}.

        `seed` is an int32 tensor of shape [2], another one for every step and rank; `asked` is float32 [2], 1.0 where
        this rank has been asked to end and where it wants a checkpoint, and comes back as `stop` and `save`, more than
        0 on every rank then. `outside` is more than 0 where a target is no class. All come in one vector, read at once.
        """
        packed = self._run({name: tf.convert_to_tensor(batch[name]) for name in self.reads.features}, seed, asked)
        return dict(zip(self.columns, packed.numpy().tolist(), strict=True))

    def inputs(self, batch: Features) -> dict[str, Any]:
        """What the network is fed in the next step, inputs that are drawn included."""
        self.network.steps_done.assign(tf.cast(self.descents[0].optimizer.iterations.value, tf.int64))
        seed = tf.stack([self.train.seed % 2**31, tf.cast(self.network.steps_done, tf.int32)])
        return self.reads.inputs(batch, seed, distribute.rank(), distribute.size())

    @tf.function(reduce_retracing=True)
    def _run(self, batch: dict[str, Any], seed: Any, asked: Any) -> Any:
        inputs, before = self.inputs(batch), self._before()
        numbers: dict[str, Any] = {"stop": asked[0], "save": asked[1]}
        updates: dict[str, Any] = {}
        whole, norms = tf.constant(True), []
        for descent in self.descents:
            numbers[self._rate_name(descent)] = tf.cast(descent.optimizer.learning_rate, tf.float32)
            first = descent is self.descents[0]
            made = self._pass(descent, batch, inputs, seed, numbers if first else {}, first)
            updates = made.updates if first else updates
            gradients, norm = self._clipped(made.gradients)
            norms.append(norm)
            loss, outside = made.numbers["loss"], made.numbers["outside"]
            whole &= tf.math.is_finite(loss) & tf.math.is_finite(norm) & tf.equal(outside, 0.0)
            tf.cond(whole, lambda d=descent, g=gradients, m=made: d.apply(g, m.variables) or True, lambda: False)
            numbers = _added(numbers, made.numbers)
        tf.cond(whole, lambda: self._finish(updates), lambda: self._undo(before))
        numbers["gradient_norm"] = tf.linalg.global_norm(norms)
        return tf.stack([numbers[name] for name in self.columns])

    def _pass(
        self, descent: Descent, batch: Features, inputs: Any, seed: Any, more: dict[str, Any], first: bool
    ) -> Pass:
        """Forward and backward for one optimizer; `more` numbers are averaged with those that it makes."""
        values = [variable.value for variable in descent.variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            made = self.network.forward(inputs, self.reads.endpoints, training=True, seed=seed)
            numbers = self._losses(descent, Named(batch, inputs, made.outputs))
        found = zip(tape.gradient(numbers["loss"], values), descent.variables, strict=True)
        # A variable that no loss depends on has no gradient, and stays as it is.
        pairs = [(gradient, variable) for gradient, variable in found if gradient is not None]
        updates, numbers = made.updates if first else {}, {**more, **numbers}
        gradients = [gradient for gradient, _ in pairs]
        gradients = distribute.average(gradients, _BUCKETS)
        together = iter(distribute.average([*updates.values(), *numbers.values()]))
        updates, numbers = ({name: next(together) for name in group} for group in (updates, numbers))
        return Pass(gradients, [variable for _, variable in pairs], updates, numbers)

    def _losses(self, descent: Descent, tensors: Named) -> dict[str, Any]:
        """The losses of one optimizer by name, `loss`, which it makes small, and `outside`."""
        found = {name: terms(form, tensors) for name, form in descent.losses.items()}
        parts = {f"loss/{name}": (term.values, term.weights) for name, term in found.items()}
        main, form = next(iter(self.train.losses.items()))
        if is_classifier(form) and main in found:
            parts["accuracy"] = right(form, tensors, found[main].weights)  # type: ignore[arg-type]
        numbers = means(parts)
        weighed = [numbers[f"loss/{name}"] * form.weight for name, form in descent.losses.items()]
        outside = tf.add_n([term.outside for term in found.values()])
        return {**numbers, "loss": tf.add_n(weighed) + descent.penalty(self.network), "outside": outside}

    def _clipped(self, gradients: Sequence[Any]) -> tuple[list[Any], Any]:
        """(gradients, their global norm before they are clipped)."""
        norm = tf.linalg.global_norm(gradients)
        if self.train.clip_norm is None:
            return list(gradients), norm
        return tf.clip_by_global_norm(gradients, self.train.clip_norm, use_norm=norm)[0], norm

    def _before(self) -> list[tuple[keras.Variable, Any]]:
        """What may have to be taken back: all that any optimizer but the last changes, as it is."""
        changing = [variable for descent in self.descents[:-1] for variable in descent.state]
        return [(variable, tf.identity(variable.value)) for variable in changing]

    def _undo(self, before: list[tuple[keras.Variable, Any]]) -> bool:
        for variable, value in before:
            variable.assign(value)
        return False

    def _finish(self, updates: dict[str, Any]) -> bool:
        for name, value in updates.items():
            self.network.table[name].assign(value)
        self._update_averages()
        return True

    def _update_averages(self) -> None:
        """average = d * average + (1 - d) * value with d = min(decay, (1 + step) / (10 + step)), as TF-Slim's."""
        if self.train.average is None:
            return
        step = tf.cast(self.descents[0].optimizer.iterations.value, tf.float32)
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
        slots: dict[str, keras.Variable] = {}
        for descent in self.descents:
            name = descent.name if len(self.descents) > 1 else ""
            slots |= slot_names(descent.optimizer, self.network.table, name)
        return {**self.network.table, **averages, **slots}


def _added(numbers: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The numbers of the passes together: losses and what is outside add up."""
    sums: dict[str, Any] = {name: numbers[name] + more[name] for name in ("loss", "outside") if name in numbers}
    return {**numbers, **more, **sums}


def frozen(network: Network, variable: str, patterns: Sequence[str]) -> bool:
    """Whether a variable belongs to a layer that a pattern names."""
    return bool(patterns) and named(owners_of(network)[variable], patterns)
