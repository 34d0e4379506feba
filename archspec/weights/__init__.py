"""Trained weights as files that need no TensorFlow: read, renamed, compared, and recognised as a network of the zoo."""

from __future__ import annotations

from archspec.diagnostics import stop

try:
    import h5py as _h5py  # noqa: F401
    import ml_dtypes as _ml_dtypes  # noqa: F401
    import numpy as _numpy  # noqa: F401
except ModuleNotFoundError as _problem:
    raise stop(
        "AS750",
        f"the Python package {_problem.name} is not installed, and this command needs it",
        help="use bin/archspec of a checkout, or pip install 'archspec-tf[train]'",
    ) from _problem
