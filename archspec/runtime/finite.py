"""The search for the first NaN or infinity in a network's weights, inputs and nodes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from archspec.runtime.lower import Inputs, Network


def first_non_finite(network: Network, inputs: Inputs, training: bool = True, seed: Any = None) -> str | None:
    """What holds the first NaN or infinity: a variable's name, an input's name or a node's path; None if nothing does.

    Runs the nodes one by one, outside any tf.function, and changes no variable.
    """
    for name, variable in network.table.items():
        if not _finite(variable.value):
            return name
    seed = tf.zeros([2], tf.int32) if seed is None else seed
    steps = network.steps(inputs, training, seed)
    return next((path for path, tensor in steps if not _finite(tensor)), None)


def _finite(tensor: Any) -> bool:
    return not tensor.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(tensor)))
