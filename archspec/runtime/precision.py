"""Types of numbers at run time: how inputs, weights and outputs of an op come to the type in which it computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from archspec.compiler.language.op import FLOATS, Lowered, Lowering, Op, wide


def lowered(op: Op, site: Lowering, inputs: Sequence[Any], dtype: str) -> Lowered:
    """What an op makes, in its one form: it computes in the type that it says, and its outputs are of `dtype`."""
    made = op.lower(site, *(as_type(x, op.computes_in(dtype)) for x in inputs))
    if not isinstance(made, Lowered):
        made = Lowered(made if isinstance(made, tuple) else (made,), {})
    return Lowered(tuple(as_type(y, dtype) for y in made.outputs), made.updates)


def as_type(x: Any, dtype: str) -> Any:
    """A tensor of fractions in another type of fractions; whole numbers stay what they are."""
    return tf.cast(x, dtype) if dtype in FLOATS and x.dtype.is_floating else x


def widened(x: Any) -> Any:
    """A tensor of 16-bit fractions in float32; any other as it is."""
    return tf.cast(x, wide(x.dtype.name))
