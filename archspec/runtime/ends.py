"""A graph's inputs and outputs, by the names that users give them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.op import show
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import stop


def main_outputs(graph: Graph) -> dict[str, str]:
    """{name: tensor} of the network's outputs, and of the heads where this graph has them.

    Outputs go by the names that the spec gives them; the end of the main line by that of its end point where it has
    one (TF-Slim's), or else by its layer's.
    """
    own = dict(graph.outputs) or {name_of(graph, graph.output): graph.output}
    found = own | graph.heads
    there = {*graph.inputs, *(tensor for node in graph.nodes.values() for tensor in node.tensors)}
    return {name: tensor for name, tensor in found.items() if tensor in there}


def name_of(graph: Graph, tensor: str) -> str:
    """The name of a tensor: that of its end point where it has one of its own, or else its layer's."""
    layers = {node.layer for node in graph.nodes.values()}
    names = [name for name, found in graph.endpoints.items() if found == tensor]
    given = [name for name in names if name not in layers and name not in graph.nodes]
    return next(iter(given or names), tensor)


def node_path(graph: Graph, name: str) -> str:
    """The tensor that an end point, a head, an output or a path stands for; raises KeyError."""
    for names in (graph.endpoints, graph.heads, graph.outputs):
        if name in names:
            return names[name]
    if graph.producer(name) is not None or name in graph.inputs:
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
