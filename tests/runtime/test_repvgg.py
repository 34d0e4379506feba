"""RepVGG's fused form computes what its branches compute, with the weights that they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower

SPECS = Path(__file__).parents[2] / "specs"
EPSILON = 1e-5


def network(name: str) -> Network:
    program = compile_file(str(SPECS / f"{name}.yaml"), settings={"image_size": "64"}, findings=Findings())
    assert program is not None
    return lower(program.graph, seed=1)


def randomize(branches: Network) -> None:
    """Gives every norm statistics and factors of its own."""
    random = np.random.default_rng(2)
    for name, variable in branches.table.items():
        if name.endswith(("gamma", "beta", "moving_mean", "moving_variance")):
            low, high = (-0.5, 0.5) if name.endswith(("beta", "moving_mean")) else (0.5, 1.5)
            variable.assign(random.uniform(low, high, variable.shape))


def branch(weights: Mapping[str, np.ndarray], kernel: np.ndarray, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """(kernel, biases) of one convolution that does what a convolution with a norm behind it does."""
    factor = weights[f"{norm}/gamma"] / np.sqrt(weights[f"{norm}/moving_variance"] + EPSILON)
    return kernel * factor, weights[f"{norm}/beta"] - weights[f"{norm}/moving_mean"] * factor


def kernels(weights: Mapping[str, np.ndarray], unit: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The 3x3 kernel and the biases of every branch of a unit."""
    whole = weights[f"{unit}/3x3/weights"]
    yield branch(weights, whole, f"{unit}/3x3/BatchNorm")
    middle = np.zeros_like(whole)
    middle[1, 1] = weights[f"{unit}/1x1/weights"][0, 0]
    yield branch(weights, middle, f"{unit}/1x1/BatchNorm")
    if f"{unit}/identity/gamma" in weights:
        middle[1, 1] = np.eye(whole.shape[2])
        yield branch(weights, middle, f"{unit}/identity")


def test_fused_form_computes_what_the_branches_compute() -> None:
    branches, fused = network("repvgg_a0"), network("repvgg_a0_fused")
    randomize(branches)
    weights = {name.split("/", 1)[1]: variable.numpy() for name, variable in branches.table.items()}
    for name, variable in fused.table.items():
        layer, leaf = name.split("/", 1)[1].rsplit("/", 1)
        if layer == "Logits":
            variable.assign(weights[f"{layer}/{leaf}"])
        else:
            summed = [sum(part) for part in zip(*kernels(weights, layer.removesuffix("/3x3")), strict=True)]
            variable.assign(summed[leaf == "biases"])

    images = np.random.default_rng(3).normal(size=(2, 64, 64, 3)).astype(np.float32)
    expected, found = (each.endpoints(images, ["stage3", "Logits"]) for each in (branches, fused))
    for name, tensor in expected.items():
        scale = np.abs(tensor.numpy()).max()
        np.testing.assert_allclose(found[name].numpy(), tensor.numpy(), rtol=0, atol=1e-4 * scale)
