"""Targets that are no class of the network: which example has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop, stop
from archspec.runtime.ends import node_path
from archspec.runtime.named import Features


@dataclass(frozen=True)
class Outside:
    """The first target of a loss or metric that is no class; `index` numbers its example in the data."""

    reader: str
    feature: str
    index: int
    value: int
    classes: int


def find(forms: Mapping[str, Any], graph: Graph, batch: Features) -> Outside | None:
    """The first one in a batch that some loss or metric counts; None where there is none."""
    found = (_of(name, form, graph, batch) for name, form in forms.items())
    return next((each for each in found if each is not None), None)


def no_class(found: Outside, data: object, place: Callable[[int], str]) -> Stop:
    """What to say of it; `place` tells where an example lies."""
    where = f"example {found.index} of {data}, {place(found.index)},"
    classes = f"has the classes 0 to {found.classes - 1}"
    message = f"{where} has {found.feature} {found.value}, and `{found.reader}` {classes}"
    help = "mend the data, give the network the right number of classes, or use labels_offset of the data"
    return stop("AS705", message, help=help)


def _of(name: str, form: Any, graph: Graph, batch: Features) -> Outside | None:
    classes = form.classes([graph.shape(node_path(graph, tensor)) for tensor in form.tensors])
    if classes is None or form.target not in batch:
        return None
    values = np.asarray(batch[form.target])
    wrong = ((values < 0) | (values >= classes)) & (values != getattr(form, "ignore", None))
    for key in ("mask", "sample_weight"):
        factor = getattr(form, key, None)
        if isinstance(factor, str) and factor in batch:
            counts = np.asarray(batch[factor]) != 0
            wrong &= counts.reshape(*counts.shape, *(1,) * (wrong.ndim - counts.ndim))
    if not wrong.any():
        return None
    first = np.argwhere(wrong)[0]
    return Outside(name, form.target, int(batch["index"][first[0]]), int(values[tuple(first)]), classes)
