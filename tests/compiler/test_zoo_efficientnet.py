"""EfficientNets have as many weights as Keras Applications counts."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"
TOTALS = {
    "b0": 5_330_571,
    "b1": 7_856_239,
    "b2": 9_177_569,
    "b3": 12_320_535,
    "b4": 19_466_823,
    "b5": 30_562_527,
    "b6": 43_265_143,
    "b7": 66_658_687,
}
"""What count_params() of Keras's networks says; 7 of each are the constants of its normalization."""


@pytest.mark.parametrize("size", TOTALS)
def test_parameters_are_those_that_keras_counts(size: str) -> None:
    program = compile_file(str(SPECS / f"efficientnet_{size}.yaml"), findings=Findings())
    assert program is not None
    assert sum(prod(variable.shape) for _, _, variable in program.graph.variables()) == TOTALS[size] - 7
