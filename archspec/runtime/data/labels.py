"""Whether a data set's labels fit a network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from archspec.diagnostics import Stop, stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import example_mistake

_LOOKED_AT = 200


def check_labels(dataset: Dataset, classes: int, feature: str | None = None) -> None:
    """Nothing, if the labels of a feature fit a network with so many classes; raises Stop.

    Without a name it is the only class. Where the number of its classes is not known, some 200 labels spread over all
    of the data are looked at.
    """
    name = feature or dataset.class_feature
    if name is None or dataset.features[name].kind != "class":
        return
    known = dataset.features[name].classes
    if known is None:
        _check_some(dataset, name, classes)
    elif known > classes:
        raise _outside(f"{dataset} has labels 0 to {known - 1}", classes)


def first_outside(dataset: Dataset, feature: str, least: float, largest: float) -> tuple[int, float] | None:
    """(example, number) of the first of some 200 examples whose number lies outside; None where none does."""
    for index, value in _some(dataset, feature):
        for number in np.ravel(value).tolist():
            if not least <= number <= largest:
                return index, number
    return None


def _some(dataset: Dataset, feature: str) -> Iterator[tuple[int, np.ndarray]]:
    """(index, value) of examples spread over all of the data; raises Stop at one that cannot be read."""
    for index in np.unique(np.linspace(0, dataset.size - 1, _LOOKED_AT, dtype=np.int64)).tolist():
        found = example_mistake(dataset, index, quickly=True)
        if found is not None:
            raise stop(found.code, f"{found.place} {found.sentence}", help="repair it or take it away")
        yield index, np.asarray(dataset.example(index)[feature])


def _check_some(dataset: Dataset, name: str, classes: int) -> None:
    for index, value in _some(dataset, name):
        label = int(value)
        if not 0 <= label < classes:
            raise _outside(f"{dataset.place(index)} has the label {label}", classes)


def _outside(what: str, classes: int) -> Stop:
    help = "give the network the right number of classes, or change labels_offset of the data"
    return stop("AS705", f"{what}, but the network has {classes} classes, 0 to {classes - 1}", help=help)
