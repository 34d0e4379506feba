"""TF-Slim's arguments do in the zoo what they do in TF-Slim: shapes and counts that its own tests state.

Shapes are without the batch. From nets/*_test.py of tensorflow/models, research/slim, but where a comment says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.graph.graph import Graph
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"
Shapes = Mapping[str, tuple[int, ...] | None]


def made(name: str, settings: Mapping[str, object]) -> Program:
    """A network of the zoo with some settings, which must all be used."""
    findings = Findings()
    written = {key: value if isinstance(value, str) else str(value).lower() for key, value in settings.items()}
    program = compile_file(str(SPECS / f"{name}.yaml"), settings=written, findings=findings)
    assert program is not None and findings.items == [], [f"{found.span} {found.message}" for found in findings.items]
    return program


def shapes(graph: Graph, names: Mapping[str, Any]) -> dict[str, tuple[int | None, ...] | None]:
    """The shapes of end points and heads by name; None for those that are not there."""
    ends = {**graph.endpoints, **graph.heads}
    return {name: graph.shape(ends[name]) if name in ends else None for name in names}


def image(height: int, width: int, channels: int = 3) -> dict[str, str]:
    return {"inputs.image.shape": f"[{height}, {width}, {channels}]"}


DENSE: dict[str, object] = {"global_pool": False, "spatial_squeeze": False}
CASES: dict[str, tuple[str, dict[str, object], Shapes]] = {
    # Fully convolutional: larger images give a map of logits, or the mean of what is seen in each window.
    "alexnet-map": ("alexnet_v2", {**image(300, 400), "spatial_squeeze": False}, {"fc8": (4, 7, 1000)}),
    "alexnet-pooled": ("alexnet_v2", {"image_size": 256, "global_pool": True}, {"fc8": (1000,)}),
    "alexnet-pooled-map": (
        "alexnet_v2",
        {"image_size": 256, "global_pool": True, "spatial_squeeze": False},
        {"global_pool": (1, 1, 4096), "fc8": (1, 1, 1000)},
    ),
    "overfeat-map": ("overfeat", {"image_size": 281, "spatial_squeeze": False}, {"fc8": (2, 2, 1000)}),
    "overfeat-pooled": (
        "overfeat",
        {"image_size": 281, "global_pool": True, "spatial_squeeze": False},
        {"fc8": (1, 1, 1000)},
    ),
    "vgg-map": ("vgg_a", {"image_size": 256, "spatial_squeeze": False}, {"fc8": (2, 2, 1000)}),
    "vgg-pooled": ("vgg_16", {"image_size": 256, "global_pool": True}, {"fc7": (2, 2, 4096), "fc8": (1000,)}),
    # Same padding keeps the 7x7 of pool5 (documented in nets/vgg.py).
    "vgg-same": ("vgg_19", {"fc_conv_padding": "same", "spatial_squeeze": False}, {"fc8": (7, 7, 1000)}),
    "inception-v1-half": ("inception_v1", {"image_size": 112}, {"Mixed_5c": (4, 4, 1024), "Logits": (1001,)}),
    "inception-v1-rootless": (
        "inception_v1",
        {**image(28, 28, 192), "include_root_block": False, "train.when": False, "eval.when": False},
        {"Conv2d_2c_3x3": None, "Mixed_3b": (28, 28, 256), "Mixed_4f": (14, 14, 832), "Mixed_5c": (7, 7, 1024)},
    ),
    "inception-v1-global": (
        "inception_v1",
        {**image(250, 300), "global_pool": True},
        {"global_pool": (1, 1, 1024), "Logits": (1001,)},
    ),
    # A window of 7x7 with stride 1 sees 8x10 at 2x4 places (nets/inception_v1.py).
    "inception-v1-windows": ("inception_v1", {**image(250, 300), **DENSE}, {"Logits": (2, 4, 1001)}),
    "inception-v2-half": ("inception_v2", {"image_size": 112}, {"Mixed_5c": (4, 4, 1024)}),
    "inception-v2-rootless": (
        "inception_v2",
        {**image(28, 28, 192), "include_root_block": False, "train.when": False, "eval.when": False},
        {"Conv2d_1a_7x7": None, "Mixed_3c": (28, 28, 320), "Mixed_4a": (14, 14, 576), "Mixed_5c": (7, 7, 1024)},
    ),
    "inception-v2-thin": (
        "inception_v2",
        {"depth_multiplier": 0.5},
        {
            "Conv2d_1a_7x7": (112, 112, 32),
            "Mixed_3b": (28, 28, 128),
            "Mixed_4a": (14, 14, 288),
            "Mixed_5c": (7, 7, 512),
        },
    ),
    "inception-v2-wide": ("inception_v2", {"depth_multiplier": 2.0}, {"Mixed_5c": (7, 7, 2048)}),
    "inception-v3-half": ("inception_v3", {"image_size": 150}, {"Mixed_7c": (3, 3, 2048), "AuxLogits": (1001,)}),
    "inception-v3-thin": (
        "inception_v3",
        {"depth_multiplier": 0.5},
        {"Mixed_5d": (35, 35, 144), "Mixed_7c": (8, 8, 1024)},
    ),
    "inception-v3-global": ("inception_v3", {**image(330, 400), "aux": False}, {"AuxLogits": None, "Logits": (1001,)}),
    "inception-v4-half": ("inception_v4", {"image_size": 150}, {"Mixed_7d": (3, 3, 1536), "Logits": (1001,)}),
    "inception-v4-large": ("inception_v4", image(350, 400), {"Mixed_7d": (9, 11, 1536), "AuxLogits": (1001,)}),
    "inception-v4-plain": ("inception_v4", {"aux": False}, {"AuxLogits": None, "Logits": (1001,)}),
    "inception-resnet-half": ("inception_resnet_v2", {"image_size": 150}, {"Conv2d_7b_1x1": (3, 3, 1536)}),
    "inception-resnet-large": (
        "inception_resnet_v2",
        image(330, 400),
        {"Conv2d_7b_1x1": (8, 11, 1536), "Logits": (1001,)},
    ),
    "inception-resnet-dense": (
        "inception_resnet_v2",
        {"output_stride": 8},
        {"Mixed_5b": (35, 35, 320), "Mixed_6a": (33, 33, 1088), "PreAuxLogits": (33, 33, 1088)},
    ),
    "inception-resnet-aligned": (
        "inception_resnet_v2",
        {"align_feature_maps": True},
        {"Conv2d_2a_3x3": (150, 150, 32), "MaxPool_3a_3x3": (75, 75, 64), "Mixed_5b": (38, 38, 320)}
        | {"Mixed_6a": (19, 19, 1088), "PreAuxLogits": (19, 19, 1088)},
    ),
    **{
        f"{net}-{what}": (f"{net}_50", settings, found)
        for net in ("resnet_v1", "resnet_v2")
        for what, settings, found in (
            ("map", {"image_size": 321, **DENSE}, {"block1": (41, 41, 256), "block4": (11, 11, 2048)}),
            (
                "atrous",
                {"image_size": 321, "output_stride": 8, **DENSE},
                {"block1": (41, 41, 256), "block2": (41, 41, 512), "block3": (41, 41, 1024), "block4": (41, 41, 2048)},
            ),
            ("atrous-224", {"output_stride": 8}, {"block4": (28, 28, 2048), "global_pool": (1, 1, 2048)}),
            ("atrous-16", {"output_stride": 16}, {"block2": (14, 14, 512), "block4": (14, 14, 2048)}),
            (
                "rootless",
                {**image(128, 128), "include_root_block": False, "output_stride": 8, **DENSE},
                {"conv1": None, "block1": (64, 64, 256), "block2": (32, 32, 512), "block4": (16, 16, 2048)},
            ),
            ("unsqueezed", {"spatial_squeeze": False}, {"spatial_squeeze": None}),
        )
    },
    # Blocks have four times the base depth: half of 64, and 64 / 10 raised to the least of 20.
    "resnet-v1-thin": (
        "resnet_v1_50",
        {"depth_multiplier": 0.5},
        {"conv1": (112, 112, 64), "block1": (28, 28, 128), "block4": (7, 7, 1024)},
    ),
    "resnet-v1-least": (
        "resnet_v1_50",
        {"depth_multiplier": 0.1, "min_base_depth": 20},
        {"block1": (28, 28, 80), "block2": (14, 14, 80), "block4": (7, 7, 204)},
    ),
}


@pytest.mark.parametrize(("name", "settings", "found"), CASES.values(), ids=CASES)
def test_shapes_are_tf_slims(name: str, settings: dict[str, object], found: Shapes) -> None:
    assert shapes(made(name, settings).graph, found) == dict(found)


FEATURES = {
    "alexnet_v2": (1, 1, 4096),
    "overfeat": (1, 1, 4096),
    "vgg_a": (1, 1, 4096),
    "vgg_16": (1, 1, 4096),
    "vgg_19": (1, 1, 4096),
    "inception_v1": (1, 1, 1024),
    "inception_v2": (1, 1, 1024),
    "inception_v3": (1, 1, 2048),
    "inception_v4": (1, 1, 1536),
    "inception_resnet_v2": (1, 1, 1536),
    "resnet_v1_50": (1, 1, 2048),
    "resnet_v2_50": (1, 1, 2048),
    "lenet": (1024,),
    "cifarnet": (192,),
}


@pytest.mark.parametrize(("name", "shape"), FEATURES.items())
def test_no_classes_ends_a_network_at_its_features(name: str, shape: tuple[int, ...]) -> None:
    program = made(name, {"num_classes": 0})
    assert program.graph.shape(program.graph.output) == shape
    assert not program.graph.heads and not any("ogits" in path or "fc8" in path for path in program.graph.nodes)
    assert program.train is None and program.eval is not None and program.eval.metrics == {}


COUNTS: dict[str, tuple[str, dict[str, object], int]] = {
    # Measured in TF-Slim: with and without auxiliary heads, with the 1000 classes of the released files.
    "inception_v3": ("inception_v3", {"aux": False}, 23_819_401),
    "inception_v3-1000": ("inception_v3", {"aux": False, "num_classes": 1000}, 23_817_352),
    "inception_v4": ("inception_v4", {"aux": False}, 42_649_769),
    "inception_resnet_v2": ("inception_resnet_v2", {"aux": False}, 55_814_729),
    "inception_v1": ("inception_v1", {"num_classes": 0}, 6_618_649 - 1025 * 1001),
    "inception_v2": ("inception_v2", {"num_classes": 0}, 11_179_361 - 1025 * 1001),
    "resnet_v2_50": ("resnet_v2_50", {"num_classes": 0}, 25_570_409 - 2049 * 1001),
    "vgg_16": ("vgg_16", {"num_classes": 1001}, 138_361_641),
    # 7x7x3 filters with bias and beta of a batch norm in place of a separable one.
    "whole": ("inception_v2", {"use_separable_conv": False}, 11_179_361 - (49 * 24 + 24 * 64 + 64) + 49 * 3 * 64 + 64),
}


@pytest.mark.parametrize(("name", "settings", "count"), COUNTS.values(), ids=COUNTS)
def test_counts_are_tf_slims(name: str, settings: dict[str, object], count: int) -> None:
    variables = made(name, settings).graph.variables()
    assert sum(prod(variable.shape) for _, _, variable in variables if variable.trainable) == count


@pytest.mark.parametrize(("multiplier", "middle", "out"), [(1.0, 8, 64), (0.5, 8, 32), (0.25, 5, 16), (0.1, 5, 16)])
def test_inception_v2_begins_with_a_depthwise_convolution(multiplier: float, middle: int, out: int) -> None:
    """min(int(depth / 3), 8) channels in the middle for each of the picture's 3 (nets/inception_v2.py)."""
    variables = {
        name: variable for name, _, variable in made("inception_v2", {"depth_multiplier": multiplier}).graph.variables()
    }
    first = {name.split("/")[2]: variable.shape for name, variable in variables.items() if "Conv2d_1a_7x7" in name}
    assert first == {
        "depthwise_weights": (7, 7, 3, middle),
        "pointwise_weights": (1, 1, 3 * middle, out),
        "biases": (out,),
    }
