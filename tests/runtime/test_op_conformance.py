"""Every op in TensorFlow is what it says without TensorFlow: shapes, variables, values, gradients, costs."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archspec.compiler.language.op import Lowered, Op, Shape, WrongShape
from archspec.compiler.language.ops.conv import Conv2D, Convolution, DepthwiseConv2D, FullConvolution
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.dropout import Dropout, DropPath
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.ops.larger import Conv2DTranspose
from archspec.compiler.language.ops.norm import BatchNorm
from archspec.compiler.language.ops.pool import AvgPool2D, MaxPool2D
from archspec.compiler.language.registry import builtin
from tests.cases.ops import CASES, Case

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]

pytestmark = pytest.mark.slow
each_case = pytest.mark.parametrize("case", CASES, ids=str)
BATCH = 3


class Site:
    """The place of one node: its variables, and what was asked of it and set in it."""

    tf = tf

    def __init__(self, op: Op, shapes: tuple[Shape, ...], training: bool = False, make: Any = tf.Variable) -> None:
        generator, variables = np.random.default_rng(1), op.variables(*shapes)
        self.training = training
        self.weights = {v.name: make(generator.uniform(0.5, 1.5, v.shape), dtype=tf.float32) for v in variables}
        self.trainable = [v.name for v in variables if v.trainable]
        self.asked: set[str] = set()

    def variable(self, name: str) -> Any:
        self.asked.add(name)
        return tf.convert_to_tensor(self.weights[name])

    def steps_done(self) -> Any:
        return tf.constant(2.0)

    def seed(self) -> Any:
        return tf.constant([5, 7])

    def arrays(self) -> Weights:
        return {name: variable.numpy().astype(np.float64) for name, variable in self.weights.items()}


def lowered(op: Op, site: Site, *inputs: Any) -> Lowered:
    """What the op makes, in the one form."""
    made = op.lower(site, *inputs)
    if isinstance(made, Lowered):
        return made
    return Lowered(made if isinstance(made, tuple) else (made,), {})


def run(op: Op, site: Site, *inputs: Any) -> Any:
    """The op's only output, its updates applied to the site's variables as a training step does."""
    made = lowered(op, site, *inputs)
    for name, value in made.updates.items():
        site.weights[name].assign(value)
    (output,) = made.outputs
    return output


def dtypes_of(case: Case) -> list[str]:
    return [case.op.DTYPES[0]] * len(case.inputs)


def inputs_of(case: Case, batch: int = BATCH) -> list[Array]:
    generator = np.random.default_rng(0)
    if isinstance(case.op, Embedding):
        return [generator.integers(0, case.op.words, (batch, *shape)).astype(np.int32) for shape in case.inputs]
    return [generator.uniform(-4, 4, (batch, *shape)).astype(np.float32) for shape in case.inputs]


# What each op computes, in NumPy and double precision.


def around(size: int, extent: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after one axis: TensorFlow's rule for same, TF-Slim's conv2d_same for symmetric."""
    if padding == "valid":
        return 0, 0
    if padding == "symmetric" and stride > 1:
        return (extent - 1) // 2, (extent - 1) - (extent - 1) // 2
    total = max((ceil(size / stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def windows(x: Array, op: Any, fill: float = 0.0) -> Array:
    """[batch, height', width', kernel height, kernel width, channels]: what every position of a window sees."""
    rate = getattr(op, "rate", (1, 1))
    extent = [(k - 1) * r + 1 for k, r in zip(op.kernel, rate, strict=True)]
    pads = [around(n, e, s, op.padding) for n, e, s in zip(x.shape[1:3], extent, op.stride, strict=True)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, extent, (1, 2))
    seen = seen[:, :: op.stride[0], :: op.stride[1], :, :: rate[0], :: rate[1]]
    return np.moveaxis(seen, 3, -1)


def plus_bias(y: Array, w: Weights) -> Array:
    return y + w.get("biases", 0.0)


def depthwise(op: Any, w: Weights, x: Array) -> Array:
    y = np.einsum("nhwabc,abcm->nhwcm", windows(x, op), w["depthwise_weights"])
    return y.reshape(*y.shape[:3], -1)


def batch_norm(op: Any, w: Weights, x: Array) -> Array:
    y = (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + op.epsilon)
    return y * w.get("gamma", 1.0) + w.get("beta", 0.0)


def local_response_norm(op: Any, w: Weights, x: Array) -> Array:
    last, radius = x.shape[-1], op.depth_radius
    sums = [(x[..., max(0, c - radius) : c + radius + 1] ** 2).sum(-1) for c in range(last)]
    return x / (op.bias + op.alpha * np.stack(sums, -1)) ** op.beta


def avg_pool2d(op: Any, w: Weights, x: Array) -> Array:
    inside = windows(np.ones_like(x), op).sum((3, 4))
    return windows(x, op).sum((3, 4)) / inside


def softmax(op: Any, w: Weights, x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def windows1d(x: Array, op: Any, fill: float = 0.0) -> Array:
    """[batch, length', kernel, channels]: what every position of a window along one axis sees."""
    ((k,), (s,), (r,)) = op.kernel, op.stride, getattr(op, "rate", (1,))
    extent = (k - 1) * r + 1
    x = np.pad(x, [(0, 0), around(x.shape[1], extent, s, op.padding), (0, 0)], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, extent, 1)[:, ::s, :, ::r]
    return np.moveaxis(seen, 3, 2)


def transposed(op: Any, w: Weights, x: Array) -> Array:
    """Every kernel added at its place, and what `same` cuts off: TensorFlow's padding of the convolution it undoes."""
    (kh, kw), (sh, sw) = op.kernel, op.stride
    n, height, width, _ = x.shape
    whole = np.zeros((n, (height - 1) * sh + max(kh, sh), (width - 1) * sw + max(kw, sw), op.filters))
    for i in range(height):
        for j in range(width):
            whole[:, i * sh : i * sh + kh, j * sw : j * sw + kw] += np.einsum("nc,abfc->nabf", x[:, i, j], w["weights"])
    if op.padding == "valid":
        return whole
    top, left = max(kh - sh, 0) // 2, max(kw - sw, 0) // 2
    return whole[:, top : top + height * sh, left : left + width * sw]


def upsampled(op: Any, w: Weights, x: Array) -> Array:
    (fh, fw), (height, width) = op.factor, x.shape[1:3]
    if op.method == "nearest":
        return x.repeat(fh, 1).repeat(fw, 2)
    for axis, factor, size in ((1, fh, height), (2, fw, width)):
        where = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
        low, part = np.floor(where).astype(int), where % 1
        high, shape = np.minimum(low + 1, size - 1), [-1 if i == axis else 1 for i in range(4)]
        x = x.take(low, axis) * (1 - part.reshape(shape)) + x.take(high, axis) * part.reshape(shape)
    return x


def shift(op: Any, w: Weights, x: Array) -> Array:
    y = np.zeros_like(x)
    n = op.amount
    y[:, : x.shape[1] - n, : x.shape[2] - n] = x[:, n:, n:]
    return y


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


REFERENCES: dict[str, Callable[..., Array]] = {
    "conv2d": lambda op, w, x: plus_bias(np.einsum("nhwabc,abcf->nhwf", windows(x, op), w["weights"]), w),
    "conv1d": lambda op, w, x: plus_bias(np.einsum("nlac,acf->nlf", windows1d(x, op), w["weights"]), w),
    "depthwise_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x), w),
    "separable_conv2d": lambda op, w, x: plus_bias(depthwise(op, w, x) @ w["pointwise_weights"][0, 0], w),
    "dense": lambda op, w, x: plus_bias(x @ w["weights"], w),
    "batch_norm": batch_norm,
    "local_response_norm": local_response_norm,
    "max_pool2d": lambda op, w, x: windows(x, op, -np.inf).max((3, 4)),
    "max_pool1d": lambda op, w, x: windows1d(x, op, -np.inf).max(2),
    "global_max_pool1d": lambda op, w, x: x.max(1),
    "avg_pool2d": avg_pool2d,
    "global_avg_pool": lambda op, w, x: x.mean((1, 2), keepdims=op.keep),
    "relu": lambda op, w, x: np.maximum(x, 0),
    "relu6": lambda op, w, x: relu6(x),
    "elu": lambda op, w, x: np.where(x > 0, x, np.expm1(x)),
    "leaky_relu": lambda op, w, x: np.where(x > 0, x, op.alpha * x),
    "sigmoid": lambda op, w, x: 1 / (1 + np.exp(-x)),
    "tanh": lambda op, w, x: np.tanh(x),
    "hard_sigmoid": lambda op, w, x: relu6(x + 3) * 0.16667,
    "hard_swish": lambda op, w, x: x * relu6(x + 3) / 6,
    "softmax": softmax,
    "identity": lambda op, w, x: x,
    "concat": lambda op, w, *xs: np.concatenate(xs, -1),
    "add": lambda op, w, *xs: np.sum(xs, 0),
    "multiply": lambda op, w, x, y: x * y,
    "flatten": lambda op, w, x: x.reshape(len(x), -1),
    "split": lambda op, w, x: tuple(np.array_split(x, op.parts, -1)),
    "moments": lambda op, w, x: (x.mean(tuple(range(1, x.ndim - 1))), x.var(tuple(range(1, x.ndim - 1)))),
    "embedding": lambda op, w, x: w["weights"][x.astype(np.int64)],
    "conv2d_transpose": lambda op, w, x: plus_bias(transposed(op, w, x), w),
    "upsample": upsampled,
    "reshape": lambda op, w, x: x.reshape(len(x), *op.sizes),
    "l2_normalize": lambda op, w, x: x / np.sqrt((x**2).sum(-1, keepdims=True)),
    "squeeze": lambda op, w, x: x[:, 0, 0],
    "shift": shift,
    "dropout": lambda op, w, x: x,
    "drop_path": lambda op, w, x: x,
}


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
        assert site.asked == {variable.name for variable in declared}
        assert set(made.updates) == ({v.name for v in declared if not v.trainable} if training else set())


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
        shapes = tuple((None, None, shape[-1]) if shape[0] != 1 else shape for shape in shapes)
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
    trained = [x for x in xs if x.dtype.is_floating]
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


@each_case
def test_macs_are_tensorflows_count(case: Case) -> None:
    op = case.op.replace(bias=False) if isinstance(case.op, (Convolution, Dense, Conv2DTranspose)) else case.op
    if isinstance(op, Conv2DTranspose):
        # Each weight meets each position of the input once.
        (weights,), (height, width, _) = op.variables(*case.inputs), case.inputs[0]
        assert op.macs(*case.inputs) == height * width * np.prod(weights.shape)
        return
    if not isinstance(op, (Convolution, Dense)):
        assert op.macs(*case.inputs) == 0
        return
    if isinstance(op, Convolution) and not isinstance(op, FullConvolution) and max(op.rate) > 1:
        # TensorFlow computes this one on a rearranged input and counts that: every weight is used once a position.
        site = Site(op, case.inputs)
        height, width = run(op, site, *map(tf.constant, inputs_of(case))).shape[1:3]
        assert op.macs(*case.inputs) == height * width * sum(np.size(weight) for weight in site.weights.values())
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


# Training.


def test_batch_norm_trains_on_the_batch_and_moves_the_averages() -> None:
    op, shape = BatchNorm(decay=0.9), (5, 6, 4)
    site, (x,) = Site(op, (shape,), training=True), inputs_of(Case(op, (shape,)))
    before = site.arrays()
    y = run(op, site, tf.constant(x))
    x = x.astype(np.float64)
    mean, biased, unbiased = x.mean((0, 1, 2)), x.var((0, 1, 2)), x.var((0, 1, 2), ddof=1)
    normal = (x - mean) / np.sqrt(biased + op.epsilon)
    np.testing.assert_allclose(y, normal * before["gamma"] + before["beta"], rtol=1e-4, atol=1e-5)
    after = site.arrays()
    np.testing.assert_allclose(after["moving_mean"], before["moving_mean"] * 0.9 + mean * 0.1, rtol=1e-5)
    np.testing.assert_allclose(after["moving_variance"], before["moving_variance"] * 0.9 + unbiased * 0.1, rtol=1e-5)


def test_batch_norm_averages_faster_at_first_if_asked() -> None:
    (x,) = inputs_of(Case(BatchNorm(), ((5, 6, 4),)))
    for limit, decay in ((0.9, (1 + 2) / (10 + 2)), (0.1, 0.1)):
        op = BatchNorm(decay=limit, warmup=True)
        site = Site(op, ((5, 6, 4),), training=True)
        before = site.arrays()
        run(op, site, tf.constant(x))
        mean = before["moving_mean"] * decay + x.mean((0, 1, 2)) * (1 - decay)
        np.testing.assert_allclose(site.arrays()["moving_mean"], mean, rtol=1e-4, atol=1e-5)


def test_batch_norm_of_vectors_is_that_of_maps() -> None:
    op = BatchNorm()
    (x,) = inputs_of(Case(op, ((6,),)), batch=16)
    vectors, maps = Site(op, ((6,),), True), Site(op, ((4, 4, 6),), True)
    y = run(op, vectors, tf.constant(x))
    z = run(op, maps, tf.reshape(tf.constant(x), (1, 4, 4, 6)))
    np.testing.assert_allclose(y, tf.reshape(z, (16, 6)), rtol=1e-5, atol=1e-5)
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(vectors.weights[name], maps.weights[name], rtol=1e-5)


def test_batch_norm_is_keras_layer_in_both_modes() -> None:
    op, shape = BatchNorm(decay=0.99, epsilon=0.01), (7, 5, 4)
    (x,) = inputs_of(Case(op, (shape,)))
    layer = tf.keras.layers.BatchNormalization(momentum=0.99, epsilon=0.01)
    layer.build((None, *shape))
    for training in (True, False):
        site = Site(op, (shape,), training)
        layer.set_weights([site.weights[n].numpy() for n in ("gamma", "beta", "moving_mean", "moving_variance")])
        np.testing.assert_allclose(run(op, site, tf.constant(x)), layer(x, training=training), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rate", [0.2, 0.75])
def test_dropout_drops_values_and_keeps_the_mean(rate: float) -> None:
    op = Dropout(rate=rate)
    y = run(op, Site(op, ((100, 100, 4),), training=True), tf.ones((2, 100, 100, 4))).numpy()
    assert np.unique(y).tolist() == pytest.approx([0, 1 / (1 - rate)])
    assert (y == 0).mean() == pytest.approx(rate, abs=0.01)
    assert not np.array_equal(y[0], y[1])


def test_drop_path_drops_whole_examples() -> None:
    op = DropPath(rate=0.25)
    y = run(op, Site(op, ((3, 3, 2),), training=True), tf.ones((4000, 3, 3, 2))).numpy()
    flat = y.reshape(4000, -1)
    assert (flat == flat[:, :1]).all()
    assert np.unique(flat).tolist() == pytest.approx([0, 1 / 0.75])
    assert (flat[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("op", [Dropout(rate=0.5), DropPath(rate=0.5)], ids=repr)
def test_random_ops_follow_the_seed(op: Op) -> None:
    class Other(Site):
        def seed(self) -> Any:
            return tf.constant([5, 8])

    x, shapes = tf.ones((64, 2, 2, 3)), ((2, 2, 3),)
    first = run(op, Site(op, shapes, True), x)
    np.testing.assert_array_equal(first, run(op, Site(op, shapes, True), x))
    assert not np.array_equal(first, run(op, Other(op, shapes, True), x))


# Shapes of windows, whatever their sizes.

small = st.integers(1, 9)
pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))


def tensorflows_shape(op: Op, shape: Shape) -> tuple[int | None, ...] | None:
    """The shape of TensorFlow's result; None where it refuses or the result is empty.

    Inferred, not computed: TensorFlow's pooling kernels kill the process over an empty result.
    """
    with tf.Graph().as_default():
        try:
            y = run(op, Site(op, (shape,), make=tf.constant), tf.zeros((1, *shape)))
        except ValueError:
            return None
        return None if 0 in y.shape else tuple(y.shape[1:])


def declared_shape(op: Op, shape: Shape) -> Shape | None:
    try:
        return op.shape(shape)
    except WrongShape:
        return None


@settings(max_examples=150)
@given(
    st.tuples(small, small),
    pairs,
    pairs,
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from(["same", "valid", "symmetric"]),
)
def test_convolution_shapes(size: Any, kernel: Any, stride: Any, rate: Any, padding: str) -> None:
    # TensorFlow's CPU kernel does compute both; like Keras and TF-Slim, archspec does not offer it.
    assume(max(stride) == 1 or max(rate) == 1)
    op = Conv2D(filters=2, kernel=kernel, stride=stride, rate=rate, padding=padding)
    assert declared_shape(op, (*size, 2)) == tensorflows_shape(op, (*size, 2))


@settings(max_examples=80)
@given(st.tuples(small, small), pairs, st.integers(1, 4), st.sampled_from(["same", "valid", "symmetric"]))
def test_depthwise_shapes(size: Any, kernel: Any, stride: int, padding: str) -> None:
    op = DepthwiseConv2D(kernel=kernel, stride=(stride, stride), padding=padding, multiplier=2)
    assert declared_shape(op, (*size, 3)) == tensorflows_shape(op, (*size, 3))


@settings(max_examples=80)
@given(
    st.tuples(small, small), pairs, pairs, st.sampled_from(["same", "valid"]), st.sampled_from([MaxPool2D, AvgPool2D])
)
def test_pool_shapes(size: Any, kernel: Any, stride: Any, padding: str, kind: Any) -> None:
    op = kind(kernel=kernel, stride=stride, padding=padding)
    assert declared_shape(op, (*size, 3)) == tensorflows_shape(op, (*size, 3))
