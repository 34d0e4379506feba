"""Networks as a newcomer writes them compute what their graphs say, and learn: two steps on made data, all in one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower

CASES = sorted((Path(__file__).parents[1] / "cases" / "newcomers").glob("*.yaml"))
BATCH = 2
UNKNOWN = 12
"""What a size is that the spec leaves open."""

pytestmark = pytest.mark.slow


def made_inputs(graph: Graph) -> dict[str, Any]:
    """A batch for every input: numbers around zero, or small whole numbers where it takes those."""
    generator, found = np.random.default_rng(0), {}
    for name, given in graph.inputs.items():
        shape = (BATCH, *(UNKNOWN if size is None else size for size in given.shape))
        whole = given.dtype.startswith("int")
        found[name] = generator.integers(0, 9, shape) if whole else generator.normal(size=shape)
        found[name] = found[name].astype(given.dtype)
    return found


def stepped(network: Network, inputs: dict[str, Any], names: list[str]) -> list[float]:
    """How far all ends are from one, squared, before each of two steps down; every weight must have a gradient."""
    optimizer, losses = keras.optimizers.Adam(1e-3), []
    seed = tf.constant([1, 2])

    @tf.function(autograph=False)
    def slopes() -> Any:
        with tf.GradientTape() as tape:
            made = network.forward(inputs, names, training=True, seed=seed)
            loss = tf.add_n([tf.reduce_mean(tf.square(y - 1.0)) for y in made.outputs.values()])
        return loss, tape.gradient(loss, [variable.value for variable in network.trainable_variables])

    for _ in range(2):
        loss, gradients = slopes()
        missing = [v.path for v, g in zip(network.trainable_variables, gradients, strict=True) if g is None]
        assert missing == []
        assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in gradients)
        optimizer.apply(gradients, network.trainable_variables)
        losses.append(float(loss))
    return losses


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_network_computes_its_shapes_and_learns(path: Path) -> None:
    program = compile_file(str(path), findings=Findings())
    assert program is not None
    network, graph = lower(program.graph, seed=1), program.graph
    inputs, names = made_inputs(graph), list(dict.fromkeys([*graph.ends, *graph.heads.values()]))
    for name, found in network.endpoints(inputs, names).items():
        declared = graph.shape(name)
        assert [size for size, said in zip(found.shape[1:], declared, strict=True) if said is not None] == [
            said for said in declared if said is not None
        ]
    losses = stepped(network, inputs, names)
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]
