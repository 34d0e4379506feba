"""CycleGAN and pix2pix have TF-Slim's variables, arguments and end points.

Counts are by hand from nets/cyclegan.py and nets/pix2pix.py of tensorflow/models, research/slim.
"""

from __future__ import annotations

from math import prod

import pytest

from tests.compiler.test_zoo_arguments import made


def variables(name: str, **settings: object) -> dict[str, tuple[int, ...]]:
    return {path: variable.shape for path, _, variable in made(name, settings).graph.variables()}


def numbers(found: dict[str, tuple[int, ...]], scope: str) -> int:
    return sum(prod(shape) for path, shape in found.items() if path.startswith(scope))


def convolution(kernel: int, given: int, filters: int, normed: bool = True) -> int:
    """Weights, and gamma and beta or a bias."""
    return kernel * kernel * given * filters + filters * (2 if normed else 1)


def judge(channels: int) -> int:
    inner = [convolution(4, a, b) for a, b in ((64, 128), (128, 256), (256, 512))]
    return convolution(4, channels, 64, normed=False) + sum(inner) + convolution(4, 512, 1, normed=False)


@pytest.mark.parametrize("method", ["conv2d_transpose", "nn_upsample_conv", "bilinear_upsample_conv"])
def test_cyclegan(method: str) -> None:
    found = variables("cyclegan", upsample_method=method)
    transposed = method == "conv2d_transpose"
    down = [convolution(7, 3, 64), convolution(3, 64, 128), convolution(3, 128, 256)]
    up = [convolution(3, 256, 128, not transposed), convolution(3, 128, 64, not transposed)]
    generator = sum(down) + 12 * convolution(3, 256, 256) + sum(up) + convolution(7, 64, 3, normed=False)
    for scope in ("ModelX2Y", "ModelY2X"):
        assert numbers(found, f"{scope}/Generator/") == generator
        assert numbers(found, f"{scope}/Discriminator/") == judge(3)
    leaf = "Conv2d_transpose" if transposed else "Conv"
    names = ["input/Conv", "encoder/Conv", "encoder/Conv_1", *(f"decoder/decoder{n}/upconv/{leaf}" for n in (1, 2))]
    names += ["output/Conv", *(f"residual_blocks/block_{n}/Conv{end}" for n in range(6) for end in ("", "_1"))]
    weights = [path for path in found if path.startswith("ModelX2Y/Generator/") and path.endswith("/weights")]
    assert sorted(weights) == sorted(f"ModelX2Y/Generator/{name}/weights" for name in names)
    assert "ModelX2Y/Generator/encoder/Conv_1/InstanceNorm/gamma" in found


@pytest.mark.parametrize("method", ["conv2d_transpose", "nn_upsample_conv"])
def test_pix2pix(method: str) -> None:
    found = variables("pix2pix", upsample_method=method)
    down = [(64, 128), (128, 256), (256, 512), (512, 512), (512, 512)]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (768, 256), (384, 128), (192, 64)]
    plain = [convolution(4, a, b, normed=False) for a, b in ((3, 64), (512, 512), (64, 3))]
    assert numbers(found, "Generator/") == sum(convolution(4, a, b) for a, b in (*down, *up)) + sum(plain)
    assert numbers(found, "Discriminator/") == judge(6)
    leaf = "Conv2d_transpose" if method == "conv2d_transpose" else "Conv"
    names = [f"encoder/Conv{end}" for end in ("", *(f"_{n}" for n in range(1, 7)))]
    names += ["output/Conv", *(f"decoder/{leaf}{end}" for end in ("", *(f"_{n}" for n in range(1, 7))))]
    weights = [path for path in found if path.startswith("Generator/") and path.endswith("/weights")]
    assert sorted(weights) == sorted(f"Generator/{name}/weights" for name in names)


def test_end_points_are_tf_slims() -> None:
    graph = made("cyclegan", {"image_size": 64, "num_resnet_blocks": 9}).graph
    names = ["encoder_0", "encoder_1", "encoder_2", "decoder1", "decoder2", "logits", "predictions"]
    for name in (*names, *(f"resnet_block_{number}" for number in range(9))):
        assert f"ModelX2Y/Generator/{name}" in graph.endpoints
    assert graph.shape(graph.endpoints["ModelY2X/Generator/encoder_2"]) == (16, 16, 256)
    graph = made("pix2pix", {}).graph
    for number in range(7):
        size = 2 ** (7 - number)
        assert graph.shape(graph.endpoints[f"Generator/encoder{number}"])[:2] == (size, size)
        assert graph.shape(graph.endpoints[f"Generator/decoder{6 - number}"])[:2] == (size * 2, size * 2)
    sizes = {"conv0": 129, "conv1": 65, "conv2": 33, "conv3": 34, "logits": 35, "predictions": 35}
    for name, size in sizes.items():
        assert graph.shape(graph.endpoints[f"Discriminator/{name}"])[:2] == (size, size)


@pytest.mark.parametrize(
    ("name", "settings", "end", "shape"),
    [
        ("cyclegan", {"kernel_size": 4, "image_size": 32}, "ModelX2Y/Generator", (32, 32, 3)),
        ("cyclegan", {"channels": 1, "tanh_linear_slope": 0.1, "image_size": 32}, "ModelX2Y/Generator", (32, 32, 1)),
        ("cyclegan", {"identity_weight": 0, "image_size": 32}, "ModelX2Y/Generator", (32, 32, 3)),
        ("pix2pix", {"num_outputs": 1, "channels": 4}, "Generator", (256, 256, 1)),
        ("pix2pix", {"padding": 0}, "Discriminator/logits", (24, 24, 1)),
    ],
    ids=str,
)
def test_arguments(name: str, settings: dict[str, object], end: str, shape: tuple[int, ...]) -> None:
    graph = made(name, settings).graph
    assert graph.shape(graph.endpoints[end]) == shape
