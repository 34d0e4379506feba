"""What every normalization ends with: a trained factor and a trained summand for each channel, and an activation."""

from __future__ import annotations

from typing import Any, ClassVar

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer
from archspec.compiler.language.op import Lowering, Op, Shape, Variable
from archspec.compiler.language.ops.weighted import own_fields_first
from archspec.compiler.language.ops.window import channels


class Scaled(Op):
    """A normalization; `gamma` and `beta` are those of TF-Slim, where a norm that stands alone has them too."""

    GROUPS = ("norm",)
    ALLOWED: ClassVar[dict[str, str]] = {"activation": "activation"}

    center: bool = field(default=True, doc="whether a trained beta is added")
    scale: bool = field(default=True, doc="whether a trained gamma multiplies")
    gamma_initializer: Initializer = field(default=Constant(value=1.0), doc="first values of gamma")
    beta_initializer: Initializer = field(default=Constant(value=0.0), doc="first values of beta")
    gamma_l1: float = field(default=0.0, minimum=0, doc="gamma_l1 * sum(|gamma|) is added to the loss")
    gamma_l2: float = field(default=0.0, minimum=0, doc="gamma_l2 * 0.5 * sum(gamma ** 2) is added to the loss")
    beta_l1: float = field(default=0.0, minimum=0, doc="beta_l1 * sum(|beta|) is added to the loss")
    beta_l2: float = field(default=0.0, minimum=0, doc="beta_l2 * 0.5 * sum(beta ** 2) is added to the loss")
    activation: Op | None = field(default=None, doc="activation after it")

    def __init_subclass__(cls, *, name: str = "", family: str = "") -> None:
        super().__init_subclass__(name=name, family=family)
        own_fields_first(cls, Scaled)

    def shape(self, *shapes: Shape) -> Shape:
        """The input's."""
        channels(shapes[0])
        return shapes[0]

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """gamma and beta, each [channels]."""
        size = (channels(shapes[0]),)
        gamma = Variable("gamma", size, self.gamma_initializer, l1=self.gamma_l1, l2=self.gamma_l2)
        beta = Variable("beta", size, self.beta_initializer, l1=self.beta_l1, l2=self.beta_l2)
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def scaled(self, g: Lowering, x: Any) -> Any:
        """The normalized tensor times gamma, plus beta."""
        x = x * g.variable("gamma", x.dtype.name) if self.scale else x
        return x + g.variable("beta", x.dtype.name) if self.center else x
