"""A loss that the layers compute themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archspec.compiler.language.features import FeatureType, Shape
from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.compiler.language.forms.wants import Complaint
from archspec.compiler.language.toolkit import Toolkit
from archspec.compiler.language.types import Target, Tensor


class Minimize(Loss, name="minimize"):
    """What layers have computed: the mean of a tensor over the examples and all its numbers.

    A divergence (Kingma and Welling 2013, https://arxiv.org/abs/1312.6114), a critic's judgement (Arjovsky et al. 2017,
    https://arxiv.org/abs/1701.07875), or what else operations can say; `multiply: -1` is for what should grow.
    """

    EXAMPLE = """
    heads: {Length: {from: Vector, layers: [squares: {pow: 2}, sum: {reduce_sum: -1}]}}
    train: {losses: {main: {softmax_cross_entropy: Logits}, short: {minimize: Length, weight: 0.01}}}
    """

    tensor: Tensor = field(main=True, doc="the tensor with the numbers that should become small, by name")
    mask: Target | None = field(default=None, doc="a feature or end point that is 0 where an example does not count")
    sample_weight: Target | None = field(default=None, doc="a feature or end point: a factor for each example")

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    def complaint(self, shapes: Sequence[Shape], target: FeatureType | None) -> Complaint | None:
        return None

    def lower(self, g: Toolkit, outputs: Sequence[Any], target: Any) -> Any:
        return g.tf.cast(outputs[0], g.tf.float32)
