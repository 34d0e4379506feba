"""Windows in whole networks: what blocks of the documentation compute, first values, and networks over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.forms.matrix_initializers import Dirac
from archspec.compiler.language.ops.conv import Conv2D, Conv3D
from archspec.compiler.language.ops.larger import Resize
from archspec.compiler.language.ops.pool import AvgPool2D, MaxPool2D
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower
from tests.runtime.op_site import Site, run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def network_of(text: str) -> Network:
    findings = Findings()
    program = compile_file("test.yaml", findings=findings, text=text)
    assert program is not None, findings.items
    return lower(program.graph)


def test_the_channel_shuffle_of_the_documentation_is_shufflenets() -> None:
    page = (ROOT / "docs" / "language.md").read_text()
    block = page[page.index("blocks:\n  shuffle:") : page.index("- mixed: {block: shuffle")]
    head = "archspec: 1\ninputs: {image: {shape: [2, 3, 12]}}\ndefaults: {conv2d: {kernel: 1}}\n"
    network = network_of(f"{head}{block}- mixed: {{block: shuffle, groups: 3, from: image}}\n")
    x = np.arange(72, dtype=np.float32).reshape(1, 2, 3, 12)
    # Of channels in groups of four, the first of every group, then the second of every group, …
    order = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
    np.testing.assert_array_equal(network.endpoints(x, ["mixed"])["mixed"], x[..., order])


def test_resize_on_the_grid_of_centres_is_tf_image_resize() -> None:
    x = tf.random.stateless_normal([2, 7, 5, 3], [1, 2])
    for method in ("nearest", "bilinear", "bicubic"):
        op = Resize(size=(10, 13), method=method)
        np.testing.assert_array_equal(run(op, Site(op, ((7, 5, 3),)), x), tf.image.resize(x, (10, 13), method))


def test_a_max_pool_pads_with_less_than_any_number() -> None:
    x = -5.0 - tf.random.stateless_uniform([1, 4, 4, 2], [1, 2])
    for padding in ("same", "symmetric", ((1, 1), (1, 1))):
        op = MaxPool2D(kernel=(3, 3), stride=(2, 2), padding=padding)
        assert tf.reduce_max(run(op, Site(op, ((4, 4, 2),)), x)) <= -5.0


def test_a_mean_counts_its_padding_only_where_it_is_asked() -> None:
    x = tf.ones([1, 4, 4, 1])
    op = AvgPool2D(kernel=(3, 3), stride=(2, 2), padding=((1, 1), (1, 1)))
    np.testing.assert_array_equal(run(op, Site(op, ((4, 4, 1),)), x), np.ones((1, 2, 2, 1)))
    counted = op.replace(count_padding=True)
    found = run(counted, Site(counted, ((4, 4, 1),)), x)
    np.testing.assert_allclose(found[0, :, :, 0], [[4 / 9, 6 / 9], [6 / 9, 1]], rtol=1e-6)


@pytest.mark.parametrize("shape", [(3, 1, 1, 4, 4), (3, 3, 2, 4), (5, 3, 3)])
def test_dirac_hands_on_the_input(shape: tuple[int, ...]) -> None:
    weights = Dirac().lower(tf, shape, tf.constant([1, 2]))
    kernel, (inputs, outputs) = shape[:-2], shape[-2:]
    x = tf.random.stateless_normal([2, *(6 for _ in kernel), inputs], [1, 2])
    y = tf.nn.convolution(x, weights, padding="SAME")
    kept = min(inputs, outputs)
    np.testing.assert_array_equal(y[..., :kept], x[..., :kept])
    assert not np.any(y[..., kept:])


def test_standardized_weights_know_no_scale() -> None:
    """Qiao et al. 2019: what the layer computes is the same for weights times a number, plus a number."""
    op = Conv2D(filters=5, kernel=(3, 3), weight_standardization=1e-12, bias=False)
    site = Site(op, ((6, 6, 4),))
    x = tf.random.stateless_normal([1, 6, 6, 4], [1, 2])
    before = run(op, site, x)
    site.weights["weights"].assign(site.weights["weights"] * 3.0 + 1.0)
    np.testing.assert_allclose(run(op, site, x), before, rtol=1e-3, atol=1e-4)


def test_groups_in_space_are_convolutions_of_their_own() -> None:
    op = Conv3D(filters=6, kernel=(3, 3, 3), groups=2, bias=False)
    site, x = Site(op, ((4, 5, 6, 4),)), tf.random.stateless_normal([1, 4, 5, 6, 4], [1, 2])
    weights = site.weights["weights"]
    parts = [tf.nn.conv3d(x[..., 2 * i : 2 * i + 2], weights[..., 3 * i : 3 * i + 3], [1] * 5, "SAME") for i in (0, 1)]
    np.testing.assert_allclose(run(op, site, x), tf.concat(parts, -1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["i3d", "s3dg"])
def test_networks_over_time_compute_and_train(name: str) -> None:
    settings = {"frames": "8", "image_size": "32", "depth_multiplier": "0.125", "min_depth": "4", "num_classes": "5"}
    findings = Findings()
    program = compile_file(str(ROOT / "specs" / f"{name}.yaml"), settings=settings, findings=findings)
    assert program is not None, findings.items
    network = lower(program.graph)
    clips = tf.random.stateless_normal([2, 8, 32, 32, 3], [1, 2])
    with tf.GradientTape() as tape:
        logits = network.endpoints(clips, ["Logits"])["Logits"]
        loss = tf.reduce_sum(logits**2)
    assert logits.shape == (2, 5)
    variables = [variable.value for variable in network.trainable_variables]
    for gradient in tape.gradient(loss, variables):
        assert gradient is not None and np.isfinite(gradient).all()
