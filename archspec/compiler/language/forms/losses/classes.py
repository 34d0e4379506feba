"""Losses that compare with classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.losses.loss import Compared
from archspec.compiler.language.forms.wants import Complaint, classes_fit
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Tensor


class SoftmaxCrossEntropy(Compared, name="softmax_cross_entropy"):
    """Cross entropy of logits and the index of the right class, for an example or each of its pixels."""

    EXAMPLE = "train: {losses: {main: {softmax_cross_entropy: Logits, label_smoothing: 0.1}}}"

    TARGET = "classes"

    logits: Tensor = field(main=True, doc="the tensor with the logits, by name: […, classes]")
    label_smoothing: float = field(default=0.0, minimum=0, maximum=1, doc="part taken from the label, spread over all")
    class_weights: tuple[float, ...] = field(default=(), minimum=0, doc="a factor for each class of the target")
    ignore: int | None = field(default=None, doc="a class that does not count; by default that of the target's feature")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return classes_fit(shapes[0], target, self.class_weights, self.ignore)

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


class Dice(Compared, name="dice"):
    """1 minus the Dice coefficient of softmax(logits) and the classes, the mean over the classes of each example.

    Milletari et al. 2016, https://arxiv.org/abs/1606.04797: 2 * sum(p * t) + smooth over sum(p) + sum(t) + smooth.
    """

    EXAMPLE = """
    train:
      data: {files: voc, features: {image: {image: "images/*.jpg"}, mask: {class_map: "masks/*.png", classes: 21}}}
      losses: {main: {dice: Mask, target: mask}}
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
        return classes_fit(shapes[0], target, ignore=self.ignore)

    def classes(self, shapes: Sequence[Shape]) -> int | None:
        """The last axis of the logits."""
        return shapes[0][-1]

    def counted(self, shapes: Sequence[Shape]) -> Shape:
        """One number an example, over all of its positions."""
        return ()

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
