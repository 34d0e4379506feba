"""How much memory training takes, and how much there is."""

from __future__ import annotations

import math
import os
import resource
from typing import TYPE_CHECKING

import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program

_FLOAT = 4
"""Bytes of a number."""


def needed(graph: Graph, batch: int) -> int:
    """About how many bytes a step takes: each output and its gradient, weights with gradients, slots and averages."""
    outputs = sum(math.prod(size or 1 for size in node.shape) for node in graph.nodes.values())
    weights = sum(math.prod(variable.shape) for _, _, variable in graph.variables())
    return _FLOAT * (2 * batch * outputs + 4 * weights)


def fitting_batch(graph: Graph, batch: int, ranks: int) -> int:
    """The largest batch, halved from one that did not fit, whose step should fit; 0 where none does."""
    free, smaller = there(), batch // 2
    while smaller >= ranks and (smaller % ranks or needed(graph, smaller // ranks) > free):
        smaller //= 2
    return smaller if smaller >= ranks else 0


def check_memory(program: Program, *, training: bool = True) -> None:
    """Raise Stop where the weights alone, in training with a gradient each, are more than the memory: before any is."""
    count = sum(math.prod(variable.shape) for _, _, variable in program.graph.variables())
    wanted, most = count * _FLOAT * (2 if training else 1), there()
    if wanted > most:
        what = f"{count / 1e9:.1f} G weights" if count >= 1e9 else f"{count / 1e6:.1f} M weights"
        take = "with their gradients they take" if training else "they take"
        sizes = f"{wanted / 1e9:.1f} GB, and there are {most / 1e9:.1f} GB here"
        message = f"{program.graph.name} has {what}: {take} {sizes}"
        help = "`archspec summary` shows which layers have the most; make them smaller, or use a larger machine"
        raise stop("AS632", message, help=help)


def there() -> float:
    """The bytes of one rank: the GPU's, or its part of this machine's."""
    if tf.config.list_logical_devices("GPU"):
        return _gpu_bytes()
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    whole = whole if limit == resource.RLIM_INFINITY else min(whole, limit)
    return whole / int(os.environ.get("HOROVOD_LOCAL_SIZE", "1"))


def _gpu_bytes() -> float:
    """The memory limit of the GPU that this rank has."""
    from tensorflow.python.client.device_lib import list_local_devices

    return float(next(device.memory_limit for device in list_local_devices() if device.device_type == "GPU"))
