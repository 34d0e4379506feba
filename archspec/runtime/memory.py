"""Whether a network can be trained in this machine's memory at all, said before anything is made."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program

_FLOAT = 4
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says how much a container may use."""


def check_memory(program: Program, *, training: bool = True) -> None:
    """Raise Stop where the weights alone, with what training keeps for each of them, are more than the memory."""
    count = sum(math.prod(variable.shape) for _, _, variable in program.graph.variables())
    copies = 1 + _kept_for_each(program) if training else 1
    needed, there = count * copies * _FLOAT, memory()
    if needed > there:
        what = f"{count / 1e9:.1f} G weights" if count >= 1e9 else f"{count / 1e6:.1f} M weights"
        take = "with their gradients they take" if training else "they take"
        message = f"{program.name} has {what}: {take} {needed / 1e9:.1f} GB, and there are {there / 1e9:.1f} GB here"
        help = "`archspec summary` shows which layers have the most; make them smaller, or use a larger machine"
        raise stop("AS632", message, help=help)


def _kept_for_each(program: Program) -> int:
    """How many numbers training keeps for a weight beside itself: its gradient and its moving average."""
    section = program.train
    if section is None:
        return 0
    return 1 + (section.average is not None)


def memory() -> int:
    """The bytes of memory that this process may use at most."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [text for path in _LIMITS if path.is_file() and (text := path.read_text().strip()).isdecimal()]
    return min([whole, *map(int, limits)])
