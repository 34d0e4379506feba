"""Whether a data set's labels fit a network."""

from __future__ import annotations

import numpy as np

from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset

_LOOKED_AT = 200


def check_labels(dataset: Dataset, classes: int) -> None:
    """Nothing, if the labels fit a network with so many classes; raises Stop.

    Where the data set has no class names, some 200 labels spread over all of it are looked at.
    """
    if dataset.classes is not None:
        low, high = dataset.labels_offset, len(dataset.classes) - 1
    else:
        low, high = _range_of(dataset)
    if low < 0 or high >= classes:
        offset = f", labels_offset {dataset.labels_offset} included" if dataset.labels_offset else ""
        raise stop(
            "AS705",
            f"{dataset} has labels {low} to {high}{offset}, but the network has {classes} classes, 0 to {classes - 1}",
            help="give the network the right number of classes, or change labels_offset of the data",
        )


def _range_of(dataset: Dataset) -> tuple[int, int]:
    """The least and the largest label among those looked at."""
    chosen = np.unique(np.linspace(0, dataset.size - 1, _LOOKED_AT, dtype=np.int64))
    labels = [int(dataset.example(index)[1]) for index in chosen]
    return min(labels), max(labels)
