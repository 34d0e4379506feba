"""What to say when a training step fails: its data, its numbers."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from archspec.compiler.graph.graph import Node
from archspec.diagnostics import Stop, stop
from archspec.runtime import distribute
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.order import step_indices
from archspec.runtime.finite import first_non_finite
from archspec.runtime.lower import scope_of
from archspec.runtime.named import Features
from archspec.runtime.outside import find, no_class
from archspec.runtime.step import Step


def data_error(problem: tf.errors.OpError, data: Dataset, state: Step, step: int) -> Stop | None:
    """What to say where an example of this step cannot be read; batches come in order, so it is one of its own."""
    indices = step_indices(data.size, state.train.batch, seed=state.train.seed, step=step)
    return explain_data_error(problem, data, indices)


def out_of_memory(problem: tf.errors.OpError, state: Step, step: int) -> Stop | None:
    """What to say where the device has no memory for a batch; None where that is not the matter."""
    if not isinstance(problem, tf.errors.ResourceExhaustedError):
        return None
    batch, ranks = state.train.batch, distribute.size()
    node = _node_in(problem.message, state)
    where = f" at {node.layer}" if node is not None else ""
    message = f"there is not enough memory for step {step} with {batch // ranks} examples on a rank{where}"
    smaller = batch // 2 // ranks * ranks
    fits = f"--batch {smaller} may fit" if smaller else "one example is too much: make the network or its input smaller"
    span = node.span if node is not None else None
    return stop("AS633", message, span=span, help=f"{fits}; more ranks share a batch as well")


def _node_in(text: str, state: Step) -> Node | None:
    """The node whose operation TensorFlow names in a message, by the longest scope that fits."""
    graph = state.network.graph
    found = [node for node in graph.nodes.values() if f"{scope_of(node.path)}/" in text]
    return max(found, key=lambda node: len(node.path), default=None)


def outside(state: Step, data: Dataset, batch: Features, step: int) -> Stop:
    """What to say of a step with a target that is no class of the network; on the rank that has it, which example."""
    found = find(state.train.losses, state.network.graph, batch)
    if found is not None:
        return no_class(found, data, data.place)
    return stop("AS743", f"another rank has an example in step {step} whose target is no class of the network")


def not_finite(state: Step, batch: Features, seed: Any, step: int, loss: float) -> Stop:
    """What to say of a step whose loss or gradient is NaN or infinite."""
    what = f"the loss is {loss}" if not math.isfinite(loss) else "a gradient is not finite"
    where = first_non_finite(state.network, state.inputs(batch), training=True, seed=seed)
    return diverged(state, f"{what} in step {step}", where)


def diverged(state: Step, what: str, where: str | None) -> Stop:
    """What to say of a NaN or infinity in a node or variable, which stands in the spec at its layer's line."""
    owners = {name: node for name, node, _ in state.network.graph.variables()}
    node = state.network.graph.nodes.get(where or "") or owners.get(where or "")
    place = f"; the first layer with a NaN or infinity is {node.layer if node else where}" if where else ""
    help = "a smaller learning rate, a warmup, or clip_norm; the checkpoints written before are whole"
    return stop("AS736", what + place, span=node.span if node else None, help=help)
