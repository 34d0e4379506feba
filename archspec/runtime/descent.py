"""One optimizer's part of every step: the losses that it makes small, and the variables that it changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Node
from archspec.compiler.language.forms.optimizers import Group, Optimizer
from archspec.compiler.language.forms.sections import Train
from archspec.compiler.training.optimizers import losses_of, trains
from archspec.runtime.lower import Network
from archspec.runtime.optimize import Length, optimizer


class Descent:
    """An optimizer with its losses and variables.

    `factors` are those of the learning rate, by variable; `penalized` are the variables whose penalties are part of
    what it makes small: a penalty is part of the optimizer that trains its variable, and of no other.
    """

    def __init__(self, name: str, network: Network, train: Train, length: Length) -> None:
        form = train.all_optimizers[name]
        self.name, self.losses = name, {loss: train.losses[loss] for loss in losses_of(train, name)}
        groups = {variable: group_of(form, variable, node) for variable, node in _trainable(network, train, form)}
        names = [variable for variable, group in groups.items() if group.rate > 0]
        self.variables = [network.table[variable] for variable in names]
        self.penalized = [name for name in names if name in network.penalties and groups[name].decay]
        owners = owners_of(network)
        factors = {name: groups[name].rate * scale_of(train, owners[name]) for name in names}
        self.factors = [(network.table[name], factor) for name, factor in factors.items() if factor != 1]
        self.optimizer = optimizer(form, length)
        self.optimizer.weight_decay = form.weight_decay or None
        still = [network.table[name] for name in names if not groups[name].decay]
        if form.weight_decay and still:
            self.optimizer.exclude_from_weight_decay(var_list=still)
        self.optimizer.build(self.variables)

    @property
    def state(self) -> list[keras.Variable]:
        """All that a step of this optimizer changes."""
        return [*self.variables, *self.optimizer.variables]

    def penalty(self, network: Network) -> Any:
        """A scalar: the penalties of the variables that it trains."""
        return network.penalty(self.penalized)

    def apply(self, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
        """Change the variables, each by the factor of its rate."""
        before = [tf.identity(variable.value) for variable, _ in self.factors]
        self.optimizer.apply(gradients, variables)
        # Every Keras optimizer's change, weight decay included, is the rate times something that it has no part in.
        for (variable, factor), value in zip(self.factors, before, strict=True):
            variable.assign(value + factor * (variable.value - value))


def group_of(form: Optimizer, variable: str, node: Node) -> Group:
    """The last of an optimizer's groups that a variable belongs to; one that changes nothing where none fits."""
    fitting = [group for group in form.groups if _belongs(group, variable, node)]
    return fitting[-1] if fitting else Group()


def _belongs(group: Group, variable: str, node: Node) -> bool:
    return group.variables in ("all", kind_of(variable, node)) and named(node, group.layers)


def kind_of(variable: str, node: Node) -> str:
    """`norms`, `biases` or `weights`: what kind of variable of its layer this is."""
    if "norm" in node.op.GROUPS:
        return "norms"
    return "biases" if "bias" in variable.rpartition("/")[2] else "weights"


def scale_of(train: Train, node: Node) -> float:
    """The factor of a layer's learning rate."""
    return math.prod(factor for pattern, factor in train.scale.items() if named(node, [pattern]))


def _trainable(network: Network, train: Train, form: Optimizer) -> list[tuple[str, Node]]:
    """(variable, node) of what an optimizer may change, in the graph's order."""
    return [
        (name, node)
        for name, node in owners_of(network).items()
        if network.table[name].trainable and not named(node, train.freeze) and trains(form, node.layer)
    ]


def named(node: Node, patterns: Sequence[str]) -> bool:
    """Whether a node belongs to a layer that a pattern names."""
    return any(means(pattern, node.layer) for pattern in patterns)


def owners_of(network: Network) -> dict[str, Node]:
    """{variable: the node that it belongs to}."""
    return {name: node for name, node, _ in network.graph.variables()}
