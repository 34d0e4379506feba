"""What to say when a training step fails: its data, its numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from archspec.compiler.graph.graph import Graph, Node
from archspec.diagnostics import Stop, stop
from archspec.runtime import distribute, memory
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.order import order_of
from archspec.runtime.finite import first_non_finite
from archspec.runtime.lower import scope_of
from archspec.runtime.named import Features
from archspec.runtime.outside import find, no_class
from archspec.runtime.step import Step

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def data_error(problem: tf.errors.OpError, data: Dataset, state: Step, step: int) -> Stop | None:
    """What to say where an example of this step cannot be read; batches come in order, so it is one of its own."""
    order = order_of(data, state.train.batch, state.train.seed, state.train.data.batches)
    return explain_data_error(problem, data, order.indices(step))


@contextmanager
def with_enough_memory(program: Program) -> Iterator[None]:
    """A block that ends with a Stop where memory runs out: which layer, and which batch should fit."""
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as problem:
        raise out_of_memory(str(problem), program) from None


def out_of_memory(message: str, program: Program) -> Stop:
    """What to say where TensorFlow or Python gets no memory, from their own message."""
    graph, section = program.graph, program.train
    if memory.needed(graph, 0) > memory.there():
        return _too_large(graph)
    node = _node_in(message, graph)
    place = f" in {node.layer}" if node is not None else ""
    batch = section.batch if section is not None else 1
    smaller = memory.fitting_batch(graph, batch, distribute.size())
    help = f"a batch of {smaller} should fit: --batch {smaller}" if smaller else "use a machine with more memory"
    what = f"there is not enough memory{place} for a batch of {batch}"
    return stop("AS746", what, span=node.span if node is not None else None, help=help)


def _too_large(graph: Graph) -> Stop:
    """What to say of a network whose weights alone do not fit."""
    sizes = {node.layer: 0 for node in graph.nodes.values()}
    for _, node, variable in graph.variables():
        sizes[node.layer] += math.prod(variable.shape)
    largest = max(graph.nodes.values(), key=lambda node: sizes[node.layer])
    wanted, there = (f"{size / 1e9:.1f} GB" for size in (memory.needed(graph, 0), memory.there()))
    message = (
        f"the weights of {graph.name} take {wanted} in training, and there are {there}; most are in {largest.layer}"
    )
    return stop("AS746", message, span=largest.span, help="make this layer smaller, or use a machine with more memory")


def _node_in(message: str, graph: Graph) -> Node | None:
    """The node of the graph whose operation a message of TensorFlow's names: {{node gradient_tape/conv1/Conv2D}}."""
    named = [name.removeprefix("gradient_tape/") for name in re.findall(r"\bnode '?([^\s'}]+)", message)]
    scopes = {scope_of(node.path): node for node in graph.nodes.values()}
    found = [scope for scope in scopes for name in named if f"/{name}/".find(f"/{scope}/") >= 0]
    return scopes[max(found, key=len)] if found else None


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
