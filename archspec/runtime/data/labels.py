"""Whether a data set's labels fit a network."""

from __future__ import annotations

import numpy as np

from archspec.diagnostics import Stop, stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import example_mistake

_LOOKED_AT = 200


def check_labels(dataset: Dataset, classes: int) -> None:
    """Nothing, if the labels fit a network with so many classes; raises Stop.

    Where the data set has no class names, some 200 labels spread over all of it are looked at.
    """
    if dataset.classes is None:
        _check_some(dataset, classes)
        return
    low, high = dataset.labels_offset, len(dataset.classes) - 1
    if low < 0 or high >= classes:
        offset = f", labels_offset {dataset.labels_offset} included" if dataset.labels_offset else ""
        raise _outside(f"{dataset} has labels {low} to {high}{offset}", classes)


def _check_some(dataset: Dataset, classes: int) -> None:
    for index in np.unique(np.linspace(0, dataset.size - 1, _LOOKED_AT, dtype=np.int64)).tolist():
        found = example_mistake(dataset, index, quickly=True)
        if found is not None:
            raise stop(found[0], f"{dataset.place(index)} {found[1]}", help="repair it or take it away")
        label = int(dataset.example(index)[1])
        if not 0 <= label < classes:
            offset = f" (labels_offset {dataset.labels_offset} included)" if dataset.labels_offset else ""
            raise _outside(f"{dataset.place(index)} has the label {label}{offset}", classes)


def _outside(what: str, classes: int) -> Stop:
    message = f"{what}, but the network has {classes} classes, 0 to {classes - 1}"
    return stop(
        "AS705", message, help="give the network the right number of classes, or change the data's labels_offset"
    )
