"""Weights by a formula of their names and shapes, as PyTorch lays them out: the same numbers on every machine."""

from __future__ import annotations

import math
import zlib

import numpy as np

GAINS = ("layer_scale", "gamma")
"""What scales a branch: drawn around a half, where training begins with next to nothing."""

INTEGERS = ("num_batches_tracked", "relative_position_index")
"""What a state dictionary holds besides weights."""


def weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The tensor of a name in a state dictionary: float32, or int64 zeros for what is no weight."""
    leaf = name.rpartition(".")[2]
    if leaf in INTEGERS:
        return np.zeros(shape, np.int64)
    random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
    drawn = random.standard_normal(shape).astype(np.float32)
    if leaf == "running_var":
        return 0.5 + np.abs(drawn)
    if leaf in GAINS:
        return 0.5 + 0.1 * drawn
    if leaf == "weight" and len(shape) == 1:
        return 1 + 0.1 * drawn
    if leaf.endswith("weight"):
        return drawn * np.float32(math.sqrt(1 / math.prod(shape[1:])))
    return np.float32(0.1) * drawn


def images(size: int) -> np.ndarray:
    """One square picture of numbers from -1 to 1, (1, size, size, 3)."""
    return np.random.Generator(np.random.PCG64(1234)).uniform(-1, 1, (1, size, size, 3)).astype(np.float32)
