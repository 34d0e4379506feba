"""Two ranks make the step that one makes: losses with masks and weights, several optimizers, drawn inputs."""

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
from tests.runtime.test_step_losses import BATCH, FACES, GAN, made
found, part = {}, 4 // distribute.size()
start = distribute.rank() * part
for text, features in ((FACES, ("x", "label", "years", "years.known", "important")), (GAN, ("real",))):
    step = made(text)
    batch = {"real": BATCH["x"][:, :2], **BATCH}
    for number in range(3):
        mine = {name: batch[name][start : start + part] for name in features}
        numbers = step.run(mine, tf.constant([0, number]), tf.constant([float(start > 0), 0.0]))
    found |= {f"{len(found)} {name}": np.asarray(value) for name, value in {**numbers, **step.state()}.items()}
if distribute.rank() == 0:
    np.savez(sys.argv[1], **{name.replace("/", " "): value for name, value in found.items()})
"""


@needs_horovod
def test_masked_losses_and_two_optimizers_on_two_ranks(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text(STEPS)
    python = ["env", f"PYTHONPATH={ROOT}", sys.executable, str(tmp_path / "steps.py")]
    assert finished([*python, str(tmp_path / "one.npz")]).returncode == 0
    done = finished([str(HOROVODRUN), "-np", "2", "--gloo", *python, str(tmp_path / "two.npz")])
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "one.npz") as one, np.load(tmp_path / "two.npz") as two:
        # In each half of the batch other examples are masked, and have other weights.
        assert set(one) == set(two) and any("loss age" in name for name in one)
        for name, value in one.items():
            if not name.endswith("stop"):
                np.testing.assert_allclose(two[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
        assert all(value > 0 for name, value in two.items() if name.endswith("stop"))
