"""What evaluation measures: the metrics of a spec, and the losses of what the network is there for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.data import Sample
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.compiler.language.forms.metrics import Accuracy, Metric
from archspec.compiler.training.places import Places
from archspec.diagnostics import stop
from archspec.runtime.checkpoint import Best
from archspec.runtime.ends import main_outputs, node_path
from archspec.runtime.losses import outside, terms, weights_of
from archspec.runtime.named import Named, Reads
from archspec.runtime.toolkit import LIBRARIES

if TYPE_CHECKING:
    from archspec.compiler.program import Program


@dataclass(frozen=True)
class Measure:
    """One number to find: a metric or loss of the spec, and the Keras metric that sums it up over the batches."""

    form: Metric | Loss
    metric: keras.metrics.Metric

    @property
    def is_better_larger(self) -> bool:
        """Which of two values is the better one."""
        return isinstance(self.form, Metric) and self.form.LARGER_IS_BETTER

    def update(self, tensors: Named) -> Any:
        """Count a batch; how many of its targets are no class of the network."""
        if isinstance(self.form, Loss):
            return self._update_loss(self.form, tensors)
        outputs = [tensors.outputs[name] for name in self.form.tensors]
        target = tensors.value(self.form.target)
        truth, prediction = self.form.pair(LIBRARIES, outputs, target)
        one_each = truth if self.form.classes([tensor.shape[1:] for tensor in outputs]) is not None else truth[..., 0]
        weights = weights_of(self.form, tensors, target, one_each)
        self.metric.update_state(truth, prediction, sample_weight=weights)
        return outside(self.form, outputs, target, weights)

    def _update_loss(self, form: Loss, tensors: Named) -> Any:
        found = terms(form, tensors)
        values = found.values
        if found.weights is not None:
            # What does not count may be anything, also no number.
            values = tf.where(tf.not_equal(found.weights, 0), values, 0.0)
        self.metric.update_state(values, sample_weight=found.weights)
        return found.outside


def measures(program: Program) -> dict[str, Measure]:
    """The spec's metrics by name, how often the class is right where it has none, and the losses.

    Losses are those that read what the network is there for, its main line or named outputs, measured as evaluation
    does it: `loss` where there is one, otherwise `loss/NAME`. Raises Stop where there is nothing to measure.
    """
    graph = program.graph
    metrics = program.eval.metrics if program.eval is not None else {}
    forms: dict[str, Metric | Loss] = {**(metrics or _usual(program)), **_losses(program)}
    if not forms:
        message = f"{program.file} names no metric, and none of its losses reads the network's output"
        raise stop("AS630", message, help="write `metrics: {NAME: {…}}` in the eval section")
    return {name: Measure(form, _metric(form, graph)) for name, form in forms.items()}


def features_for_evaluation(program: Program) -> dict[str, FeatureType]:
    """The features of the examples that a program is evaluated on."""
    own = program.eval.data if program.eval is not None else None
    return (own or (program.train.data if program.train is not None else Sample())).example()


def best_of(program: Program) -> Best | None:
    """The score by which a checkpoint of this program is the best one: `train.best`, or the first that is measured.

    None where nothing is evaluated.
    """
    if program.train is None or program.eval is None:
        return None
    found = measures(program)
    name = program.train.best or next(iter(found))
    if name not in found:
        message, help = f"evaluation does not measure `{name}`", f"it measures {', '.join(found)}"
        raise stop("AS618", message, span=Places(program.values, {}).of("train.best"), help=help)
    return Best(name, lowest=not found[name].is_better_larger)


def measured_graph(program: Program, wanted: Mapping[str, Measure]) -> Graph:
    """The part of the network that some measures need."""
    reads = Reads(program.graph, features_for_evaluation(program), [measure.form for measure in wanted.values()])
    return inference_graph(program.graph, reads.endpoints)


def inference_graph(graph: Graph, endpoints: Iterable[str]) -> Graph:
    """The part of the graph that these end points need."""
    return graph.ending_at([node_path(graph, name) for name in endpoints])


def classes(graph: Graph, endpoint: str) -> int:
    """How many classes an end point tells apart; raises Stop where that is not known."""
    size = graph.shape(node_path(graph, endpoint))[-1:]
    if not size or size[0] is None:
        raise stop("AS726", f"{endpoint} has no axis of classes", help="name an end point of shape [classes]")
    return size[0]


def _metric(form: Metric | Loss, graph: Graph) -> keras.metrics.Metric:
    if isinstance(form, Loss):
        return keras.metrics.Mean()
    return form.make(LIBRARIES, [graph.shape(node_path(graph, name)) for name in form.tensors])


def _usual(program: Program) -> dict[str, Metric]:
    """top_1 and top_5 of the output, where it is a vector of scores and the examples have one class."""
    features = features_for_evaluation(program)
    target = [name for name, feature in features.items() if feature.kind == "class"]
    main = next(iter(main_outputs(program.graph)))
    shape = program.graph.shape(node_path(program.graph, main))
    if len(target) != 1 or len(shape) != 1 or shape[0] is None:
        return {}
    return {f"top_{k}": Accuracy(predictions=main, k=k, target=target[0]) for k in (1, 5) if k < shape[0]}


def _losses(program: Program) -> dict[str, Loss]:
    """The losses that read only what the network is there for, and what the evaluation's examples have."""
    graph = program.graph
    main = graph.ending_at(graph.ends)
    there = {*main.nodes, *main.inputs, *(tensor for node in main.nodes.values() for tensor in node.tensors)}
    features = features_for_evaluation(program)

    def measured(form: Loss) -> bool:
        reads = Reads(graph, features, [form])
        return form.BY_ITSELF and all(_is_in(there, graph, name) for name in reads.endpoints)

    found = {name: form for name, form in (program.train.losses if program.train else {}).items() if measured(form)}
    plain = {
        name: form.replace(label_smoothing=0.0) if "label_smoothing" in form.FIELDS else form
        for name, form in found.items()
    }
    return {f"loss/{name}" if len(plain) > 1 else "loss": form for name, form in plain.items()}


def _is_in(there: set[str], graph: Graph, name: str) -> bool:
    """Whether an end point is one of these tensors; a feature that the examples lack is none."""
    tensors = graph.endpoints | graph.heads
    return tensors.get(name, name) in there
