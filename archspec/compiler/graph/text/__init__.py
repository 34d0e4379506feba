"""A graph as text that can be read back: one line a node.

    graph InceptionV3
    input image: 299x299x3
    input z: 100 ~ normal
    Conv2d_1a_3x3 = conv2d(image) {filters: 32, kernel: 3x3, stride: 2x2, padding: valid, bias: false}: 149x149x32
    Conv2d_1a_3x3/BatchNorm = batch_norm(Conv2d_1a_3x3) {decay: 0.9997, scale: false}: 149x149x32
    endpoint Conv2d_1a_3x3 = Conv2d_1a_3x3/relu
    head AuxLogits = AuxLogits/squeeze
    output Predictions
    parts = split(image) {parts: 2}: 32x32x4; 1: 32x32x4
    output left = parts.1

Fields with their op's default are left out; so are the dtype float32, and a variable path (after `@`) and a layer
(after `of`) that follow from the node's path. Names with other characters than a path's stand in double quotes.
"""

from archspec.compiler.graph.text.reading import parse_graph
from archspec.compiler.graph.text.writing import print_graph

__all__ = ["parse_graph", "print_graph"]
