"""What weights, biases and norms add to the loss: L1 and L2, by variable."""

from __future__ import annotations

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower

pytestmark = pytest.mark.slow

NET = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
defaults: {conv2d: {kernel: 3, l1: 0.1}}
layers:
- a: {conv2d: 4, l2: 0.2, norm: {group_norm: 2, gamma_l1: 0.3, gamma_l2: 0.4, beta_l2: 0.5}}
- b: {conv2d: 4, l1: 0, bias_l1: 0.6, bias_l2: 0.7}
- c: {conv2d: 4, bias_initializer: {constant: 1}}
- flatten
- d: {dense: 2}
"""


def test_penalties_are_l1_and_l2_of_each_variable() -> None:
    program = compile_file("net.yaml", findings=Findings(), text=NET)
    assert program is not None
    network, generator = lower(program.graph), np.random.default_rng(0)
    for variable in network.table.values():
        variable.assign(generator.uniform(-1, 1, variable.shape))
    factors = {
        "a/weights": (0.1, 0.2),
        "a/GroupNorm/gamma": (0.3, 0.4),
        "a/GroupNorm/beta": (0.0, 0.5),
        "b/biases": (0.6, 0.7),
        "c/weights": (0.1, 0.0),
    }
    assert network.penalties == factors
    expected = 0.0
    for name, (l1, l2) in factors.items():
        value = np.asarray(network.table[name], np.float64)
        expected += l1 * np.abs(value).sum() + l2 * 0.5 * (value**2).sum()
    np.testing.assert_allclose(network.regularization_loss(), expected, rtol=1e-5)
