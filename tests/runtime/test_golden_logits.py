"""Networks of the zoo compute what TF-Slim's own code computed once from the same weights and inputs."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

from archspec.compiler.program import Program, compile_file, variants
from archspec.diagnostics import Findings
from archspec.runtime.ends import node_path
from archspec.runtime.lower import lower
from archspec.runtime.predict import scores_endpoint

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT.parent / "shared" / "golden"
TOLERANCE = {"nasnet_mobile": 1e-3}
"""Of the logits, relative to their norm, where it is not 1e-4."""


def networks() -> dict[str, str]:
    """{golden name: SPEC or SPEC#variant} of the specs with recorded logits."""
    paths = sorted((ROOT / "specs").glob("*.yaml"))
    found = {name: f"{path}#{name}" for path in paths for name in variants(str(path), Findings())}
    found |= {path.stem: str(path) for path in paths}
    return {name: spec for name, spec in found.items() if (GOLDEN / "logits" / f"{name}.json").is_file()}


NETWORKS = networks()


@pytest.fixture(autouse=True)
def freed() -> Iterator[None]:
    """VGG's weights are gone before the next network comes."""
    yield
    keras.backend.clear_session()
    gc.collect()


def compiled(name: str, golden: dict[str, Any]) -> Program:
    findings = Findings()
    settings = {"num_classes": str(golden["num_classes"])}
    program = compile_file(NETWORKS[name], settings=settings, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    return program


def logits_of(program: Program) -> str:
    """The end point that the loss of the main line reads, Logits without one."""
    names = [loss.logits for loss in (program.train.losses if program.train else {}).values()]
    main = [name for name in names if node_path(program.graph, name) not in program.graph.heads.values()]
    return next(iter(main), "Logits")


def ours(program: Program, golden_name: str) -> str | None:
    """Our end point of TF-Slim's name, which may begin with the network's."""
    candidates = golden_name, golden_name.removeprefix(f"{program.graph.name}/")
    known = program.graph.endpoints | program.graph.heads
    return next((name for name in candidates if name in known), None)


@pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden logits at {GOLDEN}")
def test_the_zoo_meets_golden_logits() -> None:
    assert NETWORKS, "no spec has a golden file's name"


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_and_endpoints_are_tf_slims(name: str, formula: ModuleType) -> None:
    golden = json.loads((GOLDEN / "logits" / f"{name}.json").read_text())
    program = compiled(name, golden)
    network = lower(program.graph)
    for full, variable in network.table.items():
        variable.assign(formula.weight(full, tuple(variable.shape)))
    images = formula.batch(tuple(golden["input_shape"]))

    logits_name = logits_of(program)
    matched = {theirs: ours(program, theirs) for theirs in golden["endpoints"]}
    wanted = {name for name in matched.values() if name} | {logits_name}
    found = network.endpoints(images, sorted(wanted))

    logits = found[logits_name].numpy()
    assert logits.shape == (golden["input_shape"][0], golden["num_classes"])
    tolerance = TOLERANCE.get(name, 1e-4) * golden["logits_l2"]
    assert np.linalg.norm(logits) == pytest.approx(golden["logits_l2"], abs=tolerance)
    np.testing.assert_allclose(logits.ravel()[:10], golden["logits_first10"], rtol=0, atol=tolerance)
    assert logits.argmax(-1).tolist() == golden["logits_argmax"]

    wrong = {
        f"{theirs} ({mine})": differing
        for theirs, mine in matched.items()
        if mine and (differing := differences(found[mine].numpy(), golden["endpoints"][theirs]))
    }
    assert not wrong
    assert scores_endpoint(program) is not None


def differences(array: np.ndarray, golden: dict[str, Any]) -> list[str]:
    """What is not as recorded of one end point."""
    found = []
    if list(array.shape) != golden["shape"]:
        found.append(f"shape {list(array.shape)}, not {golden['shape']}")
    scale = abs(golden["mean"]) + golden["std"]
    for what, value in (("mean", array.mean(dtype=np.float64)), ("std", array.std(dtype=np.float64))):
        if abs(value - golden[what]) > 1e-3 * scale:
            found.append(f"{what} {value:.6g}, not {golden[what]:.6g}")
    return found
