"""What to say when a training step fails: its data, its numbers."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from archspec.diagnostics import Stop, stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.order import order_of
from archspec.runtime.finite import first_non_finite
from archspec.runtime.step import Step


def data_error(problem: tf.errors.OpError, data: Dataset, state: Step, step: int) -> Stop | None:
    """What to say where an example of this step cannot be read; batches come in order, so it is one of its own."""
    order = order_of(data, state.train.batch, state.train.seed, state.train.data.batches)
    return explain_data_error(problem, data, order.indices(step))


def not_finite(state: Step, images: Any, seed: Any, step: int, loss: float) -> Stop:
    """What to say of a step whose loss or gradient is NaN or infinite."""
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    return diverged(state, f"{what} in step {step}", first_non_finite(state.network, images, training=True, seed=seed))


def diverged(state: Step, what: str, where: str | None) -> Stop:
    """What to say of a NaN or infinity in a node or variable, which stands in the spec at its layer's line."""
    owners = {name: node for name, node, _ in state.network.graph.variables()}
    node = state.network.graph.nodes.get(where or "") or owners.get(where or "")
    place = f"; the first layer with a NaN or infinity is {node.layer if node else where}" if where else ""
    help = "a smaller learning rate, a warmup, or clip_norm; the checkpoints written before are whole"
    return stop("AS736", what + place, span=node.span if node else None, help=help)
