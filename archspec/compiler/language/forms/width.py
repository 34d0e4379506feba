"""The width multiplier: one number that makes every layer of a network thinner or wider."""

from __future__ import annotations

from archspec.compiler.language.fields import Form, field


class Width(Form, family="width", name="width"):
    """A factor for an op's main size (filters, units); written `width: 0.5`, or `width: {times: 0.5, min: 16}`."""

    EXAMPLE = "- conv: {conv2d: 64, kernel: 3, width: {times: 0.35, min: 16, divisor: 8}}"

    times: float = field(main=True, above=0, doc="factor of the op's main size")
    min: int = field(default=1, minimum=1, doc="least size after it")
    divisor: int = field(default=1, minimum=1, doc="the result is a multiple of it (MobileNet: 8)")

    def scaled(self, size: int) -> int:
        """The size times the factor, as TF-Slim rounds it.

        With divisor 1 the fraction is cut (Inception, MobileNet v1); otherwise the nearest multiple is taken, or the
        next one where that would lose more than a tenth (MobileNet v2, https://arxiv.org/abs/1801.04381).
        """
        exact = size * self.times
        if self.divisor == 1:
            return max(self.min, int(exact))
        rounded = max(self.min, int(exact + self.divisor / 2) // self.divisor * self.divisor)
        return rounded + self.divisor if rounded < 0.9 * exact else rounded
