"""What ranks learn by their environment from the launcher, `archspec train --np`."""

from __future__ import annotations

import os

RANKS = "ARCHSPEC_NP"
"""The variable with the --np that ranks were launched with."""

LIFELINE = "ARCHSPEC_LIFELINE"
"""The variable with the descriptor of a pipe that closes when the launcher has gone, however it ended."""

PATIENCE = "ARCHSPEC_PATIENCE"
"""The variable with the seconds that a rank waits for data and other ranks, where 600 are not right."""


def patience() -> float:
    """The seconds that a rank waits for data or for other ranks before it ends."""
    given = os.environ.get(PATIENCE, "")
    return float(given) if given.isdecimal() and int(given) > 0 else 600.0


def at_most() -> str:
    """The same as a person says it: `10 minutes`."""
    seconds = patience()
    return f"{seconds / 60:g} minutes" if seconds % 60 == 0 else f"{seconds:g} s"
