"""Batch norm over the examples of all ranks: two ranks with half of a batch each make the step of one with all of it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.runtime.training import HOROVODRUN, ROOT, finished, needs_horovod

STEPS = """import sys
import numpy as np
import tensorflow as tf
from archspec.runtime import distribute
distribute.start()
from tests.runtime.test_step_losses import made
NET = '''archspec: 1
name: Net
defaults: {batch_norm: {synchronized: SYNCHRONIZED, decay: 0.9}}
inputs: {x: {shape: [3]}}
layers: [a: {dense: 5, norm: batch_norm, activation: tanh}, b: {batch_norm, renorm: true, r_max: 1.5}, kind: {dense: 3}]
train:
  data: {arrays: d.npz, features: {x: {numbers: [x], count: 3}, label: {class: y}}}
  losses: {kind: {softmax_cross_entropy: kind, target: label}}
  optimizer: {sgd: 0.5}
  batch: 8
  steps: 9
'''
draw, part = np.random.default_rng(3), 8 // distribute.size()
step = made(NET.replace("SYNCHRONIZED", sys.argv[2]))
for number in range(4):
    batch = {"x": draw.normal(2, 3, (8, 3)).astype("float32"), "label": draw.integers(0, 3, 8).astype("int32")}
    start = distribute.rank() * part
    mine = {name: values[start : start + part] for name, values in batch.items()}
    numbers = step.run(mine, tf.constant([0, number]), tf.constant([0.0, 0.0]))
if distribute.rank() == 0:
    found = {name: np.asarray(value) for name, value in {**numbers, **step.state()}.items()}
    np.savez(sys.argv[1], **{name.replace("/", " "): value for name, value in found.items()})
"""


def trained(folder: Path, name: str, synchronized: str, ranks: int) -> dict[str, np.ndarray]:
    """What the first rank has after four steps."""
    (folder / "steps.py").write_text(STEPS)
    launched = [str(HOROVODRUN), "-np", str(ranks), "--gloo"] if ranks > 1 else []
    python = ["env", f"PYTHONPATH={ROOT}", sys.executable, str(folder / "steps.py")]
    done = finished([*launched, *python, str(folder / name), synchronized])
    assert done.returncode == 0, done.stderr
    with np.load(folder / name) as arrays:
        return dict(arrays)


@needs_horovod
def test_two_ranks_are_one_where_norms_are_synchronized(tmp_path: Path) -> None:
    one = trained(tmp_path, "one.npz", "true", 1)
    two = trained(tmp_path, "two.npz", "true", 2)
    apart = trained(tmp_path, "apart.npz", "false", 2)
    assert set(one) == set(two) and any("renorm_stddev" in name for name in one)
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    assert not np.allclose(apart["Net a weights"], one["Net a weights"], rtol=1e-2)
