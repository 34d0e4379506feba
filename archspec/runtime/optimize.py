"""The Keras objects for a spec's schedules and optimizers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.language.forms.optimizers import Optimizer
from archspec.compiler.language.forms.schedules import Schedule
from archspec.compiler.language.values import Duration
from archspec.runtime.toolkit import LIBRARIES


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
        lengths = {"steps": 1.0, "epochs": self.steps_per_epoch, "percent": self.steps / 100}
        return duration.amount * lengths[duration.unit]


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


def schedule(form: Schedule, length: Length) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate by step."""
    made = form.make(LIBRARIES, length)
    return made if form.warmup is None else Warmup(made, length.of(form.warmup))


def optimizer(form: Optimizer, length: Length) -> keras.optimizers.Optimizer:
    """The optimizer, with its schedule."""
    return form.make(LIBRARIES, schedule(form.rate, length))
