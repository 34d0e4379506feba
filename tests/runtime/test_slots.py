"""What an optimizer keeps goes by the names that TensorFlow 1's optimizers gave it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.runtime.rmsprop import RmsProp
from archspec.runtime.slots import slot_names

SHAPES = {"Net/a/weights": (2, 3), "Net/a/biases": (3,)}
TF1 = {
    "momentum": (tf.compat.v1.train.MomentumOptimizer(0.1, 0.9), keras.optimizers.SGD(0.1, momentum=0.9)),
    "plain": (tf.compat.v1.train.GradientDescentOptimizer(0.1), keras.optimizers.SGD(0.1)),
    "adam": (tf.compat.v1.train.AdamOptimizer(0.1), keras.optimizers.Adam(0.1)),
    "rmsprop": (tf.compat.v1.train.RMSPropOptimizer(0.1), RmsProp(0.1, 0.9, 0.9, 1e-3, False)),
    "rmsprop of Keras": (tf.compat.v1.train.RMSPropOptimizer(0.1), keras.optimizers.RMSprop(0.1, momentum=0.9)),
    "centered": (tf.compat.v1.train.RMSPropOptimizer(0.1, centered=True), RmsProp(0.1, 0.9, 0.9, 1e-3, True)),
}


def built(optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    """Two variables, and the optimizer made for them."""
    table = {name: keras.Variable(np.ones(shape, np.float32)) for name, shape in SHAPES.items()}
    optimizer.build(list(table.values()))
    return table


@pytest.mark.parametrize("name", TF1)
def test_slots_go_by_the_names_of_tensorflow_1(name: str) -> None:
    theirs, ours = TF1[name]
    with tf.Graph().as_default():
        variables = [tf.compat.v1.get_variable(n, shape, use_resource=True) for n, shape in SHAPES.items()]
        step = tf.compat.v1.train.get_or_create_global_step()
        theirs.minimize(tf.add_n([tf.reduce_sum(v) for v in variables]), step)
        expected = {v.op.name: tuple(v.shape) for v in tf.compat.v1.global_variables()}
    # Adam of TensorFlow 1 keeps two powers; Keras computes them from the number of steps.
    wanted = {n: shape for n, shape in expected.items() if n not in SHAPES and not n.endswith("_power")}
    found = {n: tuple(v.shape) for n, v in slot_names(ours, built(ours)).items()}
    assert {n: shape for n, shape in found.items() if not n.startswith("archspec/")} == wanted


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Lion(0.1),
        keras.optimizers.Nadam(0.1),
        keras.optimizers.Ftrl(0.1),
        keras.optimizers.Adam(0.1, amsgrad=True, gradient_accumulation_steps=2),
        keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True),
        keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.9)),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_every_variable_has_one_name_of_its_own(optimizer: keras.optimizers.Optimizer) -> None:
    found = slot_names(optimizer, built(optimizer))
    assert {id(variable) for variable in found.values()} == {id(variable) for variable in optimizer.variables}
    assert all(name.startswith(("Net/a/", "archspec/optimizer/")) or name == "global_step" for name in found)


def test_optimizers_beside_each_other_share_no_name() -> None:
    first, second = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)
    one = {"Net/a/weights": keras.Variable(np.ones(2))}
    two = {"Net/b/weights": keras.Variable(np.ones(2))}
    first.build(list(one.values()))
    second.build(list(two.values()))
    table = one | two
    names = [*slot_names(first, table), *slot_names(second, table, "discriminator")]
    assert len(set(names)) == len(names)
    assert "global_step" in names and "archspec/discriminator/iterations" in names
