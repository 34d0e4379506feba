"""A small network with every kind of state, and where the recorded truth stands."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.language.op import Op
from archspec.compiler.language.ops.activation import Relu
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.conv import Conv2D
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.dropout import Dropout
from archspec.compiler.language.ops.global_pool import GlobalAvgPool
from archspec.compiler.language.ops.softmax import Softmax
from tests.runtime import training

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for one test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ARCHSPEC_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with golden files and real data."""
    if not SHARED.is_dir():
        pytest.skip(f"no recorded data at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def formula(shared: Path) -> ModuleType:
    """shared/golden/formula_weights.py."""
    spec = importlib.util.spec_from_file_location("formula_weights", shared / "golden" / "formula_weights.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures of noise for training and ten for validation, brighter in one class than in the other."""
    folder, draw = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 90)):
        for split, count in (("train", 20), ("validation", 5)):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = draw.integers(low, low + 160, (12, 12, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Path:
    """A run of ten steps without interruption, evaluated."""
    folder = tmp_path_factory.mktemp("whole")
    done = training.train(training.spec_file(folder, training.FULL), images, folder / "run", "--eval")
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    return folder / "run"
