"""Learning rates by step, with Keras's own schedules."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.toolkit import Length, Toolkit
from archspec.compiler.language.values import Duration


class Schedule(Form, family="schedule"):
    """A learning rate that changes with the step."""

    warmup: Duration | None = field(default=None, doc="time over which the rate grows from 0")

    @abstractmethod
    def make(self, g: Toolkit, length: Length) -> Any:
        """The Keras schedule, without the warm-up."""

    def complaint(self) -> str | None:
        """What is wrong with its values together, as the end of a sentence; None where they fit."""
        return None

    def changes(self) -> dict[str, tuple[Duration, ...]]:
        """The times after which it changes, by field: it does nothing where the training ends before."""
        return {}


class Fixed(Schedule, name="fixed"):
    """The same rate all the time."""

    EXAMPLE = "train: {optimizer: {adam: {fixed: 1e-3, warmup: 500 steps}}}"

    rate: float = field(main=True, minimum=0, doc="learning rate")

    def make(self, g: Toolkit, length: Length) -> Any:
        return g.keras.optimizers.schedules.PiecewiseConstantDecay([length.steps + 1], [self.rate, self.rate])


class Exponential(Schedule, name="exponential"):
    """rate * factor ** (step / every)."""

    EXAMPLE = """
    train: {optimizer: {rmsprop: {exponential: 0.045, factor: 0.94, every: 2 epochs}, momentum: 0.9, epsilon: 1.0}}
    """

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    factor: float = field(above=0, doc="what the rate is multiplied by")
    every: Duration = field(doc="after how long")
    staircase: bool = field(default=True, doc="in jumps, not continuously")

    def changes(self) -> dict[str, tuple[Duration, ...]]:
        return {"every": (self.every,)} if self.staircase else {}

    def make(self, g: Toolkit, length: Length) -> Any:
        every = length.of(self.every)
        return g.keras.optimizers.schedules.ExponentialDecay(self.rate, every, self.factor, staircase=self.staircase)


class Cosine(Schedule, name="cosine"):
    """Half a cosine from rate down to rate * end (Loshchilov and Hutter 2016)."""

    EXAMPLE = "train: {optimizer: {sgd: {cosine: 0.1, warmup: 5 epochs}, momentum: 0.9}}"

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    end: float = field(default=0.0, minimum=0, doc="the last rate, as a part of the first")
    over: Duration | None = field(default=None, doc="how long; null: the whole training")

    def make(self, g: Toolkit, length: Length) -> Any:
        return g.keras.optimizers.schedules.CosineDecay(self.rate, length.of(self.over), alpha=self.end)


class Piecewise(Schedule, name="piecewise"):
    """A rate for each stretch of training."""

    EXAMPLE = """
    train: {optimizer: {sgd: {piecewise: [0.1, 0.01, 0.001], boundaries: [30 epochs, 60 epochs]}, momentum: 0.9}}
    """

    rates: tuple[float, ...] = field(main=True, minimum=0, doc="learning rates, one more than boundaries")
    boundaries: tuple[Duration, ...] = field(doc="where the rate changes, ascending")

    def complaint(self) -> str | None:
        if len(self.rates) != len(self.boundaries) + 1:
            return f"has {len(self.rates)} rates and {len(self.boundaries)} boundaries; it needs one rate more"
        pairs = zip(self.boundaries, self.boundaries[1:], strict=False)
        falling = [(a, b) for a, b in pairs if a.unit == b.unit and a.amount >= b.amount]
        return f"has the boundary {falling[0][1]} after {falling[0][0]}; they must ascend" if falling else None

    def changes(self) -> dict[str, tuple[Duration, ...]]:
        return {"boundaries": self.boundaries}

    def make(self, g: Toolkit, length: Length) -> Any:
        boundaries = [length.of(boundary) for boundary in self.boundaries]
        return g.keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, list(self.rates))


class Polynomial(Schedule, name="polynomial"):
    """(rate - end) * (1 - step / over) ** power + end."""

    EXAMPLE = "train: {optimizer: {sgd: {polynomial: 0.1, end: 1e-4}, momentum: 0.9}}"

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")
    end: float = field(default=0.0, minimum=0, doc="learning rate at the end")
    power: float = field(default=1.0, above=0, doc="1 is a straight line")
    over: Duration | None = field(default=None, doc="how long; null: the whole training")

    def make(self, g: Toolkit, length: Length) -> Any:
        schedules = g.keras.optimizers.schedules
        return schedules.PolynomialDecay(self.rate, length.of(self.over), self.end, self.power)
