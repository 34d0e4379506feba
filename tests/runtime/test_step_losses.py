"""Losses with targets, masks and weights, and several optimizers, against the same networks in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower
from archspec.runtime.named import Reads
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step

Arrays = dict[str, np.ndarray]

FACES = """archspec: 1
name: Net
inputs: {x: {shape: [3]}}
layers: [kind: {dense: 3, l2: 0.1}, age: {dense: 1, from: x, l2: 0.2}]
outputs: {kind: kind, age: age}
train:
  data: {arrays: d.npz, features: {x: {numbers: [x], count: 3}, label: {class: y}, years: {number: a, missing: -1},
    important: {number: w}}}
  losses:
    kind: {softmax_cross_entropy: kind, target: label, class_weights: [1, 2, 4], sample_weight: important, weight: 0.5}
    age: {huber: age, target: years, mask: years.known, delta: 100, weight: 2}
  optimizer: {sgd: 0.1}
  batch: 4
  steps: 9
"""

DRAW = np.random.default_rng(3)
BATCH: Arrays = {
    "x": DRAW.normal(size=(4, 3)).astype(np.float32),
    "label": np.array([0, 2, 1, 2], np.int32),
    "years": np.array([3.0, -1.0, 0.5, 2.0], np.float32),
    "years.known": np.array([1.0, 0.0, 1.0, 1.0], np.float32),
    "important": np.array([1.0, 0.5, 0.0, 3.0], np.float32),
    "index": np.arange(4),
}


def made(text: str) -> Step:
    findings = Findings()
    program = compile_file("net.yaml", findings=findings, text=text)
    assert program is not None and program.train is not None, findings.items
    return Step(lower(program.graph), program.train, Length(9, 3.0))


def run(step: Step, batch: Arrays) -> dict[str, float]:
    return step.run(batch, tf.constant([0, step.steps_done], tf.int32), tf.zeros([2]))


def values(step: Step) -> Arrays:
    return {name.removeprefix("Net/"): np.asarray(variable) for name, variable in step.network.table.items()}


def softmax(logits: np.ndarray) -> np.ndarray:
    made: np.ndarray = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return made


def test_two_losses_with_weights_and_a_mask_are_numpys() -> None:
    step = made(FACES)
    before = values(step)
    found = run(step, BATCH)
    after = values(step)
    x, label, important = BATCH["x"], BATCH["label"], BATCH["important"]
    weights = np.array([1, 2, 4])[label] * important
    probable = softmax(x @ before["kind/weights"] + before["kind/biases"])
    kind = (-np.log(probable[np.arange(4), label]) * weights).sum() / weights.sum()
    known, error = BATCH["years.known"], (x @ before["age/weights"] + before["age/biases"])[:, 0] - BATCH["years"]
    age = (0.5 * error**2 * known).sum() / known.sum()
    penalty = 0.05 * (before["kind/weights"] ** 2).sum() + 0.1 * (before["age/weights"] ** 2).sum()
    assert found["loss/kind"] == pytest.approx(kind, rel=1e-5)
    assert found["loss/age"] == pytest.approx(age, rel=1e-5)
    assert found["loss"] == pytest.approx(0.5 * kind + 2 * age + penalty, rel=1e-5)
    # The accuracy is of what counts, whatever its weight.
    assert found["accuracy"] == pytest.approx((probable.argmax(-1) == label)[important > 0].mean())
    slope = 0.5 * (probable - np.eye(3)[label]) * (weights / weights.sum())[:, None]
    rise = 2 * (error * known / known.sum())[:, None]
    for name, gradient in (
        ("kind/weights", x.T @ slope + 0.1 * before["kind/weights"]),
        ("kind/biases", slope.sum(0)),
        ("age/weights", x.T @ rise + 0.2 * before["age/weights"]),
        ("age/biases", rise.sum(0)),
    ):
        np.testing.assert_allclose(after[name], before[name] - 0.1 * gradient, rtol=1e-5, atol=1e-6, err_msg=name)


def test_masked_value_may_be_no_number() -> None:
    whole, broken = made(FACES), made(FACES)
    spoiled = {**BATCH, "years": np.where(BATCH["years.known"] > 0, BATCH["years"], np.inf).astype(np.float32)}
    assert run(broken, spoiled)["loss/age"] == run(whole, BATCH)["loss/age"]
    assert broken.steps_done == 1


def test_nothing_that_counts_is_a_loss_of_zero() -> None:
    step = made(FACES)
    assert run(step, {**BATCH, "years.known": np.zeros(4, np.float32)})["loss/age"] == 0
    assert step.steps_done == 1


@pytest.mark.parametrize("wrong", [3, -1])
def test_target_that_is_no_class_changes_nothing(wrong: int) -> None:
    step = made(FACES)
    before = values(step)
    batch = {**BATCH, "label": np.array([0, wrong, 1, 2], np.int32)}
    assert run(step, batch)["outside"] == 1
    assert step.steps_done == 0 and all(np.array_equal(before[name], value) for name, value in values(step).items())
    # One that does not count may be anything.
    assert run(step, {**batch, "important": np.array([1, 0, 1, 1], np.float32)})["outside"] == 0
    assert step.steps_done == 1


MAP = """archspec: 1
name: Net
inputs: {image: {shape: [2, 2, 3]}}
layers: [classes: {conv2d: 2, kernel: 1}]
train:
  data: {files: f, features: {image: {image: a/*.png}, mask: {class_map: b/*.png, classes: 2, ignore: 255}}}
  losses: {main: {softmax_cross_entropy: classes, target: mask}}
  optimizer: {sgd: 0.1}
  batch: 2
  steps: 9
"""


def test_pixels_that_are_ignored_count_nowhere() -> None:
    step = made(MAP)
    weights = values(step)
    batch = {"image": DRAW.normal(size=(2, 2, 2, 3)).astype(np.float32)}
    batch["mask"] = np.array([[[0, 1], [255, 1]], [[255, 255], [0, 0]]], np.int32)
    found = run(step, batch)
    probable = softmax(batch["image"] @ weights["classes/weights"][0, 0] + weights["classes/biases"])
    kept = batch["mask"] != 255
    right = np.take_along_axis(probable, np.where(kept, batch["mask"], 0)[..., None], -1)[..., 0][kept]
    assert found["loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert found["accuracy"] == pytest.approx((probable.argmax(-1) == batch["mask"])[kept].mean())


def test_mask_of_a_loss_over_all_positions_leaves_whole_examples_out() -> None:
    numbers = "y: {number: y}, mask: {class_map"
    step = made(
        MAP.replace("mask: {class_map", numbers).replace("softmax_cross_entropy: classes,", "dice: classes, mask: y,")
    )
    weights = values(step)
    batch = {"image": DRAW.normal(size=(2, 2, 2, 3)).astype(np.float32), "y": np.array([1.0, 0.0], np.float32)}
    # What is no class counts as little as all else of the example that is left out.
    batch["mask"] = np.array([[[0, 1], [1, 1]], [[7, 0], [0, 0]]], np.int32)
    found = run(step, batch)
    probable = softmax(batch["image"] @ weights["classes/weights"][0, 0] + weights["classes/biases"])[0]
    truth = np.eye(2)[batch["mask"][0]]
    both, either = (probable * truth).sum((0, 1)), (probable + truth).sum((0, 1))
    assert found["outside"] == 0 and found["loss"] == pytest.approx(
        1 - ((2 * both + 1) / (either + 1)).mean(), rel=1e-5
    )


GAN = """archspec: 1
name: Net
inputs: {real: {shape: [2]}, z: {shape: [3], draw: {normal: 2.0}}}
layers:
- made: {dense: 2, from: z}
- judge: {dense: 1, from: real, l2: 0.1}
- judged: {dense: 1, from: made, share: judge}
outputs: {made: made}
train:
  data: {arrays: d.npz, features: {real: {numbers: [r], count: 2}}}
  losses:
    real: {sigmoid_cross_entropy: judge, target: 1}
    fake: {sigmoid_cross_entropy: judged, target: 0}
    fool: {sigmoid_cross_entropy: judged, target: 1}
  optimizers:
    critic: {sgd: 0.5, losses: [real, fake], trains: [judge]}
    maker: {adam: 0.1, losses: [fool], trains: [made]}
  batch: 4
  steps: 9
"""


def sigmoid(x: np.ndarray) -> np.ndarray:
    made: np.ndarray = 1 / (1 + np.exp(-x))
    return made


def test_second_optimizer_sees_what_the_first_has_changed() -> None:
    step, real = made(GAN), DRAW.normal(size=(4, 2)).astype(np.float32)
    before = values(step)
    z = np.asarray(step.inputs({"real": real})["z"])
    found = run(step, {"real": real})
    after = values(step)
    fake = z @ before["made/weights"] + before["made/biases"]
    logits = {name: x @ before["judge/weights"] + before["judge/biases"] for name, x in (("r", real), ("f", fake))}
    assert found["loss/real"] == pytest.approx(-np.log(sigmoid(logits["r"])).mean(), rel=1e-5)
    assert found["loss/fake"] == pytest.approx(-np.log(1 - sigmoid(logits["f"])).mean(), rel=1e-5)
    slope = real.T @ (sigmoid(logits["r"]) - 1) / 4 + fake.T @ sigmoid(logits["f"]) / 4
    judge = before["judge/weights"] - 0.5 * (slope + 0.1 * before["judge/weights"])
    np.testing.assert_allclose(after["judge/weights"], judge, rtol=1e-5, atol=1e-6)
    again = fake @ after["judge/weights"] + after["judge/biases"]
    assert found["loss/fool"] == pytest.approx(-np.log(sigmoid(again)).mean(), rel=1e-5)
    gradient = z.T @ ((sigmoid(again) - 1) / 4 @ after["judge/weights"].T)
    # The first step of Adam is the rate in the direction of the gradient's sign.
    np.testing.assert_allclose(after["made/weights"], before["made/weights"] - 0.1 * np.sign(gradient), atol=1e-4)
    assert (found["lr/critic"], found["lr/maker"]) == (0.5, pytest.approx(0.1))
    assert "accuracy" not in found


def test_failure_of_the_second_optimizer_takes_the_first_ones_step_back() -> None:
    step = made(
        GAN.replace("fool: {sigmoid_cross_entropy: judged,", "fool: {weight: 1e38, huber: judged, delta: 1e30,")
    )
    before = {name: np.asarray(variable) for name, variable in step.state().items()}
    found = run(step, {"real": np.full((4, 2), 3e8, np.float32)})
    assert not np.isfinite(found["loss"]) and np.isfinite(found["loss/real"])
    for name, variable in step.state().items():
        np.testing.assert_array_equal(np.asarray(variable), before[name], err_msg=name)


def test_drawn_inputs_are_those_of_the_whole_batch_on_any_number_of_ranks() -> None:
    step, seed = made(GAN), tf.constant([0, 5])
    reads = Reads(step.network.graph, step.train.data.example(), step.train.losses.values())
    real = np.zeros((4, 2), np.float32)
    one = reads.inputs({"real": real}, seed)["z"]
    two = [reads.inputs({"real": real[:2]}, seed, rank, 2)["z"] for rank in (0, 1)]
    np.testing.assert_array_equal(tf.concat(two, 0), one)
    assert 1 < np.std(one) < 3
    assert np.abs(one - reads.inputs({"real": real}, tf.constant([0, 6]))["z"]).min() > 1e-4


GROUPS = """archspec: 1
name: Net
inputs: {x: {shape: [3]}}
layers: [a: {dense: 3, norm: batch_norm, l2: 0.1}, kind: {dense: 3, l2: 0.1}]
train:
  data: {arrays: d.npz, features: {x: {numbers: [x], count: 3}, label: {class: y}}}
  losses: {main: {softmax_cross_entropy: kind}}
  optimizer: {sgd: 0.1, GROUPS}
  batch: 4
  steps: 9
"""


def changes(groups: str) -> tuple[Arrays, Arrays]:
    """(the variables, what a step has changed)."""
    step = made(GROUPS.replace("GROUPS", groups))
    before = values(step)
    run(step, {name: BATCH[name] for name in ("x", "label")})
    return before, {name: value - before[name] for name, value in values(step).items()}


def test_groups_have_rates_of_their_own_and_need_no_decay() -> None:
    _, plain = changes("weight_decay: 0")
    groups = "{layers: [a], rate: 0.5}, {variables: norms, rate: 0}, {variables: biases, rate: 3}"
    _, found = changes(f"groups: [{groups}]")
    for name, factor in (("a/weights", 0.5), ("kind/weights", 1), ("kind/biases", 3), ("a/BatchNorm/gamma", 0)):
        np.testing.assert_allclose(found[name], plain[name] * factor, rtol=1e-4, atol=1e-7, err_msg=name)
        assert np.abs(plain[name]).max() > 1e-5


def test_weight_decay_takes_its_part_beside_the_gradient() -> None:
    before, plain = changes("weight_decay: 0")
    _, found = changes("weight_decay: 0.2, groups: [{layers: [kind], decay: false}, {variables: biases, decay: false}]")
    np.testing.assert_allclose(found["a/weights"], plain["a/weights"] - 0.02 * before["a/weights"], atol=1e-6)
    # Neither weight decay nor l2.
    np.testing.assert_allclose(found["kind/weights"], plain["kind/weights"] + 0.01 * before["kind/weights"], atol=1e-6)


def test_variables_of_a_group_without_rate_have_no_slots() -> None:
    step = made(GROUPS.replace("GROUPS", "momentum: 0.9, groups: [{layers: [a], rate: 0}]"))
    slots = {name for name in step.state() if name.endswith("/Momentum")}
    assert slots == {"kind/weights/Momentum", "kind/biases/Momentum"} or slots == {
        "Net/kind/weights/Momentum",
        "Net/kind/biases/Momentum",
    }


def test_every_optimizer_counts_its_own_steps(tmp_path: Any) -> None:
    step = made(GAN)
    run(step, {"real": BATCH["x"][:, :2]})
    state = step.state()
    assert (
        int(np.asarray(state["archspec/critic/iterations"])) == int(np.asarray(state["archspec/maker/iterations"])) == 1
    )
    assert "Net/made/weights/Adam_1" in state
