"""Random weights for Keras's models, and what such a model costs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import keras
import numpy as np


def layers(model: Any) -> Iterator[Any]:
    """Every layer that is no model itself, in order."""
    for layer in model.layers:
        yield from layers(layer) if isinstance(layer, keras.Model) else [layer]


def randomize(model: Any, random: np.random.Generator) -> None:
    """Draws whatever does not have a kernel's own random values: norms with their moving statistics, biases, gains."""
    for layer in layers(model):
        for variable in layer.trainable_weights + layer.non_trainable_weights:
            leaf = _leaf(variable)
            if "kernel" not in leaf and not isinstance(layer, keras.layers.Normalization):
                low, high = (-0.2, 0.2) if leaf in ("bias", "beta", "moving_mean") else (0.5, 1.5)
                variable.assign(random.uniform(low, high, variable.shape))


def settle(model: Any, images: np.ndarray) -> None:
    """Moving statistics that are nearly those of images: without them rounding grows from layer to layer.

    A little variance comes on top, for the channels that hardly vary over so few pixels.
    """
    norms = [layer for layer in layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    if norms:
        model(images, training=True)
    for norm in norms:
        norm.moving_variance.assign(norm.moving_variance + 0.05)


def macs(model: Any) -> int:
    """Multiply-accumulates of the convolutions and matrix products, from Keras's own shapes."""
    return sum(_macs(layer) for layer in layers(model))


def _macs(layer: Any) -> int:
    kernels = [variable for variable in layer.weights if "kernel" in _leaf(variable)]
    return int(prod(layer.output.shape[1:-1]) * sum(prod(kernel.shape) for kernel in kernels))


def _leaf(variable: Any) -> str:
    return str(variable.path).rsplit("/", 1)[-1]
