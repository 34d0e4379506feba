"""What TF-Slim's arg scopes say of its networks holds in the zoo: scales, dropout, and layers that begin otherwise."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.graph.graph import Graph
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"


@cache
def graph_of(name: str, *settings: tuple[str, str]) -> Graph:
    """The graph of a network of the zoo with some settings."""
    findings = Findings()
    program = compile_file(str(SPECS / f"{name}.yaml"), settings=dict(settings), findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    return program.graph


def op(graph: Graph, path: str) -> Any:
    return next(node.op for name, node in graph.nodes.items() if name.endswith(path))


@pytest.mark.parametrize(
    ("block", "scale"), [("block35_3", 0.17), ("block17_20", 0.1), ("block8_9", 0.2), ("Block8", 1.0)]
)
def test_residuals_are_scaled_and_clipped_for_relu6(block: str, scale: float) -> None:
    """But the last, which has no activation."""
    graph = graph_of("inception_resnet_v2", ("activation", "relu6"))
    assert op(graph, f"{block}/(residual)/(scaled)/scaled").number == scale
    clips: list[Any] = [
        node.op for path, node in graph.nodes.items() if path.endswith(f"{block}/(residual)/(scaled)/clipped")
    ]
    assert [clip.range for clip in clips] == ([] if block == "Block8" else [(-6.0, 6.0)])
    ends = [path for path in graph.nodes if f"{block}/(residual)/sum/" in path]
    assert bool(ends) == (block != "Block8")


@pytest.mark.parametrize(
    ("name", "layer"),
    [("alexnet_v2", "dropout7"), ("vgg_16", "dropout6"), ("inception_v1", "Dropout_0b"), ("lenet", "dropout3")],
)
def test_dropout_drops_what_is_not_kept(name: str, layer: str) -> None:
    assert op(graph_of(name, ("dropout_keep_prob", "0.75")), layer).rate == 0.25


def test_what_tf_slims_defaults_do_not_reach_has_no_weight_decay() -> None:
    variables = {full: variable for full, _, variable in graph_of("inception_v2").variables()}
    kernels = {full: v.l2 for full, v in variables.items() if full.endswith("weights")}
    assert {full.split("/")[2] for full, l2 in kernels.items() if l2 == 0} == {"depthwise_weights", "pointwise_weights"}
    assert {l2 for l2 in kernels.values() if l2} == {4e-5}


INITIALIZERS = {
    # Standard deviations of truncated normal weights (None for He's and Glorot's), and the constant of biases.
    "alexnet_v2/conv1": (None, 0.1),
    "alexnet_v2/fc6": (0.005, 0.1),
    "alexnet_v2/fc8": (0.005, 0.0),
    "overfeat/conv1": (None, 0.0),
    "overfeat/fc7": (0.005, 0.1),
    "overfeat/fc8": (0.005, 0.0),
    "inception_v1/Conv2d_2c_3x3": (0.01, None),
    "inception_v1/Mixed_4b/Branch_3/Conv2d_0b_1x1": (0.01, None),
    "inception_v1/Logits/Conv2d_0c_1x1": (None, 0.0),
    "inception_v2/Conv2d_2b_1x1": (0.1, None),
    "inception_v2/Conv2d_2c_3x3": (None, None),
    "inception_v2/Mixed_3b/Branch_0/Conv2d_0a_1x1": (None, None),
    "inception_v2/Mixed_3b/Branch_1/Conv2d_0a_1x1": (0.09, None),
    "inception_v2/Mixed_4a/Branch_0/Conv2d_0a_1x1": (0.09, None),
    "inception_v2/Mixed_5c/Branch_3/Conv2d_0b_1x1": (0.1, None),
    "inception_v3/AuxLogits/Conv2d_2a_5x5": (0.01, None),
    "inception_v3/AuxLogits/Conv2d_2b_1x1": (0.001, 0.0),
}


@pytest.mark.parametrize(("layer", "spread", "bias"), [(layer, *found) for layer, found in INITIALIZERS.items()])
def test_first_weights_are_tf_slims(layer: str, spread: float | None, bias: float | None) -> None:
    name, _, path = layer.partition("/")
    found: dict[str, Any] = {full.partition("/")[2]: v.initializer for full, _, v in graph_of(name).variables()}
    weights, biases = found[f"{path}/weights"], found.get(f"{path}/biases")
    assert (weights.stddev if weights.NAME == "truncated_normal" else None) == spread
    assert (biases.value if biases is not None else None) == bias
