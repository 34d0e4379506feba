"""What losses and metrics want of the tensors and targets that they read, held against the graph's shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.compiler.language.forms.metrics import Metric
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.forms.wants import Complaint, counts_fit
from archspec.compiler.training.places import Places
from archspec.dataclass import replace
from archspec.diagnostics import Diagnostic, Findings

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
    if train is not None and train.best is not None and train.best not in _scores(train, evaluate):
        help = f"evaluation measures {', '.join(_scores(train, evaluate)) or 'nothing'}"
        findings.add("AS618", f"there is no metric `{train.best}`", places.of("train.best"), help=help)


def _scores(train: Train, evaluate: Evaluate) -> list[str]:
    """What evaluation may measure, by name: metrics, or the usual ones where none is named, and the losses."""
    losses = [name for name, loss in train.losses.items() if loss.BY_ITSELF]
    measured = ["loss"] if len(losses) == 1 else [f"loss/{name}" for name in losses]
    return [*(evaluate.metrics or ("top_1", "top_5")), *measured]


def target_type(target: object, graph: Graph, features: Mapping[str, FeatureType]) -> FeatureType | None:
    """What is known of a target; None for a name that is nowhere, which is reported already."""
    if not isinstance(target, str):
        return FeatureType("constant", (), value=target) if isinstance(target, float) else None
    if target in features:
        return features[target]
    tensor = graph.endpoints.get(target, target)
    if not _is_there(tensor, graph):
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
    if _shapes(part, graph) is None or ("target" in part.FIELDS and _target(part, graph, features) is None):
        return False
    complaints = list(complaints_of(part, graph, features))
    findings.extend(complaint_at(part, complaint, path, places) for complaint in complaints)
    return not complaints


def complaints_of(part: Loss | Metric, graph: Graph, features: Mapping[str, FeatureType]) -> Iterator[Complaint]:
    """What is wrong with the tensors, the target, the mask and the weights of a loss or metric, one finding a field."""
    shapes = _shapes(part, graph)
    assert shapes is not None
    complaint = part.complaint(shapes, _target(part, graph, features))
    if complaint is not None:
        # What is counted is not known either.
        yield complaint
        return
    for key in ("mask", "sample_weight"):
        given = target_type(getattr(part, key, None), graph, features)
        wrong = counts_fit(part.counted(shapes), given) if given is not None else None
        if wrong is not None:
            yield replace(wrong, message=f"has a `{key}` that {wrong.message}", key=key)


def complaint_at(part: Loss | Metric, complaint: Complaint, path: str, places: Places) -> Diagnostic:
    """The finding, at the field that it is about."""
    main = part.MAIN
    key = complaint.key or (main.name if main is not None else "")
    place = places.of(f"{path}.{key}" if key else path)
    return Diagnostic("AS610", f"`{part.NAME}` {complaint.message}", place, help=complaint.help)


def _shapes(part: Loss | Metric, graph: Graph) -> list[Shape] | None:
    """The shapes of the tensors that it reads; None where one is nowhere, which is reported already."""
    tensors = [_tensor(name, graph) for name in part.tensors]
    return [graph.shape(tensor) for tensor in tensors] if all(_is_there(tensor, graph) for tensor in tensors) else None


def _tensor(name: str, graph: Graph) -> str:
    """The tensor that an end point, a head or an output of this name is; the name itself where there is none."""
    return next((named[name] for named in (graph.endpoints, graph.heads, graph.outputs) if name in named), name)


def _is_there(tensor: str, graph: Graph) -> bool:
    node = graph.nodes.get(tensor.rpartition(".")[0])
    return tensor in graph.inputs or tensor in graph.nodes or (node is not None and tensor in node.tensors)


def _target(part: Loss | Metric, graph: Graph, features: Mapping[str, FeatureType]) -> FeatureType | None:
    return target_type(getattr(part, "target", None), graph, features)


def leading_to(loss: Loss, graph: Graph) -> set[str]:
    """The paths of the nodes that a loss reads, through its tensors and a target that is one."""
    target = getattr(loss, "target", None)
    ends = [*loss.tensors, *([target] if isinstance(target, str) and target in graph.endpoints else [])]
    return graph.leading_to([graph.endpoints.get(end, end) for end in ends])


def _check_trained(name: str, loss: Loss, train: Train, graph: Graph, places: Places, findings: Findings) -> None:
    """Report a loss that no variable which is trained leads to: its gradient would be empty."""
    needed = leading_to(loss, graph)
    trained = (node.layer for _, node, variable in graph.variables(needed) if variable.trainable)
    first = next(trained, None)
    if first is None:
        place = places.of(f"train.losses.{name}")
        message = f"nothing on the way to the loss `{name}` can be trained"
        findings.add("AS611", message, place, help="put a layer with weights there, such as `dense`")
    elif all(any(means(pattern, layer) for pattern in train.freeze) for layer in (first, *trained)):
        place = places.of(f"train.losses.{name}")
        message = f"all layers on the way to the loss `{name}` are frozen"
        findings.add("AS611", message, place, help="leave a layer out of `freeze`")
