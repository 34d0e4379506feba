"""First values that are made as a whole: from a list, orthogonal, the identity."""

from __future__ import annotations

from math import prod
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Initializer


class Values(Initializer, name="values"):
    """Numbers from a list, the last axis fastest: a fixed filter, a prior of the classes."""

    EXAMPLE = """
    - pool: global_avg_pool
    - Logits: {dense: 3, bias_initializer: {values: [-2.2, -1.1, 0.4]}}
    """

    numbers: tuple[float, ...] = field(main=True, doc="as many numbers as the variable has elements")

    def complaint(self, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """Another count of numbers than the variable has elements."""
        if len(self.numbers) == prod(shape):
            return None
        sizes = " x ".join(map(str, shape))
        elements = sizes if len(shape) == 1 else f"{sizes} = {prod(shape)}"
        return f"{len(self.numbers)} values for {elements} elements", "give one number for each element"

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        return tf.reshape(tf.constant(self.numbers, tf.float32), shape)


class Orthogonal(Initializer, name="orthogonal"):
    """A random matrix whose rows, or columns where there are more rows, are orthogonal and of length `gain`.

    Saxe et al. 2013, https://arxiv.org/abs/1312.6120. All axes but the last are the rows, as in Keras.
    """

    gain: float = field(default=1.0, main=True, doc="factor of every element")

    def complaint(self, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """A vector has no rows."""
        return _no_matrix(shape)

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        rows, columns = prod(shape[:-1]), shape[-1]
        drawn = tf.random.stateless_normal([max(rows, columns), min(rows, columns)], seed)
        q, r = tf.linalg.qr(drawn)
        # The signs make the distribution even over all such matrices.
        q *= tf.sign(tf.linalg.diag_part(r))
        return self.gain * tf.reshape(tf.transpose(q) if rows < columns else q, shape)


class Dirac(Initializer, name="dirac"):
    """The identity: a kernel [*sizes, in, out] that hands channel i on as channel i; of a matrix, the diagonal.

    Zagoruyko and Komodakis 2017, https://arxiv.org/abs/1706.00388.
    """

    gain: float = field(default=1.0, main=True, doc="the value of the elements that are not 0")

    def complaint(self, shape: tuple[int, ...]) -> tuple[str, str] | None:
        """A vector has no diagonal."""
        return _no_matrix(shape)

    def lower(self, tf: Any, shape: tuple[int, ...], seed: Any) -> Any:
        diagonal = self.gain * tf.eye(*shape[-2:])
        sides = [((size - 1) // 2, size // 2) for size in shape[:-2]]
        return tf.pad(tf.reshape(diagonal, [1] * len(sides) + list(shape[-2:])), [*sides, (0, 0), (0, 0)])


def _no_matrix(shape: tuple[int, ...]) -> tuple[str, str] | None:
    if len(shape) >= 2:
        return None
    return f"a matrix for {' x '.join(map(str, shape)) or 'one'} elements in a row", "give it another initializer"
