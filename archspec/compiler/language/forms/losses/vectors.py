"""Losses that compare vectors: pairs, and triplets of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.data import Pairs
from archspec.compiler.language.forms.losses.loss import Compared
from archspec.compiler.language.forms.wants import Complaint, same_shape, spread, vectors
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Tensor


class Contrastive(Compared, name="contrastive"):
    """Squared distance of pairs of one class, squared lack of a margin for others (Hadsell et al. 2006)."""

    EXAMPLE = Pairs.EXAMPLE

    TARGET = "1 for pairs of one class and 0 for others"
    BETWEEN = (0.0, 1.0)

    embeddings: tuple[Tensor, ...] = field(main=True, doc="the two tensors, by name: [numbers] each")
    margin: float = field(default=1.0, above=0, doc="distance from which pairs of two classes cost nothing")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.embeddings

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return vectors(shapes, 2) or same_shape((), target, self.TARGET, self.BETWEEN)

    def counted(self, shapes: Sequence[Shape]) -> Shape:
        """One number a pair."""
        return ()

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

    EXAMPLE = """
    train:
      data: {folder: faces, batches: {classes: 8, examples: 4}}
      losses: {main: {triplet: Vector, margin: 0.2}}
      batch: 32
    """

    TARGET = "classes"
    BY_ITSELF = False
    LEAST = 3

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
