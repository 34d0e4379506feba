"""Losses, schedules, optimizers and metrics; their Keras objects are made in runtime/optimize.py."""

from __future__ import annotations

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.values import Duration


class Loss(Form, family="loss"):
    """What training makes small; summed over losses with their weights, and the L2 of the variables added."""

    weight: float = field(default=1.0, minimum=0, doc="factor in the total loss")


class SoftmaxCrossEntropy(Loss, name="softmax_cross_entropy"):
    """Cross entropy of logits and labels, the mean over the batch."""

    logits: str = field(main=True, doc="the tensor with the logits, by name")
    label_smoothing: float = field(default=0.0, minimum=0, maximum=1, doc="part taken from the label, spread over all")


class Metric(Form, family="metric"):
    """What evaluation counts."""


class Accuracy(Metric, name="accuracy"):
    """The part of the examples whose label is among the k most probable classes."""

    predictions: str = field(main=True, doc="the tensor with logits or probabilities, by name")
    k: int = field(default=1, minimum=1, doc="how many classes count as right")


class Schedule(Form, family="schedule"):
    """A learning rate that changes with the step."""

    warmup: Duration | None = field(default=None, doc="time over which the rate grows from 0")


class Fixed(Schedule, name="fixed"):
    """The same rate all the time."""

    rate: float = field(main=True, minimum=0, doc="learning rate")


class Exponential(Schedule, name="exponential"):
    """rate * factor ** (step / every)."""

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    factor: float = field(above=0, doc="what the rate is multiplied by")
    every: Duration = field(doc="after how long")
    staircase: bool = field(default=True, doc="in jumps, not continuously")


class Cosine(Schedule, name="cosine"):
    """Half a cosine from rate down to rate * end (Loshchilov and Hutter 2016)."""

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    end: float = field(default=0.0, minimum=0, doc="the last rate, as a part of the first")
    over: Duration | None = field(default=None, doc="how long; null: the whole training")


class Piecewise(Schedule, name="piecewise"):
    """A rate for each stretch of training."""

    rates: tuple[float, ...] = field(main=True, minimum=0, doc="learning rates, one more than boundaries")
    boundaries: tuple[float, ...] = field(above=0, doc="where the rate changes", unit="epochs")


class Polynomial(Schedule, name="polynomial"):
    """(rate - end) * (1 - step / over) ** power + end."""

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    end: float = field(default=0.0, minimum=0, doc="learning rate at the end")
    power: float = field(default=1.0, above=0, doc="1 is a straight line")
    over: Duration | None = field(default=None, doc="how long; null: the whole training")


class Optimizer(Form, family="optimizer"):
    """What turns gradients into changes of the variables."""

    rate: Schedule = field(main=True, doc="learning rate: a number, or a schedule")


class Sgd(Optimizer, name="sgd"):
    """Stochastic gradient descent, with momentum if asked."""

    momentum: float = field(default=0.0, minimum=0, maximum=1, doc="part of the last change that is kept")
    nesterov: bool = field(default=False, doc="look ahead by the momentum")


class RmsProp(Optimizer, name="rmsprop"):
    """Tieleman and Hinton 2012."""

    decay: float = field(default=0.9, minimum=0, maximum=1, doc="decay of the mean of squared gradients")
    momentum: float = field(default=0.0, minimum=0, maximum=1, doc="part of the last change that is kept")
    epsilon: float = field(default=1e-7, above=0, doc="added to the mean of squares before the root")
    centered: bool = field(default=False, doc="divide by the variance instead of the mean of squares")


class Adam(Optimizer, name="adam"):
    """Kingma and Ba 2014."""

    beta_1: float = field(default=0.9, minimum=0, maximum=1, doc="decay of the mean of gradients")
    beta_2: float = field(default=0.999, minimum=0, maximum=1, doc="decay of the mean of squared gradients")
    epsilon: float = field(default=1e-7, above=0, doc="added to the root")
