"""The weights of a network, and what is said of those that cannot be loaded."""

from __future__ import annotations

import numpy as np
import pytest

from archspec.diagnostics import Stop
from archspec.runtime.lower import Network


def weights_of(network: Network) -> dict[str, np.ndarray]:
    return {name: variable.numpy() for name, variable in network.table.items()}


def complaint(problem: pytest.ExceptionInfo[Stop]) -> str:
    """Everything that is shown of a Stop."""
    [diagnostic] = problem.value.diagnostics
    notes = [note.message for note in diagnostic.notes]
    return "\n".join([diagnostic.code, diagnostic.message, *notes, diagnostic.help or ""])
