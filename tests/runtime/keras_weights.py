"""Keras's weights under our names, by a map of `tests/cases/keras_maps`; and what a Keras model costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import yaml

MAPS = Path(__file__).parents[1] / "cases" / "keras_maps"


@dataclass(frozen=True, slots=True)
class NameMap:
    """What Keras's layers and variables are called here."""

    layers: dict[str, str]
    """{a Keras layer's name as a regular expression: our path, with its groups}; the first that fits the whole name."""
    leaves: dict[str, str]
    """{the end of a Keras variable's name: our last part}; the longest that fits."""

    def name(self, layer: str, leaf: str) -> str:
        """Our variable's name without the network's own; raises KeyError for a layer that no line names."""
        for pattern, path in self.layers.items():
            if found := re.fullmatch(pattern, layer):
                ends = [end for end in self.leaves if re.search(rf"(^|[/_]){end}$", f"{layer}/{leaf}")]
                return f"{found.expand(path)}/{self.leaves[max(ends, key=len)] if ends else leaf}"
        raise KeyError(f"no line of the map is about Keras's layer {layer}")


def name_map(name: str) -> NameMap:
    """The map of a family of networks."""
    read = yaml.safe_load((MAPS / f"{name}.yaml").read_text())
    return NameMap(read["layers"], read["leaves"])


def layers(model: Any) -> Iterator[Any]:
    """Every layer that is no model itself, in order."""
    for layer in model.layers:
        yield from layers(layer) if isinstance(layer, keras.Model) else [layer]


def randomize(model: Any, random: np.random.Generator) -> None:
    """Draws whatever does not have a kernel's own random values: norms with their moving statistics, biases, gains."""
    for layer in layers(model):
        for variable in layer.weights:
            leaf = variable.path.rsplit("/", 1)[-1]
            if "kernel" not in leaf:
                low, high = (-0.2, 0.2) if leaf in ("bias", "beta", "moving_mean") else (0.5, 1.5)
                variable.assign(random.uniform(low, high, variable.shape))


def renamed(model: Any, names: NameMap) -> dict[str, np.ndarray]:
    """{our name, without the network's: value} of every variable of a Keras model."""
    found: dict[str, np.ndarray] = {}
    for layer in layers(model):
        for variable in layer.weights:
            name = names.name(layer.name, variable.path.rsplit("/", 1)[-1])
            assert name not in found, f"two of Keras's variables are called {name}"
            found[name] = variable.numpy()
    return found


def macs(model: Any) -> int:
    """Multiply-accumulates of the convolutions and matrix products, from Keras's own shapes."""
    return sum(_macs(layer) for layer in layers(model))


def _macs(layer: Any) -> int:
    kernels = [variable for variable in layer.weights if "kernel" in variable.path.rsplit("/", 1)[-1]]
    return int(prod(layer.output.shape[1:-1]) * sum(prod(kernel.shape) for kernel in kernels))
