"""Networks that Keras Applications has too give Keras's answers with its weights, by the maps that come with archspec."""

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
from archspec.compiler.graph.passes import run as run_pass
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower
from archspec.runtime.restore import restore
from archspec.weights.name_map_file import shipped_maps
from tests.runtime.keras_weights import macs, randomize, settle

SPECS = Path(__file__).parents[2] / "specs"
PLAIN = {"include_preprocessing": False}


@dataclass(frozen=True, slots=True)
class Pair:
    """A network in both libraries."""

    spec: str
    keras: str
    """The name of the constructor in keras.applications."""
    names: str
    """The map from Keras's names to ours."""
    size: int = 64
    """Height and width of the image: the least that is enough."""
    arguments: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    logits: str = "Logits"
    constants: int = 0
    """Numbers that Keras counts with the parameters: its own normalization, which divides by 255."""


TF_SLIM = {"num_classes": "1000"}
PAIRS = [
    Pair("vgg_16", "VGG16", "keras_vgg", 224, logits="fc8"),
    Pair("vgg_19", "VGG19", "keras_vgg", 224, logits="fc8"),
    *(
        Pair(f"resnet_v2_{depth}", f"ResNet{depth}V2", "keras_resnet_v2", settings=TF_SLIM | {"zero_border": "true"})
        for depth in (50, 101, 152)
    ),
    *(
        Pair(f"resnet_{depth}", f"ResNet{depth}", "keras_resnet", settings={"stride_in": "conv1", "bias": "true"})
        for depth in (50, 101, 152)
    ),
    Pair("inception_v3", "InceptionV3", "keras_inception_v3", 96, settings=TF_SLIM | {"aux": "false"}),
    Pair(
        "inception_resnet_v2", "InceptionResNetV2", "keras_inception_resnet_v2", 96, settings=TF_SLIM | {"aux": "false"}
    ),
    Pair("mobilenet_v1", "MobileNet", "keras_mobilenet", settings=TF_SLIM),
    Pair("mobilenet_v1_025", "MobileNet", "keras_mobilenet", arguments={"alpha": 0.25}, settings=TF_SLIM),
    Pair("mobilenet_v2", "MobileNetV2", "keras_mobilenet_v2", settings=TF_SLIM),
    Pair("mobilenet_v2_140", "MobileNetV2", "keras_mobilenet_v2", arguments={"alpha": 1.4}, settings=TF_SLIM),
    *(
        Pair(
            f"mobilenet_v3_{size}{'_minimalistic' if bare else ''}",
            f"MobileNetV3{size.title()}",
            "keras_mobilenet_v3",
            arguments=PLAIN | {"minimalistic": bare},
            settings=TF_SLIM,
        )
        for size in ("small", "large")
        for bare in (False, True)
    ),
    *(Pair(f"densenet_{depth}", f"DenseNet{depth}", "keras_densenet") for depth in (121, 169, 201)),
    Pair("xception", "Xception", "keras_xception", 96),
    *(Pair(f"efficientnet_b{n}", f"EfficientNetB{n}", "keras_efficientnet", constants=7) for n in range(8)),
    Pair("efficientnet_v2_s", "EfficientNetV2S", "keras_efficientnet", arguments=PLAIN),
    *(
        Pair(f"convnext_{size}", f"ConvNeXt{size.title()}", "keras_convnext", arguments=PLAIN)
        for size in ("tiny", "small", "base")
    ),
]


@pytest.fixture(autouse=True)
def freed() -> Iterator[None]:
    """Keras draws the same weights in any order of tests, and those of a network are gone before the next one comes."""
    keras.utils.set_random_seed(3)
    yield
    keras.backend.clear_session()
    gc.collect()


def compiled(pair: Pair) -> Program:
    findings, settings = Findings(), {"image_size": str(pair.size), **pair.settings}
    program = compile_file(str(SPECS / f"{pair.spec}.yaml"), settings=settings, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    return program


def made(pair: Pair) -> Any:
    """Keras's network with random weights, up to its logits."""
    constructor = getattr(keras.applications, pair.keras)
    shape, random = (pair.size, pair.size, 3), np.random.default_rng(0)
    model = constructor(weights=None, input_shape=shape, classifier_activation=None, **pair.arguments)
    randomize(model, random)
    settle(model, random.uniform(-1, 1, (4, *shape)) * (255 if pair.constants else 1))
    return model


def test_every_map_of_keras_is_tried() -> None:
    assert {pair.names for pair in PAIRS} == {name for name in shipped_maps() if name.startswith("keras_")}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.spec)
def test_outputs_and_costs_are_keras_applications(pair: Pair, tmp_path: Path) -> None:
    program, model = compiled(pair), made(pair)
    graph = run_pass(for_inference, program.graph)
    cost = totals(rows(graph))
    assert (cost.params, cost.macs) == (model.count_params() - pair.constants, macs(model))

    model.save_weights(tmp_path / "theirs.weights.h5")
    network = lower(graph)
    restore(network, str(tmp_path / "theirs.weights.h5"), names=pair.names)
    images = np.random.default_rng(1).uniform(-1, 1, (1, pair.size, pair.size, 3)).astype(np.float32)
    expected = model(images * (255 if pair.constants else 1), training=False).numpy()
    found = network.endpoints(images, [pair.logits])[pair.logits].numpy()
    scale = np.abs(expected).max()
    assert expected.std() > 1e-3 and scale < 1e3
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * scale)
