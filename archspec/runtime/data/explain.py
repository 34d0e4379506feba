"""Which example an error from the input pipeline is about."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset


def explain_data_error(exception: BaseException, dataset: Dataset, indices: Iterable[int] | None = None) -> Stop | None:
    """The sentence for a user behind an error that iterating over batches raised; None if no example is at fault.

    `indices` narrows the search, see `order.step_indices`; without it every example is read again until one fails.
    """
    raise NotImplementedError
