"""Networks that Keras Applications has too compute what Keras computes with the same random weights, at the same cost."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archspec.compiler.graph.cost import rows, totals
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower
from tests.runtime.keras_weights import macs, name_map, randomize, renamed

SPECS = Path(__file__).parents[2] / "specs"


@dataclass(frozen=True, slots=True)
class Pair:
    """A network in both libraries."""

    spec: str
    keras: str
    """The name of the constructor in keras.applications."""
    names: str
    """The name of the map from Keras's names to ours."""
    size: int
    """Height and width of the image: the least that is enough."""
    arguments: dict[str, Any] = field(default_factory=dict)


PAIRS = [
    Pair("densenet_121", "DenseNet121", "densenet", 64),
    Pair("densenet_169", "DenseNet169", "densenet", 64),
    Pair("densenet_201", "DenseNet201", "densenet", 64),
    Pair("convnext_tiny", "ConvNeXtTiny", "convnext", 64, {"include_preprocessing": False}),
    Pair("convnext_small", "ConvNeXtSmall", "convnext", 64, {"include_preprocessing": False}),
    Pair("convnext_base", "ConvNeXtBase", "convnext", 64, {"include_preprocessing": False}),
    Pair("xception", "Xception", "xception", 96),
]


@pytest.fixture(autouse=True)
def freed() -> Iterator[None]:
    """A network's weights are gone before the next one comes, and Keras counts its layers from 0."""
    keras.backend.clear_session()
    yield
    keras.backend.clear_session()
    gc.collect()


def compiled(pair: Pair) -> Program:
    findings = Findings()
    program = compile_file(str(SPECS / f"{pair.spec}.yaml"), settings={"image_size": str(pair.size)}, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    return program


def made(pair: Pair) -> Any:
    """Keras's network with random weights, up to its logits."""
    constructor = getattr(keras.applications, pair.keras)
    shape = (pair.size, pair.size, 3)
    model = constructor(weights=None, input_shape=shape, classifier_activation=None, **pair.arguments)
    randomize(model, np.random.default_rng(0))
    return model


def fill(network: Network, weights: dict[str, np.ndarray]) -> None:
    """Sets every variable of the network, and there is none left over."""
    assert {name: tuple(variable.shape) for name, variable in network.table.items()} == {
        name: value.shape for name, value in weights.items()
    }
    for name, value in weights.items():
        network.table[name].assign(value)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.spec)
def test_outputs_and_costs_are_keras_applications(pair: Pair) -> None:
    program, model = compiled(pair), made(pair)
    cost = totals(rows(program.graph))
    assert (cost.params, cost.macs) == (model.count_params(), macs(model))

    network = lower(program.graph)
    fill(network, renamed(model, name_map(pair.names)))
    images = np.random.default_rng(1).uniform(-1, 1, (1, pair.size, pair.size, 3)).astype(np.float32)
    expected = model(images, training=False).numpy()
    found = network.endpoints(images, ["Logits", "Predictions"])
    assert expected.std() > 1e-3
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found["Logits"].numpy(), expected, rtol=0, atol=1e-4 * scale)
    probabilities = keras.ops.softmax(expected).numpy()
    np.testing.assert_allclose(found["Predictions"].numpy(), probabilities, rtol=0, atol=1e-4)
