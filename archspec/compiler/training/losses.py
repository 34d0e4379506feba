"""What losses and metrics want of the tensors and targets that they read, held against the graph's shapes."""

from __future__ import annotations

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.compiler.language.forms.metrics import Metric
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings

COLUMNS = ("step", "epoch", "seconds", "loss", "lr", "accuracy", "gradient_norm", "images_per_second", "stop", "save")
"""The log's own columns, which no loss or metric can be called."""


def check_losses(
    train: Train, graph: Graph, features: dict[str, FeatureType], places: Places, findings: Findings
) -> None:
    """Report losses that cannot work on what they read, or that no trained layer leads to."""
    if not train.losses:
        help = "write `losses: {main: {…}}`"
        findings.add("AS601", "`train` has no loss", places.of("train.losses"), help=help)
    for name, loss in train.losses.items():
        path = f"train.losses.{name}"
        _check_name("loss", name, path, places, findings)
        if _check_part(loss, path, graph, features, places, findings):
            _check_trained(name, loss, train, graph, places, findings)


def check_metrics(
    train: Train | None,
    evaluate: Evaluate,
    graph: Graph,
    features: dict[str, FeatureType],
    places: Places,
    findings: Findings,
) -> None:
    """Report metrics that cannot work on what they read, and a best checkpoint by a metric that is not there."""
    for name, metric in evaluate.metrics.items():
        path = f"eval.metrics.{name}"
        _check_name("metric", name, path, places, findings)
        _check_part(metric, path, graph, features, places, findings)
    if train is not None and train.best is not None and train.best not in evaluate.metrics:
        help = f"there are {', '.join(evaluate.metrics) or 'none'}"
        findings.add("AS618", f"there is no metric `{train.best}`", places.of("train.best"), help=help)


def target_type(target: object, graph: Graph, features: dict[str, FeatureType]) -> FeatureType | None:
    """What is known of a target; None for a name that is nowhere, which is reported already."""
    if not isinstance(target, str):
        return None if target is None else FeatureType("constant", ())
    if target in features:
        return features[target]
    tensor = graph.endpoints.get(target, target)
    if tensor not in graph.inputs and tensor not in graph.nodes:
        return None
    return FeatureType("tensor", graph.shape(tensor), graph.dtype(tensor))


def _check_name(what: str, name: str, path: str, places: Places, findings: Findings) -> None:
    if name in COLUMNS:
        message = f"a {what} cannot be called `{name}`, which is a column of the log"
        findings.add("AS606", message, places.of(path), help="choose another name")


def _check_part(
    part: Loss | Metric,
    path: str,
    graph: Graph,
    features: dict[str, FeatureType],
    places: Places,
    findings: Findings,
) -> bool:
    """Whether a loss or metric can work on its tensors and target; reports why not."""
    tensors = [graph.endpoints.get(name, name) for name in part.tensors]
    target = getattr(part, "target", None)
    found = target_type(target, graph, features)
    known = all(tensor in graph.nodes or tensor in graph.inputs for tensor in tensors)
    if not known or ("target" in part.FIELDS and found is None):
        return False
    complaint = part.complaint([graph.shape(tensor) for tensor in tensors], found)
    if complaint is not None:
        main = part.main()
        place = places.of(f"{path}.{main.name}" if main is not None else path)
        findings.add("AS610", f"`{part.NAME}` {complaint.message}", place, help=complaint.help)
        return False
    return True


def leading_to(loss: Loss, graph: Graph) -> set[str]:
    """The paths of the nodes that a loss reads, through its tensors and a target that is one."""
    target = getattr(loss, "target", None)
    ends = [*loss.tensors, *([target] if isinstance(target, str) and target in graph.endpoints else [])]
    return graph.leading_to([graph.endpoints.get(end, end) for end in ends])


def _check_trained(name: str, loss: Loss, train: Train, graph: Graph, places: Places, findings: Findings) -> None:
    """Report a loss that no variable which is trained leads to: its gradient would be empty."""
    needed = leading_to(loss, graph)
    trained = [node.layer for _, node, variable in graph.variables(needed) if variable.trainable]
    if not trained:
        place = places.of(f"train.losses.{name}")
        message = f"nothing on the way to the loss `{name}` can be trained"
        findings.add("AS611", message, place, help="put a layer with weights there, such as `dense`")
    elif all(any(means(pattern, layer) for pattern in train.freeze) for layer in trained):
        place = places.of(f"train.losses.{name}")
        message = f"all layers on the way to the loss `{name}` are frozen"
        findings.add("AS611", message, place, help="leave a layer out of `freeze`")
