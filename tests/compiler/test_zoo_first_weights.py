"""Every kernel of TF-Slim's networks begins here as there, with its weight decay, and so do batch norms.

Counted in TF-Slim's own graphs for training, under each family's default arg scope: the first values of a kernel by
their spread and bounds, the coefficients of its REGULARIZATION_LOSSES, decay and epsilon of its batch norms.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.language.forms.initializers import Initializer, TruncatedNormal, VarianceScaling
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"
XAVIER, HE, FAN_OUT = "glorot_uniform", "he_normal", "variance_scaling 2.0 fan_out"
Norm = tuple[float, float, bool]
INCEPTION, RESNET, MOBILE = (0.9997, 1e-3, False), (0.997, 1e-5, True), (0.997, 1e-3, True)
MOBILE_V1 = NAS = (0.9997, 1e-3, True)
VIDEO = (0.999, 1e-3, False)

FACTS: dict[str, tuple[dict[str | float, int], dict[float, int], Norm | None]] = {
    # Kernels by their first values (a number is the deviation of a truncated normal), variables by their L2, the norms.
    "alexnet_v2": ({XAVIER: 5, 0.005: 3}, {5e-4: 8}, None),
    "cifarnet": ({0.05: 2, 0.04: 2, 1 / 192: 1}, {4e-3: 2}, None),
    "lenet": ({0.1: 4}, {}, None),
    "overfeat": ({XAVIER: 5, 0.005: 3}, {5e-4: 8}, None),
    "vgg_a": ({XAVIER: 11}, {5e-4: 11}, None),
    "vgg_16": ({XAVIER: 16}, {5e-4: 16}, None),
    "vgg_19": ({XAVIER: 19}, {5e-4: 19}, None),
    "inception_v1": ({0.01: 57, HE: 1}, {4e-5: 58}, INCEPTION),
    "inception_v2": ({1.0: 2, 0.1: 9, 0.09: 20, HE: 40}, {4e-5: 69}, INCEPTION),
    "inception_v3": ({HE: 96, 0.01: 1, 0.001: 1}, {4e-5: 98}, INCEPTION),
    "inception_v4": ({HE: 151, XAVIER: 2}, {4e-5: 153}, INCEPTION),
    "inception_resnet_v2": ({XAVIER: 248}, {4e-5: 248 + 42}, INCEPTION),  # 42 are biases
    "resnet_v1_50": ({HE: 54}, {1e-4: 54}, RESNET),
    "resnet_v1_101": ({HE: 105}, {1e-4: 105}, RESNET),
    "resnet_v1_152": ({HE: 156}, {1e-4: 156}, RESNET),
    "resnet_v1_200": ({HE: 204}, {1e-4: 204}, RESNET),
    "resnet_v2_50": ({HE: 54}, {1e-4: 54}, RESNET),
    "resnet_v2_101": ({HE: 105}, {1e-4: 105}, RESNET),
    "resnet_v2_152": ({HE: 156}, {1e-4: 156}, RESNET),
    "resnet_v2_200": ({HE: 204}, {1e-4: 204}, RESNET),
    "mobilenet_v1": ({0.09: 28}, {4e-5: 15}, MOBILE_V1),  # here and below depthwise kernels have no L2
    "mobilenet_v1_075": ({0.09: 28}, {4e-5: 15}, MOBILE_V1),
    "mobilenet_v1_050": ({0.09: 28}, {4e-5: 15}, MOBILE_V1),
    "mobilenet_v1_025": ({0.09: 28}, {4e-5: 15}, MOBILE_V1),
    "mobilenet_v2": ({0.09: 53}, {4e-5: 36}, MOBILE),
    "mobilenet_v2_140": ({0.09: 53}, {4e-5: 36}, MOBILE),
    "mobilenet_v2_035": ({0.09: 53}, {4e-5: 36}, MOBILE),
    "mobilenet_v3_large": ({0.09: 64}, {4e-5: 49}, MOBILE),
    "mobilenet_v3_small": ({0.09: 54}, {4e-5: 43}, MOBILE),
    "mobilenet_v3_large_minimalistic": ({0.09: 48}, {4e-5: 33}, MOBILE),
    "mobilenet_v3_small_minimalistic": ({0.09: 36}, {4e-5: 25}, MOBILE),
    "mobilenet_edgetpu": ({0.09: 59}, {4e-5: 46}, MOBILE),
    "mobilenet_edgetpu_075": ({0.09: 59}, {4e-5: 46}, MOBILE),
    "nasnet_cifar": ({FAN_OUT: 450}, {5e-4: 450}, (0.9, 1e-5, True)),
    "nasnet_mobile": ({FAN_OUT: 360}, {4e-5: 360}, NAS),
    "nasnet_large": ({FAN_OUT: 492}, {5e-5: 492}, NAS),
    "pnasnet_mobile": ({FAN_OUT: 299}, {4e-5: 299}, NAS),
    "pnasnet_large": ({FAN_OUT: 377}, {4e-5: 377}, NAS),
    "i3d": ({0.01: 57, XAVIER: 1}, {1e-7: 58}, VIDEO),
    "s3dg": ({0.01: 94, "dirac": 19, XAVIER: 1}, {1e-7: 114}, VIDEO),
}


def kind(initializer: Initializer) -> str | float:
    """An initializer as the table writes it."""
    if isinstance(initializer, TruncatedNormal):
        return initializer.stddev
    if isinstance(initializer, VarianceScaling):
        return f"variance_scaling {initializer.factor} {initializer.mode}"
    return initializer.NAME


@pytest.mark.parametrize("name", FACTS)
def test_first_weights_decay_and_norms_are_tf_slims(name: str) -> None:
    findings = Findings()
    program = compile_file(str(SPECS / f"{name}.yaml"), settings={}, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    variables = [variable for _, _, variable in program.graph.variables()]
    norms: list[Any] = [node.op for node in program.graph.nodes.values() if node.op.NAME == "batch_norm"]

    kernels, regularised, norm = FACTS[name]
    assert Counter(kind(v.initializer) for v in variables if v.name.endswith("weights")) == kernels
    assert Counter(v.l2 for v in variables if v.l2) == regularised
    assert {(op.decay, op.epsilon, op.scale) for op in norms} == ({norm} if norm else set())


def test_the_table_has_all_forty() -> None:
    assert len(FACTS) == 40
