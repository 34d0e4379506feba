"""Optimizers, with Keras's own but for TF-Slim's RMSProp; which losses each minimises, and which layers it trains."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.schedules import Schedule
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Pattern


class Group(Form, family="group", name="group"):
    """Variables that an optimizer treats differently."""

    EXAMPLE = """
    train:
      optimizer:
        adam: 1e-3
        weight_decay: 0.01
        groups: [{variables: biases, decay: false}, {layers: [features], rate: 0.1}]
    """

    layers: tuple[Pattern, ...] = field(default=("*",), main=True, doc="layers, by path or pattern")
    variables: str = field(
        default="all",
        choices=("all", "weights", "biases", "norms"),
        doc="which of their variables: kernels and tables, biases, or those of normalizations",
    )
    rate: float = field(default=1.0, minimum=0, doc="factor of the learning rate; 0: they stay as they are")
    decay: bool = field(default=True, doc="whether weight_decay and l2 hold for them")


class Optimizer(Form, family="optimizer"):
    """What turns gradients into changes of the variables."""

    rate: Schedule = field(main=True, doc="learning rate: a number, or a schedule")
    weight_decay: float = field(default=0.0, minimum=0, doc="part of each weight, times the rate, taken away in a step")
    losses: tuple[str, ...] = field(default=(), doc="the losses that it makes small; all, where it is alone")
    trains: tuple[Pattern, ...] = field(default=(), doc="layers that it trains, by path or pattern; by default all")
    groups: tuple[Group, ...] = field(default=(), doc="variables that it treats differently; the last that fits holds")

    @abstractmethod
    def make(self, g: Toolkit, rate: Any) -> Any:
        """The Keras optimizer with this schedule."""


class Sgd(Optimizer, name="sgd"):
    """Stochastic gradient descent, with momentum if asked."""

    EXAMPLE = "train: {optimizer: {sgd: 0.1, momentum: 0.9, nesterov: true}}"

    momentum: float = field(default=0.0, minimum=0, maximum=1, doc="part of the last change that is kept")
    nesterov: bool = field(default=False, doc="look ahead by the momentum")

    def make(self, g: Toolkit, rate: Any) -> Any:
        return g.keras.optimizers.SGD(rate, momentum=self.momentum, nesterov=self.nesterov)


class RmsProp(Optimizer, name="rmsprop"):
    """Tieleman and Hinton 2012, as TensorFlow 1 and TF-Slim's recipes have it, which is not Keras's.

    The mean of squares starts at 1, epsilon stands under the root, and the change of a step is
    m = momentum * m + rate * g / sqrt(mean of squares + epsilon).
    """

    EXAMPLE = "train: {optimizer: {rmsprop: 0.045, decay: 0.9, momentum: 0.9, epsilon: 1.0}}"

    decay: float = field(default=0.9, minimum=0, maximum=1, doc="decay of the mean of squared gradients")
    momentum: float = field(default=0.0, minimum=0, maximum=1, doc="part of the last change that is kept")
    epsilon: float = field(default=1e-7, above=0, doc="added to the mean of squares before the root")
    centered: bool = field(default=False, doc="divide by the variance instead of the mean of squares")

    def make(self, g: Toolkit, rate: Any) -> Any:
        own = g.module("archspec.runtime.rmsprop")
        return own.RmsProp(rate, self.decay, self.momentum, self.epsilon, self.centered)


class Adam(Optimizer, name="adam"):
    """Kingma and Ba 2014."""

    EXAMPLE = "train: {optimizer: {adam: 1e-3, weight_decay: 0.01}}"

    beta_1: float = field(default=0.9, minimum=0, maximum=1, doc="decay of the mean of gradients")
    beta_2: float = field(default=0.999, minimum=0, maximum=1, doc="decay of the mean of squared gradients")
    epsilon: float = field(default=1e-7, above=0, doc="added to the root")

    def make(self, g: Toolkit, rate: Any) -> Any:
        return g.keras.optimizers.Adam(rate, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)
