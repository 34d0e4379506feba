"""Whatever is asked of an op that slides a window is refused, or TensorFlow computes exactly the shape that is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.compiler.language.op import Op, Shape, WrongShape
from archspec.compiler.language.registry import builtin
from tests.runtime.op_site import Site, run

pytestmark = pytest.mark.slow

WINDOWS = [name for name, op in builtin().ops.items() if {"kernel", "stride"} <= op.FIELDS.keys()]
small = st.integers(1, 4)


def rank_of(op: type[Op]) -> int:
    return {"Single": 1, "Pair": 2, "Triple": 3}[op.FIELDS["kernel"].type.text]


@st.composite
def requests(draw: Any) -> tuple[Op, Shape, Shape]:
    """An op with fields of all kinds, a shape for it in which sizes may be unknown, and one of those that it means."""
    cls: Any = builtin().ops[draw(st.sampled_from(WINDOWS))]
    rank = rank_of(cls)
    sizes = st.tuples(*[small] * rank) | small.map(lambda n: (n,) * rank)
    sides = st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * rank)
    made: dict[str, Any] = {"kernel": draw(sizes), "stride": draw(sizes)}
    made["padding"] = draw(st.sampled_from(cls.FIELDS["padding"].choices) | sides)
    more = {
        "rate": sizes,
        "groups": st.sampled_from([1, 2, 3]),
        "filters": st.sampled_from([2, 3, 4, 6]),
        "multiplier": st.integers(1, 2),
        "count_padding": st.booleans(),
    }
    made |= {name: draw(values) for name, values in more.items() if name in cls.FIELDS}
    shape = (*draw(st.tuples(*[st.integers(1, 9)] * rank)), draw(st.sampled_from([2, 3, 4, 6])))
    known = (*(None if draw(st.integers(0, 4)) == 0 else n for n in shape[:-1]), shape[-1])
    return cls(**made), known, shape


def shape_of(op: Op, shape: Shape) -> Shape | None:
    """The declared shape; None where it is refused, which is a sentence with a remedy."""
    try:
        return op.shape(shape)
    except WrongShape as problem:
        assert str(problem) and problem.help
        return None


@settings(max_examples=60, deadline=None)
@given(requests())
def test_a_window_is_refused_or_has_the_shape_that_is_said(request: tuple[Op, Shape, Shape]) -> None:
    op, known, shape = request
    declared, whole = shape_of(op, known), shape_of(op, shape)
    if declared is None:
        assert whole is None
        return
    site = Site(op, (known,))
    graph = tf.function(lambda x: run(op, site, x), [tf.TensorSpec((None, *known))], autograph=False)
    assert tuple(graph.get_concrete_function().output_shapes) == (None, *declared)
    if whole is not None:
        y = graph(tf.constant(np.random.default_rng(0).normal(size=(2, *shape)), tf.float32))
        assert tuple(y.shape) == (2, *whole) and np.isfinite(y).all()


def test_every_window_is_asked() -> None:
    assert len(WINDOWS) == 15
