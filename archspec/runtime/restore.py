"""Trained weights into a network, from a file of any kind: all that it needs or none of them."""

from __future__ import annotations

import numpy as np

from archspec.runtime.lower import Network
from archspec.runtime.weights.read import open_weights
from archspec.weights.fitting import ALL, fitted
from archspec.weights.name_map import renamed
from archspec.weights.name_map_file import named_map
from archspec.weights.tensors import Tensors
from archspec.weights.transfer import Selection, Transfer


def restore(
    network: Network, where: str, *, averaged: bool = True, selection: Selection = ALL, names: str | None = None
) -> int | None:
    """Set the network's variables from a checkpoint and return the step it was saved at, None if it does not say.

    `averaged` takes the moving average of a variable where there is one; `selection` says which variables stay as they
    are, `names` the map by which others' names become ours. Raises Stop that names every missing and misshapen
    variable, before any is set.
    """
    weights = opened(where, names, network.graph.name)
    load(network, weights, fitted(network.graph, weights, selection, averaged))
    return weights.step


def opened(where: str, names: str | None, network: str | None = None) -> Tensors:
    """The weights of a file, by the names that a map gives them where there is one; raises Stop.

    `network` is the name of the network that takes them, where one is to.
    """
    weights = open_weights(where)
    return weights if names is None else renamed(weights, named_map(names).of(network))


def load(network: Network, weights: Tensors, found: Transfer) -> None:
    """Set the variables that come from the file; all are read before the first is set. Raises Stop."""
    values = {name: np.asarray(weights.read(source), np.float32) for name, source in found.sources.items()}
    for name, value in values.items():
        network.table[name].assign(value.reshape(found.wanted[name]))
