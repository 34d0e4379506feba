"""The first lines of a training: what is trained, on what, where, and for how long."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

from archspec.runtime import distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.loop import Plan

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def introduction(program: Program, plan: Plan, start: int) -> dict[str, str]:
    """What it is, by name, in the order in which it is said."""
    weights = {"weights": str(plan.run.initialized)} if plan.run.initialized is not None else {}
    return {
        "data": about(plan.data),
        "evaluated on": str(plan.scoring) if plan.scoring is not None else "nothing",
        "network": _network(program),
        **weights,
        "device": _device(),
        **numbers(program, bool(tf.config.get_visible_devices("GPU"))),
        "length": _length(plan, start),
        "run": str(plan.run.folder),
    }


def about(data: Dataset) -> str:
    """`flowers (train), 861 images, 5 classes: daisy, dandelion, …`."""
    return f"{data}, {data.summary}"


def numbers(program: Program, gpus: bool, flags: Callable[[], set[str]] | None = None) -> dict[str, str]:
    """The type of a program's precision, where it says one, and whether the processor has no instructions for it."""
    if program.precision == "float32":
        return {}
    there = gpus or bool((flags or processor_flags)() & {"avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"})
    slow = "" if there else "; this processor has no instructions for it: float32 takes less time"
    return {"numbers": f"{program.precision}, and float32 for statistics, losses and variables{slow}"}


def processor_flags() -> set[str]:
    """What Linux says that the processor can do; nothing where it does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.split(":")[1].split()}


def _network(program: Program) -> str:
    count = sum(math.prod(variable.shape) for _, _, variable in program.graph.variables() if variable.trainable)
    return f"{program.graph.name or program.name}, {count:,} parameters"


def _device() -> str:
    gpus = tf.config.get_visible_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    device = ", ".join(names) or f"CPU, {len(os.sched_getaffinity(0))} cores"
    return device if distribute.size() == 1 else f"{distribute.size()} ranks, {device} on the first"


def _length(plan: Plan, start: int) -> str:
    length, batch, ranks = plan.length, plan.state.train.batch, distribute.size()
    epochs = length.steps / length.steps_per_epoch
    shared = f" ({batch // ranks} on each rank)" if ranks > 1 else ""
    begun = f", after step {start}" if start else ""
    return f"{length.steps} steps of {batch}{shared}, {epochs:.3g} epochs{begun}"
