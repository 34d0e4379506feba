"""What all losses have in common, and what those that compare with a target have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.wants import Complaint
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Target, Tensor


class Loss(Form, family="loss"):
    """A number for every example (and position), summed with its weight; the L2 of the variables is added.

    Its value is the mean over the examples and positions that count: those that `mask` keeps, weighted by
    `sample_weight`. The mean is over all ranks.
    """

    TARGET: ClassVar[str] = ""
    """What it compares with, as a message says it; empty where it compares its own tensors."""

    BETWEEN: ClassVar[tuple[float, float] | None] = None
    """The least and the largest number that it can compare with, where not every number will do."""

    BY_ITSELF: ClassVar[bool] = True
    """Whether an example's loss depends on that example alone, so that evaluation can measure it in any batches."""

    LEAST: ClassVar[int] = 1
    """How many examples of a batch it needs to compare anything."""

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

    def counted(self, shapes: Sequence[Shape]) -> Shape:
        """The shape, without the batch, of what `lower` makes of tensors of these shapes: what a mask can be of."""
        return shapes[0] if self.classes(shapes) is None else shapes[0][:-1]


class Compared(Loss):
    """A loss of tensors and a target."""

    target: Target | None = field(
        default=None,
        doc="what it compares with: a feature, a number, an input or an end point; the only class if left out",
    )
    mask: Target | None = field(default=None, doc="a feature or end point that is 0 where an example does not count")
    sample_weight: Target | None = field(default=None, doc="a feature or end point: a factor for each example")
