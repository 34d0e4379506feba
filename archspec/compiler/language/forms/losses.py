"""Losses: what training makes small; each says what it wants of the tensors that it reads, and computes itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.wants import Complaint, classes_fit, same_shape, spread, vectors
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Target, Tensor


class Loss(Form, family="loss"):
    """A number for every example (and position), summed with its weight; the L2 of the variables is added.

    Its value is the mean over the examples and positions that count: those that `mask` keeps, weighted by
    `sample_weight`. The mean is over all ranks.
    """

    TARGET: ClassVar[str] = ""
    """What it compares with, as a message says it; empty where it compares its own tensors."""

    BY_ITSELF: ClassVar[bool] = True
    """Whether an example's loss depends on that example alone, so that evaluation can measure it in any batches."""

    weight: float = field(default=1.0, minimum=0, doc="factor in the total loss")

    @property
    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """The end points that it reads."""

    @abstractmethod
    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        """What is wrong with tensors of these shapes and this target; None where it can work on them."""

    @abstractmethod
    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        """The loss of every example (and position): float32 [batch, …]."""

    def weights(self, g: Toolkit, target: Any) -> Any:
        """A factor for every example (and position) from the target itself; None where all count alike."""
        return None

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """How many classes tensors of these shapes tell apart, below which each target must be; None without any."""
        return None


class Compared(Loss):
    """A loss of tensors and a target."""

    target: Target | None = field(
        default=None,
        doc="what it compares with: a feature, a number, an input or an end point; the only class if left out",
    )
    mask: Target | None = field(default=None, doc="a feature or end point that is 0 where an example does not count")
    sample_weight: Target | None = field(default=None, doc="a feature or end point: a factor for each example")


class SoftmaxCrossEntropy(Compared, name="softmax_cross_entropy"):
    """Cross entropy of logits and the index of the right class, for an example or each of its pixels."""

    TARGET = "classes"

    logits: Tensor = field(main=True, doc="the tensor with the logits, by name: […, classes]")
    label_smoothing: float = field(default=0.0, minimum=0, maximum=1, doc="part taken from the label, spread over all")
    class_weights: tuple[float, ...] = field(default=(), minimum=0, doc="a factor for each class of the target")
    ignore: int | None = field(default=None, doc="a class that does not count; by default that of the target's feature")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return classes_fit(shapes[0], target, self.class_weights)

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """The last axis of the logits."""
        return shapes[0][-1]

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        classes = outputs[0].shape[-1]
        # A class that is ignored may lie outside: its loss is not used, and must be a finite number.
        one_hot = g.tf.one_hot(target, classes)
        made = g.keras.losses.categorical_crossentropy(
            one_hot, outputs[0], from_logits=True, label_smoothing=self.label_smoothing
        )
        return made

    def weights(self, g: Toolkit, target: Any) -> Any:
        """Of each class, and 0 for the one that is ignored."""
        found = None
        if self.class_weights:
            last = len(self.class_weights) - 1
            found = g.tf.gather(list(self.class_weights), g.tf.clip_by_value(target, 0, last))
        if self.ignore is not None:
            counts = g.tf.cast(g.tf.not_equal(target, self.ignore), g.tf.float32)
            found = counts if found is None else found * counts
        return found


class SigmoidCrossEntropy(Compared, name="sigmoid_cross_entropy"):
    """Cross entropy of logits and probabilities, each by itself (a discriminator, several labels at once)."""

    TARGET = "numbers from 0 to 1"

    logits: Tensor = field(main=True, doc="the tensor with the logits, by name")
    label_smoothing: float = field(default=0.0, minimum=0, maximum=1, doc="part moved towards one half")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return same_shape(shapes[0], target, self.TARGET)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        target = spread(g, target, outputs[0])
        smoothed = target * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        return g.tf.nn.sigmoid_cross_entropy_with_logits(labels=smoothed, logits=outputs[0])


