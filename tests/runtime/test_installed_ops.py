"""An op of another package computes what its class says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.acme import OP
from tests.runtime.training import ENVIRONMENT, ROOT

RUN = """
import sys
import numpy as np
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower

program = compile_file("net.yaml", findings=Findings())
network = lower(program.graph)
np.save("out.npy", np.asarray(network.endpoints(np.load("in.npy"), ["scaled"])["scaled"]))
"""


def test_it_computes_what_its_class_says(tmp_path: Path) -> None:
    (tmp_path / "acme-1.0.dist-info").mkdir()
    (tmp_path / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (tmp_path / "acme-1.0.dist-info" / "entry_points.txt").write_text("[archspec.ops]\nacme = acme_ops\n")
    (tmp_path / "acme_ops.py").write_text(OP)
    layers = "layers: [scaled: {acme.scaled: 3}]"
    (tmp_path / "net.yaml").write_text(f"archspec: 1\ninputs: {{image: {{shape: [4, 4, 3]}}}}\n{layers}\n")
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    np.save(tmp_path / "in.npy", images)
    environment = ENVIRONMENT | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, env=environment, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), images * 3)
