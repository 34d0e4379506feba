"""How large a thing from outside may become in memory: held against sizes that stand in headers, before unpacking."""

from __future__ import annotations

import os

from archspec.diagnostics import stop

PIXELS, BYTES = "ARCHSPEC_MAX_PIXELS", "ARCHSPEC_MAX_BYTES"
"""The environment variables that raise the limits."""

_DEFAULTS = {PIXELS: 160_000_000, BYTES: 2**31}
"""The largest cameras make 151 million pixels; MNIST's largest relative, EMNIST, unpacks to 0.6 GB."""


def limit(variable: str) -> int:
    """The pixels of one picture or the bytes of one unpacked file that are taken; raises Stop for a bad variable."""
    found = os.environ.get(variable, "").strip()
    if not found:
        return _DEFAULTS[variable]
    if not (found.isascii() and found.isdigit()) or len(found) > 18:
        raise stop("AS707", f"{variable} is {found!r}, which is no whole number", help=f"such as {_DEFAULTS[variable]}")
    return int(found)
