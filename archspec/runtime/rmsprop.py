"""RMSProp as TensorFlow 1 and TF-Slim's recipes have it; Keras's own starts at another place and divides otherwise."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("archspec")
class RmsProp(keras.optimizers.Optimizer):
    """tf.compat.v1.train.RMSPropOptimizer for keras.Variables (Tieleman and Hinton 2012).

    s = decay * s + (1 - decay) * g ** 2, from 1 on; with `centered` d = s - mean(g) ** 2, else d = s;
    m = momentum * m + rate * g / sqrt(d + epsilon), from 0 on; the variable loses m.
    """

    def __init__(
        self, learning_rate: Any, decay: float, momentum: float, epsilon: float, centered: bool, **settings: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **settings)
        self.decay, self.momentum, self.epsilon, self.centered = decay, momentum, epsilon, centered

    def build(self, variables: Any) -> None:
        """Make the slots of the variables."""
        if self.built:
            return
        super().build(variables)
        ones = keras.initializers.Ones()
        self.squares = [self.add_variable_from_reference(v, "RMSProp", initializer=ones) for v in variables]
        self.changes = [self.add_variable_from_reference(v, "RMSProp_1") for v in variables]
        self.means = [self.add_variable_from_reference(v, "RMSProp_2") for v in variables] if self.centered else []

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable and its slots."""
        rate, number = tf.cast(learning_rate, variable.dtype), self._get_variable_index(variable)
        gradient = tf.convert_to_tensor(gradient)
        squares, changes = self.squares[number], self.changes[number]
        squares.assign(self.decay * squares.value + (1.0 - self.decay) * gradient**2)
        below = squares.value
        if self.centered:
            mean = self.means[number]
            mean.assign(self.decay * mean.value + (1.0 - self.decay) * gradient)
            below = below - mean.value**2
        changes.assign(self.momentum * changes.value + rate * gradient / tf.sqrt(below + self.epsilon))
        variable.assign_sub(changes.value)

    def get_config(self) -> dict[str, Any]:
        """What Keras writes down."""
        own = {name: getattr(self, name) for name in ("decay", "momentum", "epsilon", "centered")}
        return {**super().get_config(), **own}