class Huber(Compared, name="huber"):
    """Squared where the difference is at most delta, linear beyond (Huber 1964)."""

    TARGET = "numbers"

    predictions: Tensor = field(main=True, doc="the tensor with the predicted numbers, by name")
    delta: float = field(default=1.0, above=0, doc="where it turns linear")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.predictions,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return same_shape(shapes[0], target, self.TARGET)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        error = g.tf.abs(outputs[0] - spread(g, target, outputs[0]))
        small = g.tf.minimum(error, self.delta)
        return 0.5 * small**2 + self.delta * (error - small)


class Dice(Compared, name="dice"):
    """1 minus the Dice coefficient of softmax(logits) and the classes, the mean over the classes of each example.

    Milletari et al. 2016, https://arxiv.org/abs/1606.04797: 2 * sum(p * t) + smooth over sum(p) + sum(t) + smooth.
    """

    TARGET = "classes"

    logits: Tensor = field(main=True, doc="the tensor with the logits, by name: [height, width, classes]")
    smooth: float = field(default=1.0, above=0, doc="added above and below, so that an absent class is no error")
    ignore: int | None = field(default=None, doc="a class that does not count; by default that of the target's feature")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        if len(shapes[0]) < 2:
            return Complaint("needs a class for each position", "use softmax_cross_entropy for one class an example")
        return classes_fit(shapes[0], target)

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """The last axis of the logits."""
        return shapes[0][-1]

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        tf, classes = g.tf, outputs[0].shape[-1]
        counted = tf.ones_like(target, tf.float32)
        if self.ignore is not None:
            counted = tf.cast(tf.not_equal(target, self.ignore), tf.float32)
        truth = tf.one_hot(target, classes) * counted[..., None]
        found = tf.nn.softmax(outputs[0]) * counted[..., None]
        axes = list(range(1, len(outputs[0].shape) - 1))
        both, either = tf.reduce_sum(truth * found, axes), tf.reduce_sum(truth + found, axes)
        return 1.0 - tf.reduce_mean((2.0 * both + self.smooth) / (either + self.smooth), -1)


class Contrastive(Compared, name="contrastive"):
    """Squared distance of pairs of one class, squared lack of a margin for others (Hadsell et al. 2006)."""

    TARGET = "1 for pairs of one class and 0 for others"

    embeddings: tuple[Tensor, ...] = field(main=True, doc="the two tensors, by name: [numbers] each")
    margin: float = field(default=1.0, above=0, doc="distance from which pairs of two classes cost nothing")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.embeddings

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return vectors(shapes, 2) or same_shape((), target, self.TARGET)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        left, right = outputs
        squared = g.tf.reduce_sum((left - right) ** 2, -1)
        distance = g.tf.sqrt(g.tf.maximum(squared, 1e-12))
        target = spread(g, target, squared)
        return target * squared + (1.0 - target) * g.tf.maximum(self.margin - distance, 0.0) ** 2


class Triplet(Compared, name="triplet"):
    """Anchors nearer to their class than to others by a margin, triplets taken from the batch.

    Schroff et al. 2015, https://arxiv.org/abs/1503.03832. Under several ranks each takes triplets from its own part.
    """

    TARGET = "classes"
    BY_ITSELF = False

    embedding: Tensor = field(main=True, doc="the tensor, by name: [numbers], of length 1")
    margin: float = field(default=0.2, above=0, doc="by how much the other class must be farther away, squared")
    mining: str = field(
        default="semi_hard",
        choices=("semi_hard", "hard"),
        doc="semi_hard: the nearest of other classes that is farther than the positive; hard: the farthest and nearest",
    )

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.embedding,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        if target is not None and (target.shape or not target.counts_classes):
            return Complaint(f"compares with {self.TARGET}, one an example", "name a feature of kind `class`")
        return vectors(shapes, 1)

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        return g.module("archspec.runtime.triplets").triplet_loss(outputs[0], target, self.margin, self.mining)
