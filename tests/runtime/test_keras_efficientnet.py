"""EfficientNets compute what those of Keras Applications compute from the same random weights."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np
import pytest

from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower

pytestmark = pytest.mark.slow

SPECS = Path(__file__).parents[2] / "specs"
SIZE = 96
LEAVES = {"weights": "kernel", "depthwise_weights": "kernel", "biases": "bias"}
STAGES = {"stem_conv": "stem_activation"} | {f"block{stage}_1": f"block{stage}a_project_bn" for stage in range(2, 7)}
"""Our end points, and Keras's layers."""


def keras_name(variable: str, depthwise: str) -> str:
    """Keras's name of one of our variables: `b0/block2_1/dwconv/BatchNorm/beta` is `block2a_bn/beta`."""
    _, *parts, leaf = variable.split("/")
    layer = "_".join(part for part in parts if part != "BatchNorm")
    layer = re.sub(r"^block(\d+)_(\d+)", lambda found: f"block{found[1]}{chr(96 + int(found[2]))}", layer)
    if "BatchNorm" in parts:
        return f"{layer.removesuffix('dwconv').removesuffix('conv')}bn/{leaf}"
    return f"{layer.replace('dwconv', depthwise)}/{LEAVES[leaf]}"


def randomised(model: keras.Model, random: np.random.Generator) -> None:
    """Give the batch norms other statistics than mean 0 and variance 1."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (weight.shape for weight in layer.get_weights())
            drawn = random.uniform(0.8, 1.2, gamma), random.normal(0, 0.1, beta)
            layer.set_weights([*drawn, random.normal(0, 0.1, mean), random.uniform(0.8, 1.2, variance)])


@pytest.mark.parametrize(
    ("spec", "application", "depthwise", "constants", "ends"),
    [
        ("efficientnet_b0", "EfficientNetB0", "dwconv", 7, STAGES | {"Logits": "predictions"}),
        # With untrained statistics, rounding grows in its last fourteen blocks until it is all that is seen.
        ("efficientnet_v2_s", "EfficientNetV2S", "dwconv2", 0, STAGES),
    ],
)
def test_end_points_are_those_of_keras(
    spec: str, application: str, depthwise: str, constants: int, ends: dict[str, str]
) -> None:
    """All weights find their place; Keras counts the constants of its own normalization with the parameters."""
    shape = (SIZE, SIZE, 3)
    theirs = getattr(keras.applications, application)(weights=None, input_shape=shape, classifier_activation=None)
    random = np.random.default_rng(5)
    randomised(theirs, random)

    program = compile_file(str(SPECS / f"{spec}.yaml"), settings={"image_size": str(SIZE)}, findings=Findings())
    assert program is not None
    ours = lower(for_inference(program.graph))
    known = {"/".join(weight.path.split("/")[-2:]): weight for weight in theirs.weights}
    for name, variable in ours.table.items():
        variable.assign(known.pop(keras_name(name, depthwise)))
    assert sum(int(np.prod(weight.shape)) for weight in known.values()) == constants

    images = random.uniform(0, 255, (2, *shape)).astype(np.float32)
    # Without trained weights, Keras's normalization of B0 knows no means: it only divides by 255.
    found = ours.endpoints(images / 255 if constants else images / 128 - 1, list(ends))
    outputs = [theirs.get_layer(layer).output for layer in ends.values()]
    for name, wanted in zip(ends, keras.Model(theirs.input, outputs)(images), strict=True):
        difference = np.linalg.norm(found[name].numpy() - wanted.numpy())
        assert difference <= 1e-4 * np.linalg.norm(wanted.numpy()), name
