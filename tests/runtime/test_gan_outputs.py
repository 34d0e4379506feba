"""The generators and discriminators of TF-Slim: what its own code makes of formula weights and inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower

SPECS = Path(__file__).parents[2] / "specs"
TOLERANCE = 1e-4
"""Of the output, relative to its norm."""


@dataclass(frozen=True, slots=True)
class Case:
    """One of the two sides of a network: what it is fed, the end point, and the norm and first numbers of that."""

    spec: str
    settings: dict[str, str]
    feature: str
    shape: tuple[int, ...]
    endpoint: str
    norm: float
    first: tuple[float, ...]


def cyclegan(method: str, norm: float, first: tuple[float, ...]) -> Case:
    settings = {"upsample_method": method, "image_size": "64"}
    return Case("cyclegan", settings, "x", (1, 64, 64, 3), "ModelX2Y/Generator", norm, first)


def pix2pix(method: str, norm: float, first: tuple[float, ...]) -> Case:
    settings = {"upsample_method": method}
    return Case("pix2pix", settings, "given", (1, 256, 256, 3), "Generator/logits", norm, first)


CASES = [
    Case("dcgan", {}, "z", (2, 100), "Generator/logits", 11.21669, (-0.1658117, -0.154436, -0.05086529)),
    Case("dcgan", {}, "image", (2, 32, 32, 3), "Discriminator", 0.1594496, (0.1359423, 0.08332988)),
    cyclegan("conv2d_transpose", 83.62553, (0.7368841, -0.7442964, 0.1488664)),
    cyclegan("nn_upsample_conv", 67.37593, (-0.7335018, -0.1331639, 0.5019246)),
    cyclegan("bilinear_upsample_conv", 67.79813, (-0.5850384, -0.4044943, 0.797366)),
    Case(
        "cyclegan",
        {"image_size": "64"},
        "y",
        (1, 64, 64, 3),
        "ModelX2Y/Discriminator/logits",
        9.418278,
        (0.7188905, -1.038815, -0.2771789),
    ),
    pix2pix("nn_upsample_conv", 637.2066, (-2.031021, -0.5713273, 0.4520276)),
    pix2pix("conv2d_transpose", 697.5266, (-0.6963435, 1.073347, -1.021137)),
]
"""TF-Slim's own, its dropout taken out, the variables in the scopes that TF-GAN has for them."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.spec}-{case.endpoint}-{case.norm:g}")
def test_outputs_are_tf_slims(case: Case, formula: ModuleType) -> None:
    findings = Findings()
    program = compile_file(str(SPECS / f"{case.spec}.yaml"), settings=case.settings, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    network = lower(program.graph)
    for name, variable in network.table.items():
        variable.assign(formula.weight(name, tuple(variable.shape)))
    inputs = program.graph.inputs.values()
    fed = {each.name: np.zeros((case.shape[0], *each.shape), "float32") for each in inputs}
    fed[case.feature] = formula.batch(case.shape)
    found = network.forward(fed, [case.endpoint]).outputs[case.endpoint].numpy()
    assert np.linalg.norm(found) == pytest.approx(case.norm, rel=TOLERANCE)
    np.testing.assert_allclose(found.ravel()[: len(case.first)], case.first, rtol=0, atol=TOLERANCE * case.norm)
