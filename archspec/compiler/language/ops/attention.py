"""Attention: every position of a sequence takes from all positions what fits its question."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer, TruncatedNormal
from archspec.compiler.language.op import Lowering, Op, Shape, Variable, WrongShape, known, show, wide
from archspec.compiler.language.ops.attention_windows import check_window, distances, regions
from archspec.compiler.language.ops.axes import common
from archspec.compiler.language.ops.mask import MASKED, there, unmasked, without_mask
from archspec.compiler.language.ops.weighted import Trained, with_bias
from archspec.compiler.language.ops.window import channels
from archspec.compiler.language.types import Pair


class Attention(Trained, name="attention"):
    """Multi-head attention of a sequence to itself, or to a second one: `attention: [queries, memory], heads: 8`.

    Each head has softmax(q k' / sqrt(key size)) v of its own projections q, k, v, and a last projection mixes the heads
    (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762). The columns of the projections are head by head: `reshape`
    makes the kernels of Keras's MultiHeadAttention of them. Axes before the last two, such as windows, stay apart.

    With `window: 7` the 49 positions are those of a 7x7 window, rows first, and each head adds to its scores a learnt
    number for each distance down and across (Swin, Liu et al. 2021, https://arxiv.org/abs/2103.14030). With `rolled: 3`
    the map was rolled by -3 before it was cut into windows: the axes are then rows and columns of windows, positions,
    channels, and what the roll has brought into a window from the other side of the map is not seen by the rest.

    With `masked: true` nothing sees the positions where the last input is 0 (with zeros alone, all are seen). Numbers
    of words are such a mask where that of the padding is 0: `attention: [vectors, tokens], heads: 8, masked: true`.
    """

    EXAMPLE = """
    - positions: add_learned
    - attention: {attention: 8, dropout_rate: 0.1}
    - residual: {add: [positions, attention]}
    """

    ARITY = (1, 3)
    FLOAT32_PARTS = "the softmax"

    heads: int = field(main=True, minimum=1, doc="how many attentions side by side")
    key_size: int | None = field(default=None, minimum=1, doc="numbers of a query and a key; null: channels / heads")
    value_size: int | None = field(default=None, minimum=1, doc="numbers of a value; null: the key size")
    units: int | None = field(default=None, minimum=1, doc="channels of the output; null: those of the input")
    bias: bool = field(default=True, doc="whether the projections of queries, keys and values have biases")
    output_bias: bool = field(default=True, doc="whether the last projection has one")
    dropout_rate: float = field(default=0.0, minimum=0, maximum=1, doc="part of the probabilities dropped in training")
    causal: bool = field(default=False, doc="whether a position sees only itself and those before it")
    masked: bool = field(default=False, doc=MASKED)
    window: Pair | None = field(default=None, minimum=1, doc="height and width of the window, for a relative bias")
    rolled: Pair = field(default=(0, 0), minimum=0, doc="rows and columns that the map was rolled by", unit="pixels")
    bias_initializer: Initializer = field(default=Constant(value=0.0), doc="first values of the biases")

    def normalized(self, *shapes: Shape) -> Op:
        """The op with its sizes decided; raises WrongShape."""
        self.shape(*shapes)
        key, value = self._sizes(shapes[0])
        return self.replace(key_size=key, value_size=value, units=self.units or channels(shapes[0]))

    def shape(self, *shapes: Shape) -> Shape:
        """(…, positions, units)."""
        sequences = without_mask(shapes, self.masked, 2)
        queries, memory = sequences[0], sequences[-1]
        for shape in sequences:
            if len(shape) < 2:
                help = "a map becomes a sequence with `reshape: [positions, channels]`"
                raise WrongShape(f"needs positions x channels, got {show(shape)}", help)
        channels(memory)
        if len(queries) != len(memory) or any(_differ(*pair) for pair in zip(queries[:-2], memory[:-2], strict=True)):
            message = f"needs sequences that differ in positions and channels alone, got {show(queries)}"
            raise WrongShape(f"{message} and {show(memory)}", "bring both to positions x channels")
        if self.causal and _differ(queries[-2], memory[-2]):
            message = f"with causal needs as many keys as queries, got {show(queries)} and {show(memory)}"
            raise WrongShape(message, "take `causal` out: a position then sees the whole second input", "causal")
        check_window(self.window, self.rolled, queries, memory)
        self._sizes(queries)
        apart = [shape[:-2] for shape in sequences] + ([shapes[-1][:-1]] if self.masked else [])
        return *common(apart), queries[-2], self.units or queries[-1]

    def dtype(self, *dtypes: str) -> str:
        """The sequences'; a mask can be of any."""
        return super().dtype(*unmasked(dtypes, self.masked))

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """{query, key, value}/weights [in, heads * size], output/weights [heads * value size, units], their biases.

        With a window also relative_position_bias [(2 * height - 1) * (2 * width - 1), heads].
        """
        shapes = without_mask(shapes, self.masked, 2)
        (key, value), asked, told = self._sizes(shapes[0]), channels(shapes[0]), channels(shapes[-1])
        found = [
            *self._projection("query", asked, self.heads * key, self.bias),
            *self._projection("key", told, self.heads * key, self.bias),
            *self._projection("value", told, self.heads * value, self.bias),
            *self._projection("output", self.heads * value, self.units or asked, self.output_bias),
        ]
        if self.window is not None:
            shape = prod(2 * n - 1 for n in self.window), self.heads
            found.append(Variable("relative_position_bias", shape, TruncatedNormal(stddev=0.02)))
        return tuple(found)

    def macs(self, *shapes: Shape) -> int:
        """heads * those of the projections and, for each query and key, key size + value size."""
        shapes = without_mask(shapes, self.masked, 2)
        (*apart, queries, asked), (*_, keys, told) = known(shapes[0]), known(shapes[-1])
        key, value = self._sizes(shapes[0])
        projected = queries * (asked * key + value * (self.units or asked)) + keys * told * (key + value)
        return prod(apart) * self.heads * (projected + queries * keys * (key + value))

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        tf, (key, _) = g.tf, self._sizes(tuple(inputs[0].shape[1:]))
        q = self._heads(g, inputs[0], "query")
        memory = inputs[-2] if self.masked else inputs[-1]
        k, v = (self._heads(g, memory, name) for name in ("key", "value"))
        scores = tf.cast(tf.matmul(q * (1.0 / sqrt(key)), k, transpose_b=True), wide(q.dtype.name))
        scores = self._seen(g, scores, inputs[0].shape)
        if self.masked:
            scores = tf.where(there(tf, inputs[-1])[..., None, None, :], scores, scores.dtype.min)
        chances = _softmax(tf, scores)
        if g.training and self.dropout_rate == 1:
            chances = tf.zeros_like(chances)
        elif g.training and self.dropout_rate > 0:
            chances = tf.nn.experimental.stateless_dropout(chances, self.dropout_rate, g.seed())
        mixed = _exchanged(tf, tf.matmul(tf.cast(chances, v.dtype), v))
        joined = tf.reshape(mixed, tf.concat([tf.shape(mixed)[:-2], [prod(mixed.shape[-2:])]], 0))
        y = _projected(g, joined, "output", self.output_bias)
        return tf.ensure_shape(y, [None, *self.shape(*(tuple(x.shape[1:]) for x in inputs))])

    def _sizes(self, shape: Shape) -> tuple[int, int]:
        """Of a key and of a value."""
        size = channels(shape)
        if self.key_size is None and size % self.heads:
            fitting = ", ".join(str(n) for n in range(1, min(size, 64) + 1) if size % n == 0)
            message = f"needs channels that {self.heads} heads divide, got {show(shape)}"
            raise WrongShape(message, f"{size} channels can be {fitting} heads; or write `key_size`", "heads")
        key = self.key_size or size // self.heads
        return key, self.value_size or key

    def _projection(self, name: str, size: int, units: int, bias: bool) -> list[Variable]:
        weights = self.weights(f"{name}/weights", size, units)
        return [weights, Variable(f"{name}/biases", (units,), self.bias_initializer)] if bias else [weights]

    def _heads(self, g: Lowering, x: Any, name: str) -> Any:
        """A projection as [batch, …, heads, positions, size]."""
        y = _projected(g, x, name, self.bias)
        sizes = g.tf.concat([g.tf.shape(y)[:-1], [self.heads, y.shape[-1] // self.heads]], 0)
        return _exchanged(g.tf, g.tf.reshape(y, sizes))

    def _seen(self, g: Lowering, scores: Any, shape: Any) -> Any:
        """The scores [batch, …, heads, queries, keys] with the bias of distances, and low where nothing is seen."""
        tf = g.tf
        if self.window is not None:
            bias = tf.gather(g.variable("relative_position_bias", scores.dtype.name), distances(self.window))
            scores += tf.transpose(bias, [2, 0, 1])
        if self.window is not None and max(self.rolled) > 0:
            parts = tf.constant(regions((shape[1], shape[2]), self.window, self.rolled))[:, :, None]
            scores = tf.where(parts[..., None] == parts[..., None, :], scores, scores.dtype.min)
        if self.causal:
            before = tf.linalg.band_part(tf.ones(tf.shape(scores)[-2:]), -1, 0) > 0
            scores = tf.where(before, scores, scores.dtype.min)
        return scores


def _projected(g: Lowering, x: Any, name: str, bias: bool) -> Any:
    y = g.tf.tensordot(x, g.variable(f"{name}/weights"), 1)
    return with_bias(g, y, f"{name}/biases") if bias else y


def _softmax(tf: Any, scores: Any) -> Any:
    # TensorFlow's kernel for CPUs refuses more than five axes.
    flat = scores if len(scores.shape) <= 4 else tf.reshape(scores, tf.concat([[-1], tf.shape(scores)[-3:]], 0))
    chances = tf.nn.softmax(flat)
    return chances if flat is scores else tf.reshape(chances, tf.shape(scores))


def _exchanged(tf: Any, x: Any) -> Any:
    """The tensor with positions and heads, its axes before the last, exchanged."""
    *first, heads, positions, last = range(len(x.shape))
    return tf.transpose(x, [*first, positions, heads, last])


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other
