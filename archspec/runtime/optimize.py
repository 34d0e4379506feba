"""The Keras objects for a spec's losses, schedules and optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.language.forms import training as forms
from archspec.compiler.language.values import Duration


@dataclass(frozen=True)
class Length:
    """How long training takes: all its steps, and how many of them make an epoch (not always a whole number)."""

    steps: int
    steps_per_epoch: float

    def of(self, duration: Duration | None) -> int:
        """A duration in steps; all of them where it is not given."""
        if duration is None:
            return self.steps
        return max(1, round(self._exactly(duration)))

    def due(self, every: Duration, step: int) -> bool:
        """Whether another such duration is full with this step: after 25, 49, 73 steps where an epoch takes 24.1."""
        exact = max(1.0, self._exactly(every))
        return int(step / exact + 1e-9) > int((step - 1) / exact + 1e-9)

    def _exactly(self, duration: Duration) -> float:
        return duration.amount * (self.steps_per_epoch if duration.unit == "epochs" else 1)


@keras.saving.register_keras_serializable("archspec")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule, under a straight line that rises to its first value (Goyal et al. 2017, section 2.2).

    rate(step) = min(after(step), after(0) * step / steps), as TF-Slim's warm-up.
    """

    def __init__(self, after: keras.optimizers.schedules.LearningRateSchedule, steps: int) -> None:
        self.after, self.steps = after, steps

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        line = self.after(0) * tf.cast(step, tf.float32) / self.steps
        return tf.minimum(tf.cast(self.after(step), tf.float32), tf.cast(line, tf.float32))

    def get_config(self) -> dict[str, Any]:
        """What Keras writes down."""
        return {"after": self.after, "steps": self.steps}


def _fixed(form: forms.Fixed, length: Length) -> Any:
    return keras.optimizers.schedules.PiecewiseConstantDecay([length.steps + 1], [form.rate, form.rate])


def _exponential(form: forms.Exponential, length: Length) -> Any:
    every = length.of(form.every)
    return keras.optimizers.schedules.ExponentialDecay(form.rate, every, form.factor, staircase=form.staircase)


def _cosine(form: forms.Cosine, length: Length) -> Any:
    return keras.optimizers.schedules.CosineDecay(form.rate, length.of(form.over), alpha=form.end)


def _piecewise(form: forms.Piecewise, length: Length) -> Any:
    boundaries = [length.of(Duration(epoch, "epochs")) for epoch in form.boundaries]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, list(form.rates))


def _polynomial(form: forms.Polynomial, length: Length) -> Any:
    return keras.optimizers.schedules.PolynomialDecay(form.rate, length.of(form.over), form.end, form.power)


SCHEDULES: dict[type[forms.Schedule], Callable[[Any, Length], Any]] = {
    forms.Fixed: _fixed,
    forms.Exponential: _exponential,
    forms.Cosine: _cosine,
    forms.Piecewise: _piecewise,
    forms.Polynomial: _polynomial,
}


def schedule(form: forms.Schedule, length: Length) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate by step."""
    made = SCHEDULES[type(form)](form, length)
    return made if form.warmup is None else Warmup(made, length.of(form.warmup))


def _sgd(form: forms.Sgd, rate: Any) -> Any:
    return keras.optimizers.SGD(rate, momentum=form.momentum, nesterov=form.nesterov)


def _rmsprop(form: forms.RmsProp, rate: Any) -> Any:
    return keras.optimizers.RMSprop(
        rate, rho=form.decay, momentum=form.momentum, epsilon=form.epsilon, centered=form.centered
    )


def _adam(form: forms.Adam, rate: Any) -> Any:
    return keras.optimizers.Adam(rate, beta_1=form.beta_1, beta_2=form.beta_2, epsilon=form.epsilon)


OPTIMIZERS: dict[type[forms.Optimizer], Callable[[Any, Any], Any]] = {
    forms.Sgd: _sgd,
    forms.RmsProp: _rmsprop,
    forms.Adam: _adam,
}


def optimizer(form: forms.Optimizer, length: Length) -> keras.optimizers.Optimizer:
    """The optimizer, with its schedule."""
    return OPTIMIZERS[type(form)](form, schedule(form.rate, length))


def _softmax_cross_entropy(form: forms.SoftmaxCrossEntropy, labels: Any, logits: Any) -> Any:
    classes = logits.shape[-1]
    smooth = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=form.label_smoothing)
    return smooth(tf.one_hot(labels, classes), logits)


LOSSES: dict[type[forms.Loss], Callable[[Any, Any, Any], Any]] = {forms.SoftmaxCrossEntropy: _softmax_cross_entropy}


def loss(form: forms.Loss, labels: Any, outputs: dict[str, Any]) -> Any:
    """The mean loss of a batch, without its weight; labels int32 [batch]."""
    assert isinstance(form, forms.SoftmaxCrossEntropy)
    return LOSSES[type(form)](form, labels, outputs[form.logits])
