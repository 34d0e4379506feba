"""The other networks of TF-Slim, on small pictures: the logits that its own code computes from formula weights."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower

SPECS = Path(__file__).parents[2] / "specs"
LOGITS: dict[str, tuple[tuple[int, ...], float, tuple[float, float, float]]] = {
    # The shape of one picture or clip, the norm of its 1001 logits, the first three of them.
    "overfeat": ((231, 231, 3), 68.53568, (1.168213, -0.3883066, 1.577536)),
    "vgg_a": ((224, 224, 3), 104.5242, (-2.444558, 1.081657, -1.843184)),
    "vgg_19": ((224, 224, 3), 86.57816, (-0.7726116, -0.3518644, 0.3888955)),
    "inception_v2": ((96, 96, 3), 33.32946, (0.6522628, 1.771457, 0.150766)),
    "inception_v4": ((139, 139, 3), 10.17394, (-0.05946883, -0.007216796, -0.06461526)),
    "inception_resnet_v2": ((139, 139, 3), 147.803, (5.652919, -6.204031, 0.4105524)),
    "resnet_v1_101": ((96, 96, 3), 5052190.0, (159444.7, -41343.24, -75329.45)),
    "resnet_v1_152": ((96, 96, 3), 1456498000.0, (19674960.0, 87155070.0, -16853600.0)),
    "resnet_v1_200": ((96, 96, 3), 1128118000000.0, (26634860000.0, -37795780000.0, 46441910000.0)),
    "resnet_v2_101": ((96, 96, 3), 319197.0, (-19285.28, -7521.995, 555.5458)),
    "resnet_v2_152": ((96, 96, 3), 33142890.0, (-2108574.0, 1217534.0, -101201.5)),
    "resnet_v2_200": ((96, 96, 3), 1788495000.0, (9907593.0, 53866950.0, -23453530.0)),
    "mobilenet_v1": ((96, 96, 3), 10.49782, (0.2240181, 0.4483955, -0.3812368)),
    "mobilenet_v1_075": ((96, 96, 3), 14.13777, (0.4869543, -0.1495282, -0.1094723)),
    "mobilenet_v1_050": ((96, 96, 3), 10.18178, (-0.2904181, -0.1584529, -0.5141022)),
    "mobilenet_v2": ((96, 96, 3), 78.83035, (4.947376, 0.5708518, 2.427528)),
    "mobilenet_v2_140": ((96, 96, 3), 78.35347, (2.554389, -0.7723852, 1.256767)),
    "mobilenet_v3_large": ((96, 96, 3), 94.43234, (2.68104, 1.111899, 0.4083934)),
    "mobilenet_v3_large_minimalistic": ((96, 96, 3), 8021.979, (193.0973, 538.115, 262.6924)),
    "mobilenet_v3_small_minimalistic": ((96, 96, 3), 1274.558, (-33.7909, -4.75024, 20.40975)),
    "mobilenet_edgetpu": ((96, 96, 3), 51178.98, (-2.818651, -546.9213, -1382.47)),
    "mobilenet_edgetpu_075": ((96, 96, 3), 37676.97, (-1805.151, 330.6411, 549.8988)),
    "nasnet_cifar": ((32, 32, 3), 195244.3, (2333.438, -1005.676, 3086.077)),
    "nasnet_large": ((96, 96, 3), 164907.1, (10717.26, -623.523, 2162.613)),
    "pnasnet_mobile": ((96, 96, 3), 98496.49, (1339.906, 84.49668, 513.6911)),
    "pnasnet_large": ((96, 96, 3), 2435387.0, (156102.0, -95272.45, -34163.65)),
    "i3d": ((16, 64, 64, 3), 54.16807, (1.576228, -1.348356, -3.877143)),
    "s3dg": ((16, 64, 64, 3), 4.012249, (0.09340226, 0.01122624, -0.235666)),
}
TOLERANCE = 1e-4
"""Of the logits, relative to their norm."""


@pytest.fixture(autouse=True)
def freed() -> Iterator[None]:
    """One network's weights are gone before the next comes."""
    yield
    keras.backend.clear_session()
    gc.collect()


@pytest.mark.parametrize("name", LOGITS)
def test_logits_are_tf_slims(name: str, formula: ModuleType) -> None:
    shape, norm, first = LOGITS[name]
    entry = "clip" if len(shape) == 4 else "image"
    settings = {"num_classes": "1001", f"inputs.{entry}.shape": str(list(shape))}
    findings = Findings()
    program = compile_file(str(SPECS / f"{name}.yaml"), settings=settings, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]

    graph = program.graph.ending_at([program.graph.output])
    network = lower(graph)
    for full, variable in network.table.items():
        variable.assign(formula.weight(full, tuple(variable.shape)))
    end = "Logits" if "Logits" in graph.endpoints else "fc8"
    # As one function, which frees what it no longer needs.
    found = tf.function(lambda x: network.endpoints(x, [end])[end])(formula.batch((1, *shape))).numpy()

    assert found.shape == (1, 1001)
    assert np.linalg.norm(found) == pytest.approx(norm, rel=TOLERANCE)
    np.testing.assert_allclose(found[0, :3], first, rtol=0, atol=TOLERANCE * norm)
