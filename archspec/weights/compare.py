"""What differs between the variables of two files: names, shapes, values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from archspec.weights.tensors import Tensors


@dataclass
class Comparison:
    """Names that one side alone has; of those of both, the ones of other shapes, of other values, and equal ones.

    `values` has the largest difference of each, infinite where one side alone is not a number; `equal` are those whose
    difference is at most the tolerance.
    """

    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    equal: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.left or self.right or self.shapes or self.values)


def compare(left: Tensors, right: Tensors, tolerance: float = 0.0) -> Comparison:
    """What differs between the variables of two files; what belongs to a training is not looked at. Raises Stop."""
    found = Comparison()
    here, there = set(left.variables), set(right.variables)
    found.left = [name for name in left.variables if name not in there]
    found.right = [name for name in right.variables if name not in here]
    for name in left.variables:
        if name not in there:
            continue
        if left.shapes[name] != right.shapes[name]:
            found.shapes.append(name)
            continue
        difference = largest_difference(left.read(name), right.read(name))
        if difference <= tolerance:
            found.equal.append(name)
        else:
            found.values[name] = difference
    return found


def largest_difference(left: np.ndarray, right: np.ndarray) -> float:
    """The largest absolute difference of two arrays of one shape; NaN in both, or the same infinity, is none."""
    if left.dtype.hasobject or right.dtype.hasobject:
        return 0.0 if np.array_equal(left, right) else float("inf")
    wide = [value.astype(np.float64) for value in (left, right)]
    with np.errstate(invalid="ignore"):
        differences = np.where((wide[0] == wide[1]) | np.isnan(wide).all(axis=0), 0.0, np.abs(wide[0] - wide[1]))
    return float(np.nan_to_num(differences, nan=np.inf, posinf=np.inf).max(initial=0.0))
