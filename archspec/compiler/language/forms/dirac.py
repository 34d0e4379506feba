"""First values with which a convolution hands on what it is given."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.forms.initializers import Initializer


class Dirac(Initializer, name="dirac"):
    """One from each channel to the same channel in the middle of the kernel, zero elsewhere; a vector is ones.

    A layer that begins so does nothing yet: the convolutions over time of S3D-G (TF-Slim's center_initializer).
    """

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        if len(shape) < 2:
            return tf.ones(shape)
        *kernel, inputs, outputs = shape
        middle = tf.reshape(tf.eye(inputs, outputs), (*(1 for _ in kernel), inputs, outputs))
        return tf.pad(middle, [*((k // 2, k - k // 2 - 1) for k in kernel), (0, 0), (0, 0)])
