"""Losses that compare with numbers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.losses.loss import Compared
from archspec.compiler.language.forms.wants import Complaint, same_shape, spread
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Tensor


class SigmoidCrossEntropy(Compared, name="sigmoid_cross_entropy"):
    """Cross entropy of logits and probabilities, each by itself (a discriminator, several labels at once)."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, smiles: {number: smiles}}}
      losses: {smiling: {sigmoid_cross_entropy: Age, target: smiles}}
    """

    TARGET = "numbers from 0 to 1"
    BETWEEN = (0.0, 1.0)

    logits: Tensor = field(main=True, doc="the tensor with the logits, by name")
    label_smoothing: float = field(default=0.0, minimum=0, maximum=1, doc="part moved towards one half")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return same_shape(shapes[0], target, self.TARGET, self.BETWEEN)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        target = spread(g, target, outputs[0])
        smoothed = target * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        return g.tf.nn.sigmoid_cross_entropy_with_logits(labels=smoothed, logits=outputs[0])


class Distance(Compared):
    """How far numbers are from others."""

    TARGET = "numbers"

    predictions: Tensor = field(main=True, doc="the tensor with the predicted numbers, by name")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.predictions,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return same_shape(shapes[0], target, self.TARGET)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        return self.of(g, outputs[0] - spread(g, target, outputs[0]))

    @abstractmethod
    def of(self, g: Toolkit, difference: Any) -> Any:
        """The loss of every difference."""


class SquaredError(Distance, name="squared_error"):
    """The squared difference (TF-Slim's mean_squared_error; of a discriminator's answers and 1 or 0: LSGAN).

    Mao et al. 2016, https://arxiv.org/abs/1611.04076.
    """

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, age: {number: age}}}
      losses: {age: {squared_error: Age, target: age, weight: 0.01}}
    """

    def of(self, g: Toolkit, difference: Any) -> Any:
        return g.tf.square(difference)


class AbsoluteError(Distance, name="absolute_error"):
    """The absolute difference, of which the median is right (TF-Slim's absolute_difference).

    A picture that feeds an input can be the target: it is compared as the preprocess steps leave it.
    """

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, age: {number: age}}}
      losses: {age: {absolute_error: Age, target: age, weight: 0.1}}
    """

    def of(self, g: Toolkit, difference: Any) -> Any:
        return g.tf.abs(difference)


class Huber(Distance, name="huber"):
    """Squared where the difference is at most delta, linear beyond (Huber 1964)."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, age: {number: age}}}
      losses: {age: {huber: Age, target: age, delta: 5.0, weight: 0.05}}
    """

    delta: float = field(default=1.0, above=0, doc="where it turns linear")

    def of(self, g: Toolkit, difference: Any) -> Any:
        error = g.tf.abs(difference)
        small = g.tf.minimum(error, self.delta)
        return 0.5 * small**2 + self.delta * (error - small)
