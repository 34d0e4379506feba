"""Networks of two sides, CycleGAN and pix2pix: they train from files, and each optimizer changes its own side alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step
from tests.runtime.test_tasks import ROOT, small, trained

pytestmark = pytest.mark.slow

SMALL = {
    "cyclegan": {"num_filters": "8", "num_resnet_blocks": "1", "discriminator_filters": "[8, 16, 16]"},
    "pix2pix": {
        "num_filters": "[8, 16, 16]",
        "decoder_keep_prob": "[0.5, 0, 0]",
        "discriminator_filters": "[8, 16, 16]",
    },
}
SIDES = {"cyclegan": ("discriminators", "generators"), "pix2pix": ("discriminator", "generator")}


def step_of(name: str, settings: Mapping[str, str]) -> Step:
    findings, whole = Findings(), {"image_size": "16", **SMALL[name], **settings}
    program = compile_file(str(ROOT / "specs" / f"{name}.yaml"), settings=whole, findings=findings)
    assert program is not None and program.train is not None and findings.items == [], findings.items
    return Step(lower(program.graph), program.train, Length(9, 3.0))


def values(step: Step) -> dict[str, np.ndarray]:
    return {name: np.asarray(variable) for name, variable in step.network.table.items()}


def changed(name: str, settings: Mapping[str, str]) -> tuple[set[str], set[str], dict[str, float]]:
    """(all variables, those that two steps have changed, the numbers of the last step)."""
    step, draw = step_of(name, settings), np.random.default_rng(0)
    before, numbers = values(step), {}
    for _ in range(2):
        batch = {key: draw.uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32) for key in step.reads.features}
        numbers = step.run(batch, tf.constant([0, step.steps_done], tf.int32), tf.zeros([2]))
    after = values(step)
    return set(before), {key for key, value in after.items() if not np.array_equal(value, before[key])}, numbers


@pytest.mark.parametrize("name", SMALL)
def test_each_optimizer_changes_its_own_side_alone(name: str) -> None:
    for side, other in (SIDES[name], reversed(SIDES[name])):
        there, found, _ = changed(name, {f"train.optimizers.{other}.adam": "0.0"})
        own = {key for key in there if f"{side.removesuffix('s').title()}/" in key}
        # A bias before an instance norm would not change, and there is none.
        assert found == own and own


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("cyclegan", "nn_upsample_conv"),
        ("cyclegan", "bilinear_upsample_conv"),
        ("pix2pix", "conv2d_transpose"),
    ],
)
def test_all_that_is_trained_changes_with_every_way_up(name: str, method: str) -> None:
    there, found, numbers = changed(name, {"upsample_method": method})
    assert found == there and np.isfinite(list(numbers.values())).all()


def test_losses_are_those_of_the_paper() -> None:
    """Of what the generators and discriminators make at the start, in NumPy; the optimizers' rates are 0."""
    step = step_of("cyclegan", {f"train.optimizers.{side}.adam": "0.0" for side in SIDES["cyclegan"]})
    draw = np.random.default_rng(1)
    batch = {key: draw.uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32) for key in ("x", "y")}
    numbers = step.run(batch, tf.constant([0, 0], tf.int32), tf.zeros([2]))
    names = ["again_x", "kept_y", "judged_y/logits", "ModelX2Y/Discriminator/logits"]
    made = {key: np.asarray(value) for key, value in step.network.forward(batch, names, training=True).outputs.items()}
    wanted = {
        "cycle_x": np.abs(made["again_x"] - batch["x"]).mean(),
        "identity_y": np.abs(made["kept_y"] - batch["y"]).mean(),
        "fool_y": np.square(made["judged_y/logits"] - 1).mean(),
        "fake_y": np.square(made["judged_y/logits"]).mean(),
        "real_y": np.square(made["ModelX2Y/Discriminator/logits"] - 1).mean(),
    }
    assert {key: numbers[f"loss/{key}"] for key in wanted} == pytest.approx(wanted, rel=1e-4)
    weights = {"cycle": 10, "identity": 5, "fool": 1, "fake": 0.5, "real": 0.5}
    total = sum(numbers[f"loss/{key}_{of}"] * weight for key, weight in weights.items() for of in "xy")
    assert numbers["loss"] == pytest.approx(total, rel=1e-5)


def pictures(folder: Path, names: list[str], size: tuple[int, int], kind: str) -> None:
    folder.mkdir(parents=True)
    draw = np.random.default_rng(len(names))
    for name in names:
        Image.fromarray(draw.integers(0, 256, (*size, 3)).astype(np.uint8)).save(folder / f"{name}.{kind}")


def test_pictures_of_two_folders_that_do_not_pair(tmp_path: Path) -> None:
    pictures(tmp_path / "horse2zebra/trainA", ["a1", "a2", "a3"], (20, 24), "jpg")
    pictures(tmp_path / "horse2zebra/trainB", ["zebra", "other"], (22, 18), "jpg")
    more = ", ".join(f"{key}: {value}" for key, value in SMALL["cyclegan"].items())
    spec = small(tmp_path, "cyclegan", f"hyperparameters: {{image_size: 16, {more}}}\n")
    metrics = trained(spec, "--steps", "2")
    assert [line["step"] for line in metrics] == [1, 2]
    assert all(np.isfinite(line["loss"]) and line["loss/cycle_y"] > 0 for line in metrics)


def test_pictures_that_pair_by_name(tmp_path: Path) -> None:
    pictures(tmp_path / "facades/labels", ["1", "2"], (20, 24), "png")
    pictures(tmp_path / "facades/photos", ["1", "2"], (20, 24), "jpg")
    more = ", ".join(f"{key}: {value}" for key, value in SMALL["pix2pix"].items())
    metrics = trained(small(tmp_path, "pix2pix", f"hyperparameters: {{image_size: 16, {more}}}\n"), "--steps", "2")
    assert all(np.isfinite(line["loss"]) and line["loss/pixels"] > 0 for line in metrics)
