"""What every layer with weights has: their initializer and penalty, a bias, and the norm and activation after it."""

from __future__ import annotations

from typing import Any, ClassVar

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.initializers import Constant, GlorotUniform, Initializer
from archspec.compiler.language.op import Lowering, Op, Shape, Variable, wide


def own_fields_first(cls: type[Form], common: type[Form]) -> None:
    """Put a form's main field first, and the fields that it has in common with others last."""
    fields = sorted(cls.FIELDS.values(), key=lambda declared: (declared.name in common.FIELDS, not declared.main))
    cls.FIELDS = {declared.name: declared for declared in fields}


class Trained(Op):
    """An op with weights, which have first values and penalties."""

    initializer: Initializer = field(default=GlorotUniform(), doc="first values of the weights")
    l1: float = field(default=0.0, minimum=0, doc="l1 * sum(|weights|) is added to the loss")
    l2: float = field(default=0.0, minimum=0, doc="weight decay: l2 * 0.5 * sum(weights ** 2) is added to the loss")

    def __init_subclass__(cls, *, name: str = "", family: str = "") -> None:
        super().__init_subclass__(name=name, family=family)
        own_fields_first(cls, Trained)

    def weights(self, name: str, *shape: int) -> Variable:
        """A variable with this op's initializer and penalties."""
        return Variable(name, shape, self.initializer, l1=self.l1, l2=self.l2)


class Weighted(Trained):
    """An op with weights; when a spec is expanded, its `norm` and `activation` become nodes of their own after it."""

    ALLOWED: ClassVar[dict[str, str]] = {"norm": "norm", "activation": "activation"}
    """For a field that holds an op: the group which that op must be of."""

    bias: bool | None = field(default=None, doc="whether a bias is added; null: where there is no norm")
    norm: Op | None = field(default=None, doc="normalization after it")
    activation: Op | None = field(default=None, doc="activation after that")
    bias_initializer: Initializer = field(default=Constant(value=0.0), doc="first values of the bias")
    bias_l1: float = field(default=0.0, minimum=0, doc="bias_l1 * sum(|bias|) is added to the loss")
    bias_l2: float = field(default=0.0, minimum=0, doc="bias_l2 * 0.5 * sum(bias ** 2) is added to the loss")

    def __init_subclass__(cls, *, name: str = "", family: str = "") -> None:
        super().__init_subclass__(name=name, family=family)
        own_fields_first(cls, Weighted)

    @property
    def biased(self) -> bool:
        """Whether a bias is added."""
        return self.norm is None if self.bias is None else self.bias

    def normalized(self, *shapes: Shape) -> Op:
        """The op with its bias decided."""
        return self.replace(bias=self.biased)

    def biases(self, size: int) -> tuple[Variable, ...]:
        """The bias, if there is one."""
        if not self.biased:
            return ()
        return (Variable("biases", (size,), self.bias_initializer, l1=self.bias_l1, l2=self.bias_l2),)

    def plus_bias(self, g: Lowering, x: Any) -> Any:
        """The tensor with the bias added to its last axis."""
        return with_bias(g, x, "biases") if self.biased else x


def with_bias(g: Lowering, x: Any, name: str) -> Any:
    """The tensor with a variable added to its last axis, whose gradient is summed in float32 also where x has 16 bits.

    TensorFlow's kernel for processors sums in bfloat16: of 200,000 ones it makes 256.
    """
    tf, full = g.tf, wide(x.dtype.name)
    bias = g.variable(name, full)
    if full == x.dtype.name:
        return tf.nn.bias_add(x, bias)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def added(x: Any, bias: Any) -> Any:
        def back(dy: Any) -> Any:
            return dy, tf.reduce_sum(tf.cast(dy, full), list(range(len(dy.shape) - 1)))

        return tf.nn.bias_add(x, tf.cast(bias, x.dtype)), back

    return added(x, bias)
