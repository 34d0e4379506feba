"""A graph's inputs and outputs, by the names that users give them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.op import show
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import stop


def main_outputs(graph: Graph) -> dict[str, str]:
    """{end point: node path} of the main line's end and of the heads, where this graph has them.

    The main line's end goes by its TF-Slim name, Predictions or Logits, where it has one; else by its layer's.
    """
    names = [name for name, path in graph.endpoints.items() if path == graph.output]
    favourites = [name for name in ("Predictions", "Logits") if name in names]
    ends = {graph.output: next(iter(favourites + names), graph.output)}
    found = {name: path for path, name in ends.items()} | graph.heads
    return {name: path for name, path in found.items() if path in graph.nodes or path in graph.inputs}


def node_path(graph: Graph, name: str) -> str:
    """The node that an end point, a head or a path stands for; raises KeyError."""
    for names in (graph.endpoints, graph.heads):
        if name in names:
            return names[name]
    if name in graph.nodes or name in graph.inputs:
        return name
    raise KeyError(name)


def image_input(graph: Graph) -> str:
    """The name of the input that images go to: the only one, or the one named image; raises Stop."""
    if len(graph.inputs) == 1:
        return next(iter(graph.inputs))
    if "image" not in graph.inputs:
        message = f"{graph.name} has the inputs {', '.join(graph.inputs)}, and none of them is named image"
        raise stop("AS715", message, help="name the input that takes the images `image`")
    return "image"


def picture_shapes(graph: Graph, features: Mapping[str, FeatureType]) -> dict[str, tuple[int, int, int]]:
    """{feature: height, width, channels} of the inputs that pictures feed; raises Stop where one is not known."""
    fed = {
        name: feature for name, feature in feeds(graph.inputs, features).items() if features[feature].kind == "image"
    }
    return {feature: _picture_shape(graph, name) for name, feature in fed.items()}


def image_shape(graph: Graph) -> tuple[int, int, int]:
    """Height, width and channels of the images that the graph takes; raises Stop where one is not known."""
    return _picture_shape(graph, image_input(graph))


def _picture_shape(graph: Graph, name: str) -> tuple[int, int, int]:
    shape = graph.inputs[name].shape
    if len(shape) != 3 or None in shape:
        message = f"the input {name} of {graph.name} is {show(shape)}, and images need a height, width and channels"
        raise stop("AS715", message, help="give the input these three sizes, in the spec or with --set")
    height, width, channels = (size for size in shape if size is not None)
    return height, width, channels
