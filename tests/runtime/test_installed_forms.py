"""One of everything from another package trains, evaluates and is saved, with the code that its forms name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.acme import CODE, SPEC, install
from tests.runtime.training import ENVIRONMENT, ROOT, losses, metrics, newest


def archspec(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | {"PYTHONPATH": f"{folder / 'site'}:{ROOT}"}
    start = [sys.executable, "-P", "-m", "archspec", *words]
    done = subprocess.run(start, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert "bug in archspec" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install(tmp_path / "site")
    (tmp_path / "net.yaml").write_text(SPEC)
    return tmp_path


def test_two_steps_are_those_that_its_code_makes(folder: Path) -> None:
    done = archspec(folder, "train", "net.yaml", "--run", "run", "--deterministic")
    assert done.returncode == 0, done.stderr
    first, second = losses(folder / "run")
    # The squares of probabilities of two classes lie between 0 and 2; equal logits give 0.5.
    assert 0 < first < 2 and 0 < second < 2
    [right] = [line["eval/right"] for line in metrics(folder / "run") if "eval/right" in line]
    assert 0 <= right <= 1
    np.testing.assert_allclose([line["lr"] for line in metrics(folder / "run") if "lr" in line], [0.01, 0.005], 1e-6)
    tensors = newest(folder / "run").tensors
    kernel = next(tensors[name] for name in tensors if name == "a/weights")
    stripes = np.broadcast_to(0.01 * np.arange(4, dtype=np.float32), kernel.shape)
    # Lion moves every weight by the rate in each step: 0.01, then half of it, and nothing where there is no gradient.
    moves = np.abs(kernel - stripes)
    assert np.isclose(moves[..., None], [0, 0.005, 0.01, 0.015], atol=1e-6).any(axis=-1).all(), np.unique(moves)


def test_code_that_is_not_there_is_a_sentence(folder: Path) -> None:
    (folder / "site" / "acme" / "code.py").write_text(CODE.replace("def open_shots", "def opened"))
    done = archspec(folder, "train", "net.yaml", "--run", "run")
    assert done.returncode == 1, done.stderr
    assert "AS751 `acme.code:open_shots`, the code of `acme.shots`, cannot be loaded: AttributeError" in done.stderr
    assert "install or repair the package that brings it" in done.stderr
