"""Metrics: what evaluation counts, with Keras's own metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.data import Pairs
from archspec.compiler.language.forms.wants import Complaint, classes_fit, same_shape, spread, vectors
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Target, Tensor


class Metric(Form, family="metric"):
    """What evaluation counts, over all examples."""

    LARGER_IS_BETTER: ClassVar[bool] = True
    """Which of two values is the better one, for the best checkpoint."""

    target: Target | None = field(
        default=None, doc="what it compares with: a feature, an input or an end point; the only class if left out"
    )
    mask: Target | None = field(default=None, doc="a feature or end point that is 0 where an example does not count")

    @property
    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """The end points that it reads."""

    @abstractmethod
    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        """What is wrong with tensors of these shapes and this target; None where it can work on them."""

    @abstractmethod
    def make(self, g: Toolkit, shapes: Sequence[Shape]) -> Any:
        """The Keras metric; its variables are sums, which add up over ranks."""

    def pair(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> tuple[Any, Any]:
        """What the Keras metric is given: (truth, prediction)."""
        return target, outputs[0]

    def weights(self, g: Toolkit, target: Any) -> Any:
        """A factor for every example (and position) from the target itself; None where all count alike."""
        return None

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """How many classes tensors of these shapes tell apart, below which each target must be; None without any."""
        return None

    def counted(self, shapes: Sequence[Shape]) -> Shape:
        """The shape, without the batch, of what is counted each by itself: what a mask can be of."""
        return shapes[0] if self.classes(shapes) is None else shapes[0][:-1]


class Accuracy(Metric, name="accuracy"):
    """The part of the examples (or pixels) whose class is among the k most probable."""

    EXAMPLE = """
    eval:
      preprocess: [{central_crop: 0.875}, {resize: 224}, {normalize: [127.5], scale: 127.5}]
      metrics: {top_1: {accuracy: Predictions}, top_5: {accuracy: Predictions, k: 5}}
    """

    predictions: Tensor = field(main=True, doc="the tensor with logits or probabilities, by name: […, classes]")
    k: int = field(default=1, minimum=1, doc="how many classes count as right")
    ignore: int | None = field(default=None, doc="a class that does not count; by default that of the target's feature")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.predictions,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        found = classes_fit(shapes[0], target, ignore=self.ignore)
        classes = shapes[0][-1] if shapes[0] else None
        if found is None and classes is not None and self.k >= classes:
            help = f"write k: {classes - 1} or less"
            message = f"asks for the {self.k} most probable of {classes} classes, which is always right"
            return Complaint(message, help, "k")
        return found

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """The last axis of the scores."""
        return shapes[0][-1]

    def make(self, g: Toolkit, shapes: Sequence[Shape]) -> Any:
        metrics = g.keras.metrics
        return metrics.SparseCategoricalAccuracy() if self.k == 1 else metrics.SparseTopKCategoricalAccuracy(self.k)

    def weights(self, g: Toolkit, target: Any) -> Any:
        """0 for the class that is ignored."""
        return None if self.ignore is None else g.tf.cast(g.tf.not_equal(target, self.ignore), g.tf.float32)


class MeanIou(Metric, name="mean_iou"):
    """Intersection over union of each class over all pixels, the mean over the classes (Everingham et al. 2010)."""

    EXAMPLE = """
    train:
      data: {files: voc, features: {image: {image: "images/*.jpg"}, mask: {class_map: "masks/*.png", classes: 21}}}
      losses: {main: {dice: Mask, target: mask}}
    eval: {preprocess: [{resize: 224}], metrics: {iou: {mean_iou: Mask, target: mask}}}
    """

    logits: Tensor = field(main=True, doc="the tensor with logits or probabilities, by name: […, classes]")
    ignore: int | None = field(default=None, doc="a class that does not count; by default that of the target's feature")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return classes_fit(shapes[0], target, ignore=self.ignore)

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """The last axis of the scores."""
        return shapes[0][-1]

    def make(self, g: Toolkit, shapes: Sequence[Shape]) -> Any:
        classes = shapes[0][-1]
        return g.keras.metrics.MeanIoU(classes, ignore_class=self.ignore, sparse_y_pred=False)


class MeanAbsoluteError(Metric, name="mean_absolute_error"):
    """The mean of |prediction - target|."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, age: {number: age}}}
      losses: {age: {huber: Age, target: age, delta: 5.0, weight: 0.05}}
    eval: {preprocess: [{resize: 224}], metrics: {years: {mean_absolute_error: Age, target: age}}}
    """

    LARGER_IS_BETTER = False

    predictions: Tensor = field(main=True, doc="the tensor with the predicted numbers, by name")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.predictions,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return same_shape(shapes[0], target, "numbers")

    def make(self, g: Toolkit, shapes: Sequence[Shape]) -> Any:
        return g.keras.metrics.MeanAbsoluteError()

    def pair(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> tuple[Any, Any]:
        """The numbers, each by itself."""
        return spread(g, target, outputs[0])[..., None], outputs[0][..., None]


class PairAccuracy(Metric, name="pair_accuracy"):
    """The part of the pairs that a distance below the threshold tells rightly to be of one class."""

    EXAMPLE = (
        f"{Pairs.EXAMPLE.rstrip()}\n"
        + """
    eval: {preprocess: [{normalize: [128], scale: 128}], metrics: {right: {pair_accuracy: [a, b], target: same}}}
    """.lstrip("\n")
    )

    embeddings: tuple[Tensor, ...] = field(main=True, doc="the two tensors, by name: [numbers] each")
    threshold: float = field(default=0.5, above=0, doc="distance below which a pair is held to be of one class")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.embeddings

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return vectors(shapes, 2) or same_shape((), target, "1 for pairs of one class and 0 for others", (0.0, 1.0))

    def counted(self, shapes: Sequence[Shape]) -> Shape:
        """One number a pair."""
        return ()

    def make(self, g: Toolkit, shapes: Sequence[Shape]) -> Any:
        return g.keras.metrics.BinaryAccuracy()

    def pair(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> tuple[Any, Any]:
        """1 where the distance is below the threshold."""
        distance = g.tf.norm(outputs[0] - outputs[1], axis=-1)
        return spread(g, target, distance)[..., None], g.tf.cast(distance < self.threshold, g.tf.float32)[..., None]
