"""Every op in TensorFlow is what it says without TensorFlow: shapes, variables, values, gradients, costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.language.op import Op
from archspec.compiler.language.ops.attention import Attention
from archspec.compiler.language.ops.conv import Convolution, FullConvolution
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.depthwise import InPlaneConv2D
from archspec.compiler.language.ops.dropout import Dropout
from archspec.compiler.language.ops.gdn import Gdn
from archspec.compiler.language.ops.learned import Learned
from archspec.compiler.language.ops.products import MatMul
from archspec.compiler.language.ops.recurrent import Recurrent
from archspec.compiler.language.ops.transposed import ConvTranspose
from archspec.compiler.language.registry import builtin
from tests.cases.ops import CASES, Case
from tests.runtime.op_references import REFERENCES
from tests.runtime.op_site import BATCH, Site, dtypes_of, inputs_of, lowered, run, takes

pytestmark = pytest.mark.slow
each_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_table_holds_every_op_and_no_other() -> None:
    assert {case.op.NAME for case in CASES} == builtin().ops.keys() == set(REFERENCES)


@each_case
def test_shape_is_tensorflows(case: Case) -> None:
    for training in (False, True):
        made = lowered(case.op, Site(case.op, case.inputs, training), *map(tf.constant, inputs_of(case)))
        shapes = case.op.outputs(*case.inputs)
        assert next(iter(shapes.values())) == case.op.shape(*case.inputs)
        assert [tuple(y.shape) for y in made.outputs] == [(BATCH, *shape) for shape in shapes.values()]
        assert {y.dtype for y in made.outputs} == {tf.as_dtype(case.op.dtype(*dtypes_of(case)))}


@each_case
def test_variables_are_those_asked_for(case: Case) -> None:
    declared = case.op.variables(*case.inputs)
    for training in (False, True):
        site = Site(case.op, case.inputs, training)
        made = lowered(case.op, site, *map(tf.constant, inputs_of(case)))
        moving = {v.name for v in declared if not v.trainable}
        # Some averages of renorm are for training alone, and one is made of another.
        assert site.asked | (set(made.updates) if training else moving) == {variable.name for variable in declared}
        assert set(made.updates) == (moving if training else set())


@each_case
def test_values_are_the_references(case: Case) -> None:
    site, xs = Site(case.op, case.inputs), inputs_of(case)
    expected = REFERENCES[case.op.NAME](case.op, site.arrays(), *(x.astype(np.float64) for x in xs))
    outputs = lowered(case.op, site, *map(tf.constant, xs)).outputs
    for found, wanted in zip(outputs, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)


@each_case
@pytest.mark.parametrize("unknown", ["batch", "height and width"])
def test_sizes_may_be_unknown_before_run_time(case: Case, unknown: str) -> None:
    shapes = case.inputs
    if unknown != "batch":
        if len(shapes[0]) != 3 or case.op.NAME in ("squeeze", "flatten", "reshape"):
            pytest.skip("needs known sizes")
        maps = [len(shape) == 3 and shape[0] != 1 for shape in shapes]
        shapes = tuple((None, None, shape[-1]) if is_map else shape for shape, is_map in zip(shapes, maps, strict=True))
    site, xs = Site(case.op, case.inputs), inputs_of(case)
    signature = [tf.TensorSpec((None, *shape), dtype) for shape, dtype in zip(shapes, dtypes_of(case), strict=True)]
    graph = tf.function(lambda *ts: lowered(case.op, site, *ts).outputs, signature, autograph=False)
    found = [tuple(shape) for shape in graph.get_concrete_function().output_shapes]
    assert found == [(None, *shape) for shape in case.op.outputs(*shapes).values()]
    known = lowered(case.op, site, *map(tf.constant, xs)).outputs
    for one, other in zip(graph(*map(tf.constant, xs)), known, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@each_case
def test_gradients_are_finite(case: Case) -> None:
    site = Site(case.op, case.inputs, training=True)
    xs = [tf.Variable(x) for x in inputs_of(case)]
    trained = [x for x in xs if x.dtype.is_floating and not isinstance(case.op, Learned)]
    weights = [site.weights[name] for name in site.trainable]
    with tf.GradientTape() as tape:
        outputs = lowered(case.op, site, *map(tf.convert_to_tensor, xs)).outputs
        loss = tf.add_n([tf.reduce_sum(y * tf.cos(y)) for y in outputs])
    gradients = tape.gradient(loss, [*trained, *weights])
    everything_dropped = isinstance(case.op, Dropout) and case.op.rate == 1
    for gradient in [] if everything_dropped else gradients:
        assert gradient is not None
        gradient = tf.convert_to_tensor(gradient)
        assert np.isfinite(gradient).all()
        assert np.any(gradient)


OTHER_GRADIENT = ("scale_gradient",)
"""Ops whose gradient is meant to be another than that of what they compute."""


@each_case
def test_gradients_are_those_of_small_differences(case: Case) -> None:
    """Along a random direction, (f(x + h * d) - f(x - h * d)) / 2h, for f a random sum of the outputs.

    A kink (of a ReLU, a largest value) does not lie between the two points, but for a few in float32, which the wider
    tolerance allows for.
    """
    if case.op.NAME in OTHER_GRADIENT or getattr(case.op, "renorm", False):
        pytest.skip("its gradient is another")
    if case.op.NAME == "max_pool3d":
        pytest.skip("has no kernel in double precision, and largest values change within the step of single precision")
    single = not takes(case.op, "float64")
    dtype, step, tolerance = ("float32", 1e-2, 2e-2) if single else ("float64", 1e-6, 1e-5)
    site = Site(case.op, case.inputs, training=True, dtype=dtype)
    inputs = [tf.Variable(x.astype(dtype) if x.dtype.kind == "f" else x) for x in inputs_of(case)]
    points = [x for x in inputs if x.dtype.is_floating] + [site.weights[name] for name in site.trainable]
    if not points:
        pytest.skip("takes whole numbers and has no variables")
    factors: dict[int, Any] = {}

    def value() -> Any:
        outputs = lowered(case.op, site, *map(tf.convert_to_tensor, inputs)).outputs
        for i, y in enumerate(outputs):
            factors.setdefault(i, np.random.default_rng(i).normal(size=y.shape))
        return tf.add_n([tf.reduce_sum(tf.cast(y, tf.float64) * factors[i]) for i, y in enumerate(outputs)])

    with tf.GradientTape() as tape:
        y = value()
    gradients = [np.asarray(tf.convert_to_tensor(g)) if g is not None else 0.0 for g in tape.gradient(y, points)]
    for number, (point, gradient) in enumerate(zip(points, gradients, strict=True)):
        before, direction = point.numpy(), np.random.default_rng(number).choice([-1.0, 1.0], point.shape)
        sides = []
        for sign in (1, -1):
            point.assign(before + sign * step * direction)
            sides.append(float(value()))
        point.assign(before)
        found, size = (sides[0] - sides[1]) / (2 * step), np.linalg.norm(gradient)
        assert abs(found - np.sum(gradient * direction)) <= tolerance * (size + 0.05), (number, found, size)


@each_case
def test_macs_are_tensorflows_count(case: Case) -> None:
    op = case.op.replace(bias=False) if isinstance(case.op, (Convolution, Dense, ConvTranspose)) else case.op
    op = op.replace(weight_standardization=None) if isinstance(op, FullConvolution) else op
    if isinstance(op, ConvTranspose):
        # Each weight meets each position of the input once.
        (weights,), (*positions, _) = op.variables(*case.inputs), case.inputs[0]
        assert op.macs(*case.inputs) == np.prod(positions) * np.prod(weights.shape)
        return
    if isinstance(op, Gdn):
        gamma = op.variables(*case.inputs)[1]
        assert op.macs(*case.inputs) == np.prod(case.inputs[0][:-1]) * np.prod(gamma.shape)
        return
    if isinstance(op, Recurrent):
        kernels = [v.shape for v in op.variables(*case.inputs) if v.name.endswith("kernel")]
        assert op.macs(*case.inputs) == case.inputs[0][0] * sum(map(np.prod, kernels))
        return
    if isinstance(op, (Attention, MatMul)):
        assert op.macs(*case.inputs) == products(op, case)
        return
    if not isinstance(op, (Convolution, Dense)):
        assert op.macs(*case.inputs) == 0
        return
    apart = not isinstance(op, FullConvolution) or (len(op.rate) == 3 and op.rate[1] != op.rate[2])
    if isinstance(op, Convolution) and apart and max(op.rate) > 1:
        # TensorFlow computes this one on a rearranged input and counts that: every weight is used once a position.
        site = Site(op, case.inputs)
        positions = np.prod(run(op, site, *map(tf.constant, inputs_of(case))).shape[1:-1])
        uses = case.inputs[0][-1] if isinstance(op, InPlaneConv2D) else 1
        assert op.macs(*case.inputs) == positions * uses * sum(map(np.size, site.weights.values()))
        return
    assert op.macs(*case.inputs) == multiplications(op, case)


def multiplications(op: Op, case: Case) -> int:
    """Half the floating point operations of convolutions and matrix products, for one example."""
    with tf.Graph().as_default() as graph:
        site = Site(op, case.inputs, make=tf.constant)
        run(op, site, *(tf.compat.v1.placeholder(tf.float32, (1, *shape)) for shape in case.inputs))
        profiler = tf.compat.v1.profiler
        options = {**profiler.ProfileOptionBuilder.float_operation(), "output": "none"}
        counted = profiler.profile(graph, options=options)
    return int(counted.total_float_ops) // 2


def products(op: Op, case: Case) -> int:
    """Multiplications of the matrix products for one example: values of the result times the axis summed over."""
    with tf.Graph().as_default() as graph:
        site = Site(op, case.inputs, make=tf.constant)
        dtypes = dtypes_of(case)
        run(op, site, *(tf.compat.v1.placeholder(d, (1, *n)) for n, d in zip(case.inputs, dtypes, strict=True)))
        made = [step for step in graph.get_operations() if step.type in ("MatMul", "BatchMatMulV2")]
        summed = [step.inputs[0].shape[-2 if _turned(step) else -1] for step in made]
        return sum(step.outputs[0].shape.num_elements() * n for step, n in zip(made, summed, strict=True))


def _turned(step: Any) -> bool:
    """Whether a matrix product exchanges rows and columns of its first matrix."""
    return bool(step.get_attr("adj_x" if step.type == "BatchMatMulV2" else "transpose_a"))
