"""What a trained network gets right: metrics and losses over one pass of a data set, on one rank or many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import FeatureType
from archspec.diagnostics import stop
from archspec.runtime.finite import first_non_finite
from archspec.runtime.lower import Network
from archspec.runtime.measures import Measure
from archspec.runtime.named import Features, Named, Reads
from archspec.runtime.outside import find, no_class

Total = Callable[[np.ndarray], np.ndarray]
"""From one rank's numbers to their sums over all ranks."""


@dataclass(frozen=True)
class Scores:
    """What evaluation found: metrics and losses by name, over so many examples, at so many examples a second."""

    values: dict[str, float]
    examples: int
    rate: float


class Evaluation:
    """A network's measures; its tf.function is built once, however often it passes over data."""

    def __init__(self, network: Network, wanted: dict[str, Measure], features: Mapping[str, FeatureType]) -> None:
        self.network, self.wanted = network, wanted
        self.reads = Reads(network.graph, features, [measure.form for measure in wanted.values()])
        self._features = [*self.reads.features, *(["index"] if self.reads.draws else [])]

    def over(
        self,
        batches: Iterable[Features],
        *,
        total: Total = lambda numbers: numbers,
        on_batch: Callable[[int], None] = lambda examples: None,
        place: Callable[[int], str] = lambda index: f"number {index}",
        data: object = "the data",
    ) -> Scores:
        """The measures over this rank's batches, summed over all ranks by `total`.

        `on_batch` is told the size of each batch; `place` and `data` tell where an example lies. Raises Stop that names
        the layer if a measure is not finite, and the example whose target is no class.
        """
        for measure in self.wanted.values():
            measure.metric.reset_state()
        counts, times = [0], [time.perf_counter()]
        for batch in batches:
            used = {name: tf.convert_to_tensor(batch[name]) for name in self._features}
            if self._step(used) > 0:
                found = find({name: measure.form for name, measure in self.wanted.items()}, self.network.graph, batch)
                assert found is not None
                raise no_class(found, data, place)
            counts.append(len(batch[self._features[0]]))
            times.append(time.perf_counter())
            if not all(np.isfinite(measure.metric.result()) for measure in self.wanted.values()):
                raise _not_finite(self.network, self.reads.inputs_of_examples(batch))
            on_batch(counts[-1])
        for measure in self.wanted.values():
            _sum_up(measure.metric, total)
        examples, counted = total(np.array([sum(counts), sum(counts[2:]) or sum(counts)], np.float64))
        values = {name: float(measure.metric.result()) for name, measure in self.wanted.items()}
        return Scores(values, round(float(examples)), float(counted) / _seconds(times))

    @tf.function(reduce_retracing=True)
    def _step(self, batch: dict[str, Any]) -> Any:
        """Count a batch; how many targets are no class of the network."""
        inputs = self.reads.inputs_of_examples(batch)
        tensors = Named(batch, inputs, self.network.endpoints(inputs, self.reads.endpoints))
        return tf.add_n([measure.update(tensors) for measure in self.wanted.values()])


def _seconds(times: list[float]) -> float:
    """The time of all batches but the first, in which TensorFlow builds the graph; with one batch, of that."""
    return max(times[-1] - times[min(1, len(times) - 2)], 1e-9) if len(times) > 1 else 1.0


def _sum_up(metric: keras.metrics.Metric, total: Total) -> None:
    """A metric's sums over all ranks; Keras's metrics of these kinds hold sums and counts, which add up."""
    for variable in metric.variables:
        variable.assign(total(np.asarray(variable)))


def _not_finite(network: Network, inputs: Any) -> Exception:
    where = first_non_finite(network, inputs, training=False)
    message = f"the loss is not a finite number; the first NaN or infinity is in {where or 'the loss itself'}"
    return stop("AS725", message, help="evaluate an older checkpoint, or train with a smaller learning rate")
