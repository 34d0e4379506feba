"""docs/checkpoints.md says what is true: its sessions run, in order, on a run of the page's own network.

The fast tier collects this file without NumPy, so the functions import it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Example, check, examples, save

PAGE = (ROOT / "docs" / "checkpoints.md").read_text()
EXAMPLES = examples(PAGE)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's specs and map, a run of net.yaml, and its weights as PyTorch lays them out."""
    import numpy as np

    from archspec.compiler.program import compile_file
    from archspec.diagnostics import Findings
    from archspec.runtime import checkpoint
    from archspec.runtime.lower import lower
    from archspec.weights import safetensors

    folder = tmp_path_factory.mktemp("checkpoints")
    save(EXAMPLES, folder)
    found = re.search(r"\n((?:    .*\n)+)", PAGE)
    assert found is not None, "the page shows a map"
    (folder / "map.yaml").write_text(re.sub("(?m)^    ", "", found[1]))
    program = compile_file(str(folder / "net.yaml"), findings=Findings())
    assert program is not None
    weights = {name: np.asarray(value) for name, value in lower(program.graph).table.items()}
    checkpoint.save(folder / "runs" / "net", 100, weights | {"global_step": np.asarray(100)}, {})
    torch = {"fc.weight": weights["Small/Logits/weights"].T, "fc.bias": weights["Small/Logits/biases"]}
    leaves = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    for number in (0, 1):
        layer = f"Small/conv{number + 1}"
        torch[f"features.{number}.weight"] = weights[f"{layer}/weights"].transpose(3, 2, 0, 1)
        torch |= {f"norms.{number}.{theirs}": weights[f"{layer}/BatchNorm/{ours}"] for theirs, ours in leaves.items()}
        torch[f"norms.{number}.num_batches_tracked"] = np.asarray(7)
    with (folder / "torch.safetensors").open("wb") as file:
        safetensors.write(file, torch, {"format": "pt"})
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example, workplace: Path) -> None:
    check(example, workplace)


def test_every_fence_is_an_example() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") / 2 == 6


def test_the_converted_weights_are_those_of_the_run(workplace: Path) -> None:
    from archspec.runtime.weights.read import open_weights
    from archspec.weights.compare import compare

    found = compare(open_weights(str(workplace / "runs" / "net")), open_weights(str(workplace / "ours.ckpt")))
    assert found.same and len(found.equal) == 12
