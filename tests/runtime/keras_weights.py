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
_PLACE = re.compile(r"\\\{(\w+)\\\}")
_TERM = re.compile(r"\{(?:(?P<list>\w+)\[)?(?P<place>\w+)(?P<offset>[+-]\d+)?\]?\}")


@dataclass(frozen=True, slots=True)
class NameMap:
    """Rules, of which the first that means a whole name counts, and lists of names by number.

    `{place}` in `from` is any part of a name; in `to` it is that part, `{place+1}` a number further on, and
    `{list[place]}` an item. `shape` lays the tensor out anew.
    """

    variables: list[dict[str, Any]]
    lists: dict[str, list[str]]

    def renamed(self, name: str, value: np.ndarray) -> tuple[str, np.ndarray]:
        """Our name and the tensor in our shape; raises KeyError for a name that no rule means."""
        for rule in self.variables:
            pattern = _PLACE.sub(r"(?P<\1>\\w+)", re.escape(rule["from"]))
            if found := re.fullmatch(pattern, name):
                to = _TERM.sub(lambda term: self._filled(term, found.groupdict()), rule["to"])
                return to, value.reshape(rule["shape"]) if "shape" in rule else value
        raise KeyError(f"no rule of the map is about Keras's {name}")

    def _filled(self, term: re.Match[str], places: dict[str, str]) -> str:
        text = places[term["place"]]
        if not term["offset"] and not term["list"]:
            return text
        number = int(text) + int(term["offset"] or 0)
        return self.lists[term["list"]][number] if term["list"] else str(number)


def name_map(name: str) -> NameMap:
    """The map of a family of networks."""
    read = yaml.safe_load((MAPS / f"{name}.yaml").read_text())
    return NameMap(read["variables"], read.get("lists", {}))


def layers(model: Any) -> Iterator[Any]:
    """Every layer that is no model itself, in order."""
    for layer in model.layers:
        yield from layers(layer) if isinstance(layer, keras.Model) else [layer]


def randomize(model: Any, random: np.random.Generator) -> None:
    """Draws whatever does not have a kernel's own random values: norms with their moving statistics, biases, gains."""
    for layer in layers(model):
        for variable in layer.weights:
            leaf = _leaf(variable)
            if "kernel" not in leaf:
                low, high = (-0.2, 0.2) if leaf in ("bias", "beta", "moving_mean") else (0.5, 1.5)
                variable.assign(random.uniform(low, high, variable.shape))


def renamed(model: Any, names: NameMap) -> dict[str, np.ndarray]:
    """{our name: value} of every variable of a Keras model."""
    found: dict[str, np.ndarray] = {}
    for layer in layers(model):
        for variable in layer.weights:
            name, value = names.renamed(f"{layer.name}/{_leaf(variable)}", variable.numpy())
            assert name not in found, f"two of Keras's variables are called {name}"
            found[name] = value
    return found


def macs(model: Any) -> int:
    """Multiply-accumulates of the convolutions and matrix products, from Keras's own shapes."""
    return sum(_macs(layer) for layer in layers(model))


def _macs(layer: Any) -> int:
    kernels = [variable for variable in layer.weights if "kernel" in _leaf(variable)]
    return int(prod(layer.output.shape[1:-1]) * sum(prod(kernel.shape) for kernel in kernels))


def _leaf(variable: Any) -> str:
    return str(variable.path).rsplit("/", 1)[-1]
