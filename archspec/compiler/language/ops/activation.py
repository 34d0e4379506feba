"""Activations, element by element; and softmax and identity, which are no activations of a layer but ops alone."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape
from archspec.compiler.language.ops.window import channels


class Same(Op):
    """An op whose output has its input's shape."""

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        return shapes[0]


class Activation(Same):
    """A function of one number, for every element."""

    GROUPS = ("activation",)


class Relu(Activation, name="relu"):
    """max(x, 0)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.relu(inputs[0])


class Relu6(Activation, name="relu6"):
    """min(max(x, 0), 6)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.relu6(inputs[0])


class Elu(Activation, name="elu"):
    """x where it is positive, else exp(x) - 1 (Clevert et al. 2015, https://arxiv.org/abs/1511.07289)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.elu(inputs[0])


class LeakyRelu(Activation, name="leaky_relu"):
    """x where it is positive, else alpha * x."""

    alpha: float = field(default=0.2, main=True, doc="slope of the negative side")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.leaky_relu(inputs[0], self.alpha)


class Sigmoid(Activation, name="sigmoid"):
    """1 / (1 + exp(-x))."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.math.sigmoid(inputs[0])


class Tanh(Activation, name="tanh"):
    """The hyperbolic tangent."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.math.tanh(inputs[0])


class HardSigmoid(Activation, name="hard_sigmoid"):
    """relu6(x + 3) * 0.16667: TF-Slim's squeeze-and-excite gate, whose trained weights expect this factor, not 1/6."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.relu6(inputs[0] + 3.0) * 0.16667


class HardSwish(Activation, name="hard_swish"):
    """x * relu6(x + 3) / 6 (Howard et al. 2019, https://arxiv.org/abs/1905.02244)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0] * g.tf.nn.relu6(inputs[0] + 3.0) * (1.0 / 6.0)


class Softmax(Same, name="softmax"):
    """Probabilities from logits, along the last axis."""

    EXAMPLE = """
    - pool: global_avg_pool
    - Logits: {dense: 10}
    - Predictions: softmax
    """

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which needs an axis of known size."""
        channels(shapes[0])
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.softmax(inputs[0], axis=-1)


class Identity(Same, name="identity"):
    """The input, unchanged; a branch that does nothing, or a name for a tensor."""

    EXAMPLE = """
    - Mixed:
        concat:
          Branch_0: identity
          Branch_1: {conv2d: 96, kernel: 3}
    """

    DTYPES = ANY_DTYPE

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.identity(inputs[0])
