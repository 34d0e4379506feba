"""The features of examples as the preprocess steps leave them: what losses and metrics are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.forms.preprocess.step import Moving, Preprocess
from archspec.compiler.training.inputs import feeds
from archspec.dataclass import replace


def prepared(features: Mapping[str, FeatureType], steps: Sequence[Preprocess], graph: Graph) -> dict[str, FeatureType]:
    """The features, pictures and class maps among them in the size that they have after the steps, where it is known.

    A picture has at the end the size of the input that it feeds.
    """
    found = dict(features)
    for given, name in feeds(graph.inputs, features).items():
        if features[name].kind == "image":
            found[name] = replace(features[name], shape=graph.inputs[given].shape)
    for name, feature in features.items():
        if feature.kind == "class_map":
            found[name] = replace(feature, shape=_map_shape(name, features, steps, graph))
    return found


def _map_shape(name: str, features: Mapping[str, FeatureType], steps: Sequence[Preprocess], graph: Graph) -> Shape:
    """Height and width of a map after the steps: those of the input whose picture it moves with, or what steps make."""
    moving = [step for step in steps if isinstance(step, Moving)]
    for given, picture in feeds(graph.inputs, features).items():
        together = [step.takes(name, "class_map") and step.takes(picture, "image") for step in moving]
        # The two have one size at the start, or training ends there; the picture's at the end is the input's.
        if features[picture].kind == "image" and together and all(together):
            return graph.inputs[given].shape[:2]
    height, width = features[name].shape
    size = height, width
    for step in steps:
        if step.takes(name, "class_map"):
            size = step.size_after(size)
    return size
