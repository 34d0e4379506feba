"""Steps applied to one image."""

from __future__ import annotations

import numpy as np

from archspec.compiler.forms.preprocess import Preprocess


def preprocess_file(path: str, steps: tuple[Preprocess, ...], shape: tuple[int, int, int]) -> np.ndarray:
    """A picture file as a network's input: float32 height x width x channels. Raises Stop."""
    raise NotImplementedError
