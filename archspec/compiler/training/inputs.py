"""Which feature feeds which input, and whether it fits: kinds, shapes, and what the preprocess steps make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.data import Featured, TFRecord
from archspec.compiler.language.forms.preprocess.step import Preprocess
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.op import show
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings


def feeds(inputs: Mapping[str, Input], features: Mapping[str, FeatureType]) -> dict[str, str]:
    """{input: feature} by name; the only picture feeds the only input, whatever the two are called."""
    fed = [name for name, given in inputs.items() if given.draw is None]
    found = {name: name for name in fed if name in features}
    images = [name for name, feature in features.items() if feature.kind == "image"]
    if not found and len(fed) == 1 and len(images) == 1:
        return {fed[0]: images[0]}
    return found


def embedded(graph: Graph, features: Mapping[str, FeatureType]) -> Iterator[tuple[Node, int, str]]:
    """(embedding, numbers that it is fed, sentence) of the embeddings that are too small for what feeds them."""
    fed = feeds(graph.inputs, features)
    for node in graph.nodes.values():
        if not isinstance(node.op, Embedding):
            continue
        tensor = node.inputs[0]
        # What moves or cuts whole numbers leaves them as they are.
        while (producer := graph.producer(tensor)) is not None and len(producer.inputs) == 1:
            tensor = producer.inputs[0]
        feature = features.get(fed.get(tensor, ""))
        if feature is not None and feature.classes is not None:
            count = max(feature.classes, (feature.ignore or 0) + 1)
            if count > node.op.words:
                message = f"{node.layer} has vectors for {node.op.words} numbers, and `{fed[tensor]}` has {count}"
                yield node, count, message


def check_inputs(
    section: str,
    form: Train | Evaluate,
    graph: Graph,
    features: dict[str, FeatureType],
    places: Places,
    findings: Findings,
) -> None:
    """Report inputs that nothing feeds or that do not fit, features that nothing takes, steps on what is not there."""
    fed = feeds(graph.inputs, features)
    for name, given in graph.inputs.items():
        if given.draw is None and name not in fed:
            help = nearest(name, features) or f"the examples have {', '.join(features) or 'no features'}"
            message = f"nothing feeds the input `{name}`"
            findings.add("AS612", message, places.of(f"{section}.data"), help=f"name a feature like it; {help}")
        elif name in fed:
            _check_fit(section, name, given, fed[name], features[fed[name]], places, findings)
    for node, count, message in embedded(graph, features):
        findings.add("AS622", message, node.values["words"].origin.span, help=f"write `words: {count}`")
    _check_steps(section, form.preprocess, features, places, findings)
    if isinstance(form, Train):
        _check_taken(form, fed, features, places, findings)


def _check_fit(
    section: str, name: str, given: Input, feature_name: str, feature: FeatureType, places: Places, findings: Findings
) -> None:
    wanted, message = _wanted(feature), ""
    if feature.kind == "image" and (len(given.shape) != 3 or given.shape[-1] not in (1, 3, 4)):
        message = f"the input `{name}` of {show(given.shape)} cannot take the picture `{feature_name}`"
    elif feature.kind == "image" and None in given.shape:
        message = f"the input `{name}` of {show(given.shape)} needs a height and a width to be trained on pictures"
    elif feature.kind != "image" and given.shape not in (feature.shape, (*feature.shape, 1)):
        message = f"the input `{name}` is {show(given.shape)}, and the feature `{feature_name}` {show(feature.shape)}"
    elif given.dtype != feature.dtype:
        message = f"the input `{name}` is {given.dtype}, and the feature `{feature_name}` {feature.dtype}"
    if message:
        findings.add("AS613", message, places.of(f"{section}.data"), help=wanted)


def _wanted(feature: FeatureType) -> str:
    """How an input for such a feature is written."""
    if feature.kind == "image":
        return "write `{shape: [height, width, channels]}` with numbers, and 1, 3 or 4 channels"
    sizes = ", ".join(map(str, feature.shape))
    dtype = f", dtype: {feature.dtype}" if feature.dtype != "float32" else ""
    return f"write `{{shape: [{sizes}]{dtype}}}`"


def _check_steps(
    section: str,
    steps: tuple[Preprocess, ...],
    features: dict[str, FeatureType],
    places: Places,
    findings: Findings,
) -> None:
    for number, step in enumerate(steps):
        if not step.on and not any(step.takes(name, feature.kind) for name, feature in features.items()):
            message = f"`{step.NAME}` works on features of kind {', '.join(step.KINDS)}, and the examples have none"
            place = places.of(f"{section}.preprocess.{number}")
            findings.add("AS619", message, place, help="take it out, or say the kind of the feature that it is for")
        place = places.of(f"{section}.preprocess.{number}.on")
        for name in step.on:
            if name not in features:
                help = nearest(name, features) or f"the examples have {', '.join(features)}"
                findings.add("AS619", f"`{step.NAME}` works on `{name}`, which is no feature", place, help=help)
            elif features[name].kind not in step.KINDS:
                message = f"`{step.NAME}` cannot work on `{name}`, which is a {features[name].kind}"
                findings.add("AS619", message, place, help=f"it works on features of kind {', '.join(step.KINDS)}")
        moved = [name for name, feature in features.items() if feature.kind in ("image", "class_map")]
        left = [name for name in moved if step.on and name not in step.on]
        maps = [name for name in moved if features[name].kind == "class_map"]
        if "class_map" in step.KINDS and maps and left and any(name in step.on for name in moved):
            message = f"`{step.NAME}` moves {', '.join(step.on)} and not {', '.join(left)}, which no longer fits it"
            findings.add("AS620", message, place, help="take `on` out: one draw moves them together")


def _check_taken(
    train: Train, fed: dict[str, str], features: dict[str, FeatureType], places: Places, findings: Findings
) -> None:
    """Report the features that the spec names and nothing takes."""
    if not isinstance(train.data, (Featured, TFRecord)):
        return
    asked = {getattr(loss, key, None) for loss in train.losses.values() for key in ("target", "mask", "sample_weight")}
    for name in train.data.features:
        if name not in fed.values() and not asked & {name, f"{name}.known"}:
            message = f"no input or loss takes the feature `{name}`"
            place = places.of(f"train.data.features.{name}")
            help = "name it as an input or a target, or take it out"
            findings.add("AS621", message, place, help=help, severity="warning")
