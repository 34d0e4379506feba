"""Which layers a training leaves as they are."""

from __future__ import annotations

from collections.abc import Callable

from archspec.compiler.expand.names import means
from archspec.compiler.language.forms.sections import Train
from archspec.compiler.training.optimizers import trains


def frozen_by(train: Train | None) -> Callable[[str], bool]:
    """Whether a layer stays as it is: `freeze` names it, or no optimizer trains it; without a section none does."""
    if train is None:
        return lambda layer: False
    optimizers = train.all_optimizers.values()
    if not train.freeze and any(not each.trains for each in optimizers):
        return lambda layer: False
    return lambda layer: (
        any(means(pattern, layer) for pattern in train.freeze) or not any(trains(each, layer) for each in optimizers)
    )
