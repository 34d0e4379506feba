"""What a trained network gets right: metrics and loss over one pass of a data set, on one rank or many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.forms.losses import SoftmaxCrossEntropy
from archspec.compiler.language.forms.metrics import Accuracy
from archspec.diagnostics import stop
from archspec.runtime.ends import main_outputs, node_path
from archspec.runtime.finite import first_non_finite
from archspec.runtime.lower import Network

if TYPE_CHECKING:
    from archspec.compiler.program import Program

Total = Callable[[np.ndarray], np.ndarray]
"""From one rank's numbers to their sums over all ranks."""


@dataclass(frozen=True)
class Measure:
    """One number to find: the end point it is made from, and the Keras metric that makes it."""

    endpoint: str
    metric: keras.metrics.Metric


@dataclass(frozen=True)
class Scores:
    """What evaluation found: metrics and loss by name, over so many examples, at so many examples a second."""

    values: dict[str, float]
    examples: int
    rate: float


def measures(program: Program) -> dict[str, Measure]:
    """The spec's metrics by name, top_1 and top_5 where it has none, and the loss.

    The loss is the mean cross entropy of the main line, without label smoothing, heads and weight decay.
    """
    found = {
        name: Measure(metric.tensors[0], _accuracy(metric))
        for name, metric in (program.eval.metrics if program.eval else {}).items()
    }
    if not found:
        main = next(iter(main_outputs(program.graph)))
        found = {f"top_{k}": Measure(main, _accuracy(Accuracy(predictions=main, k=k))) for k in (1, 5)}
    for name, logits in _main_losses(program).items():
        found[name] = Measure(logits, keras.metrics.SparseCategoricalCrossentropy(from_logits=True))
    return found


def inference_graph(graph: Graph, endpoints: Iterable[str]) -> Graph:
    """The part of the graph that these end points need."""
    return graph.ending_at([node_path(graph, name) for name in endpoints])


def classes(graph: Graph, endpoint: str) -> int:
    """How many classes an end point tells apart; raises Stop where that is not known."""
    size = graph.shape(node_path(graph, endpoint))[-1:]
    if not size or size[0] is None:
        raise stop("AS726", f"{endpoint} has no axis of classes", help="name an end point of shape [classes]")
    return size[0]


class Evaluation:
    """A network's measures; its tf.function is built once, however often it passes over data."""

    def __init__(self, network: Network, wanted: dict[str, Measure]) -> None:
        self.network, self.wanted = network, wanted
        self._step = _step(network, wanted)

    def over(
        self,
        batches: Iterable[Any],
        *,
        total: Total = lambda numbers: numbers,
        on_batch: Callable[[int], None] = lambda examples: None,
    ) -> Scores:
        """The measures over this rank's batches, {"image": …, "label": …}, summed over all ranks by `total`.

        `on_batch` is told the size of each batch. Raises Stop that names the layer if the loss is not finite.
        """
        for measure in self.wanted.values():
            measure.metric.reset_state()
        counts, times = [0], [time.perf_counter()]
        for batch in batches:
            _check_labels(self.network.graph, self.wanted, batch["label"])
            self._step(batch["image"], batch["label"])
            counts.append(len(batch["label"]))
            times.append(time.perf_counter())
            if not all(np.isfinite(measure.metric.result()) for measure in self.wanted.values()):
                raise _not_finite(self.network, batch["image"])
            on_batch(counts[-1])
        for measure in self.wanted.values():
            _sum_up(measure.metric, total)
        examples, counted = total(np.array([sum(counts), sum(counts[2:]) or sum(counts)], np.float64))
        values = {name: float(measure.metric.result()) for name, measure in self.wanted.items()}
        return Scores(values, round(float(examples)), float(counted) / _seconds(times))


def _check_labels(graph: Graph, wanted: dict[str, Measure], labels: Any) -> None:
    """Raise Stop for a label that the network has no class for; the loss of one is not defined."""
    least, most = int(np.min(labels)), int(np.max(labels))
    size = min(classes(graph, measure.endpoint) for measure in wanted.values())
    if least < 0 or most >= size:
        message = f"the data has the label {most if most >= size else least}, and the network {size} classes from 0 on"
        raise stop("AS705", message, help="use the network's own number of classes, or labels_offset of the data")


def _step(network: Network, wanted: dict[str, Measure]) -> Any:
    endpoints = sorted({measure.endpoint for measure in wanted.values()})

    @tf.function(reduce_retracing=True)
    def step(images: Any, labels: Any) -> None:
        outputs = network.endpoints(images, endpoints)
        for measure in wanted.values():
            measure.metric.update_state(labels, outputs[measure.endpoint])

    return step


def _seconds(times: list[float]) -> float:
    """The time of all batches but the first, in which TensorFlow builds the graph; with one batch, of that."""
    return max(times[-1] - times[min(1, len(times) - 2)], 1e-9) if len(times) > 1 else 1.0


def _sum_up(metric: keras.metrics.Metric, total: Total) -> None:
    """A metric's sums over all ranks; Keras's means of this kind hold sums and counts, which add up."""
    for variable in metric.variables:
        variable.assign(total(np.asarray(variable)))


def _accuracy(metric: Any) -> keras.metrics.Metric:
    assert isinstance(metric, Accuracy), metric
    if metric.k == 1:
        return keras.metrics.SparseCategoricalAccuracy()
    return keras.metrics.SparseTopKCategoricalAccuracy(metric.k)


def _main_losses(program: Program) -> dict[str, str]:
    """{name: end point of logits} of the losses on the way to the network's main output."""
    graph = program.graph
    main = graph.ending_at([graph.output]).nodes
    losses = program.train.losses if program.train else {}
    logits = {
        name: loss.logits
        for name, loss in losses.items()
        if isinstance(loss, SoftmaxCrossEntropy) and node_path(graph, loss.logits) in main
    }
    if not losses and graph.endpoints.get("Logits") in main:
        logits = {"": "Logits"}
    return {f"loss/{name}" if len(logits) > 1 else "loss": path for name, path in logits.items()}


def _not_finite(network: Network, images: Any) -> Exception:
    where = first_non_finite(network, images, training=False)
    message = f"the loss is not a finite number; the first NaN or infinity is in {where or 'the loss itself'}"
    return stop("AS725", message, help="evaluate an older checkpoint, or train with a smaller learning rate")
