"""Layers that a library numbers from the first one of its process, counted from 0 whatever came before them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def recounted(names: Iterable[str], counted: Iterable[str]) -> Mapping[str, str]:
    """{name: name to look up}: `conv2d/kernel` is number 0 of conv2d, or else the lowest, `conv2d_94/kernel`."""
    found = {name: name for name in names}
    for layer in counted:
        numbered = re.compile(rf"{re.escape(layer)}(?:_([0-9]{{1,9}}))?(/.*)")
        matches = {name: match for name in found if (match := numbered.fullmatch(name))}
        first = min((int(match[1] or 0) for match in matches.values()), default=0)
        found |= {name: f"{layer}_{int(match[1] or 0) - first}{match[2]}" for name, match in matches.items()}
    return found
