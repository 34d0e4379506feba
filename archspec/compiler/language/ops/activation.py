"""Activations without weights, element by element; and identity, which is no activation of a layer but an op alone."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.op import ANY_DTYPE, Lowering, Op, Shape


class Same(Op):
    """An op whose output has its input's shape."""

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        return shapes[0]


class Activation(Same):
    """A function of one number, for every element."""

    GROUPS = ("activation",)


class Exponential(Activation):
    """One with differences of an exponential, which 16 bits would round to nothing near zero."""

    FULL_PRECISION = True


class Relu(Activation, name="relu"):
    """max(x, 0)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.relu(inputs[0])


class Relu6(Activation, name="relu6"):
    """min(max(x, 0), 6)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.relu6(inputs[0])


class LeakyRelu(Activation, name="leaky_relu"):
    """x where it is positive, else alpha * x."""

    alpha: float = field(default=0.2, main=True, doc="slope of the negative side")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.leaky_relu(inputs[0], self.alpha)


class Elu(Exponential, name="elu"):
    """x where it is positive, else exp(x) - 1 (Clevert et al. 2015, https://arxiv.org/abs/1511.07289)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.elu(inputs[0])


class Selu(Exponential, name="selu"):
    """1.0507 * x where it is positive, else 1.7581 * (exp(x) - 1), which keeps mean 0 and variance 1.

    Klambauer et al. 2017, https://arxiv.org/abs/1706.02515: with weights from `{variance_scaling: 1.0}` and
    `alpha_dropout`.
    """

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.selu(inputs[0])


class Celu(Exponential, name="celu"):
    """x where it is positive, else alpha * (exp(x / alpha) - 1) (Barron 2017, https://arxiv.org/abs/1704.07483)."""

    alpha: float = field(default=1.0, main=True, above=0, doc="how far below zero it goes")

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.elu(inputs[0] / self.alpha) * self.alpha


class Silu(Activation, name="silu"):
    """x * sigmoid(x), also called swish (Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.silu(inputs[0])


class Gelu(Activation, name="gelu"):
    """x * P(N(0, 1) <= x), or its approximation with tanh (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415)."""

    approximate: str = field(
        default="exact",
        main=True,
        choices=("exact", "tanh"),
        doc="exact: x / 2 * (1 + erf(x / sqrt(2))); tanh: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))",
    )

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.gelu(inputs[0], approximate=self.approximate == "tanh")


class Mish(Exponential, name="mish"):
    """x * tanh(log(1 + exp(x))) (Misra 2019, https://arxiv.org/abs/1908.08681)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0] * g.tf.math.tanh(g.tf.math.softplus(inputs[0]))


class Softplus(Exponential, name="softplus"):
    """log(1 + exp(x))."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.math.softplus(inputs[0])


class Softsign(Activation, name="softsign"):
    """x / (1 + |x|)."""

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.nn.softsign(inputs[0])


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
