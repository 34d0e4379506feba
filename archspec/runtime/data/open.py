"""A data set from what a spec says or from what stands behind --data."""

from __future__ import annotations

from archspec.compiler.forms.data import Data
from archspec.runtime.data.dataset import Dataset


def open_data(form: Data | None, argument: str | None, split: str, *, labels_offset: int | None = None) -> Dataset:
    """The examples of one split: of `argument` (`sample`, or a folder) if given, otherwise of `form`.

    `split` is "train" or "eval" for the split that fits, or a split's own name. Raises Stop.
    """
    raise NotImplementedError
