"""One op by itself: its place in a graph, its inputs, and what it makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.op import Lowered, Op, Shape, WrongShape
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.ops.one_hot import OneHot
from archspec.runtime import precision
from tests.cases.ops import Case

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]
BATCH = 3


class Site:
    """The place of one node: its variables, and what was asked of it and set in it."""

    tf = tf
    ranks = 1

    def __init__(
        self,
        op: Op,
        shapes: tuple[Shape, ...],
        training: bool = False,
        make: Any = tf.Variable,
        dtype: str = "float32",
    ) -> None:
        generator, variables = np.random.default_rng(1), op.variables(*shapes)
        self.training = training
        self.weights = {v.name: make(generator.uniform(0.5, 1.5, v.shape), dtype=dtype) for v in variables}
        self.trainable = [v.name for v in variables if v.trainable]
        self.asked: set[str] = set()
        self.computes_in = dtype

    def variable(self, name: str, dtype: str | None = None) -> Any:
        self.asked.add(name)
        return precision.as_type(tf.convert_to_tensor(self.weights[name]), dtype or self.computes_in)

    def steps_done(self) -> Any:
        return tf.constant(2.0)

    def mean_over_ranks(self, tensor: Any) -> Any:
        return tensor

    def seed(self) -> Any:
        return tf.constant([5, 7])

    def arrays(self) -> Weights:
        return {name: variable.numpy().astype(np.float64) for name, variable in self.weights.items()}


def lowered(op: Op, site: Site, *inputs: Any) -> Lowered:
    """What the op makes of inputs of one type, in the one form."""
    dtype = op.dtype(*(x.dtype.name for x in inputs))
    site.computes_in = op.computes_in(dtype)
    return precision.lowered(op, site, inputs, dtype)


def run(op: Op, site: Site, *inputs: Any) -> Any:
    """The op's only output, its updates applied to the site's variables as a training step does."""
    made = lowered(op, site, *inputs)
    for name, value in made.updates.items():
        site.weights[name].assign(value)
    (output,) = made.outputs
    return output


def takes(op: Op, dtype: str) -> bool:
    """Whether an op has said that it takes numbers of a type."""
    try:
        op.dtype(dtype)
    except WrongShape:
        return False
    return True


def dtypes_of(case: Case) -> list[str]:
    dtypes = [case.op.DTYPES[0]] * len(case.inputs)
    return [*dtypes[:-1], "int32"] if getattr(case.op, "masked", False) else dtypes


def inputs_of(case: Case, batch: int = BATCH) -> list[Array]:
    generator = np.random.default_rng(0)
    if isinstance(case.op, (Embedding, OneHot)):
        count = case.op.words if isinstance(case.op, Embedding) else case.op.classes + 1
        return [generator.integers(0, count, (batch, *shape)).astype(np.int32) for shape in case.inputs]
    found = [generator.uniform(-4, 4, (batch, *shape)).astype(np.float32) for shape in case.inputs]
    if getattr(case.op, "masked", False):
        mask = generator.integers(0, 2, found[-1].shape)
        # The first position is there, for one that sees nothing sees everything.
        mask[..., 0] = 7
        found[-1] = mask.astype(np.int32)
    return found
