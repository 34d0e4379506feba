"""A small network with every kind of state, and where the recorded truth stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.ir import Graph, Input, Node
from archspec.compiler.op import Op
from archspec.compiler.ops.activation import Relu, Softmax
from archspec.compiler.ops.conv import Conv2D
from archspec.compiler.ops.dense import Dense
from archspec.compiler.ops.dropout import Dropout
from archspec.compiler.ops.norm import BatchNorm
from archspec.compiler.ops.pool import GlobalAvgPool

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with golden files and real data."""
    if not SHARED.is_dir():
        pytest.skip(f"no recorded data at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def specs() -> Path:
    """The model zoo."""
    return ROOT / "specs"


@pytest.fixture
def tiny() -> Graph:
    """Convolution, batch norm, relu, dropout and a dense head for five classes, on 8x8x3 images."""
    graph = Graph("Tiny", {"image": Input("image", (8, 8, 3))}, {}, {}, "Predictions")
    _grow(graph, "(stem)/conv1", Conv2D(filters=4, kernel=(3, 3), bias=False, l2=0.1), "image", "Tiny/conv1")
    _grow(graph, "(stem)/conv1/BatchNorm", BatchNorm(decay=0.9), "(stem)/conv1", "Tiny/conv1/BatchNorm")
    _grow(graph, "(stem)/conv1/relu", Relu(), "(stem)/conv1/BatchNorm")
    _grow(graph, "dropout", Dropout(rate=0.5), "(stem)/conv1/relu")
    _grow(graph, "pool", GlobalAvgPool(), "dropout")
    _grow(graph, "fc", Dense(units=5), "pool", "Tiny/fc")
    _grow(graph, "Predictions", Softmax(), "fc")
    graph.endpoints.update(conv1="(stem)/conv1/relu", Logits="fc")
    return graph


def _grow(graph: Graph, path: str, op: Op, source: str, variable_path: str = "") -> None:
    """Append a node that reads one other."""
    shape = graph.shape(source)
    op = op.normalized(shape)
    graph.nodes[path] = Node(path, op, (source,), op.shape(shape), variable_path=variable_path, layer=path)
    graph.endpoints[path] = path
