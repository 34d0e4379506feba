"""An optimizer's variables by their names in a checkpoint: VARIABLE/SLOT, as TensorFlow 1's optimizers wrote them.

`Net/conv1/weights/Momentum` is what TF-Slim calls the velocity of `Net/conv1/weights`. Keras' SGD keeps it with the
learning rate inside and the other sign, so the name says which variable it belongs to, not that TF-Slim can train on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from archspec.runtime.rmsprop import RmsProp
from archspec.weights.tensors import GLOBAL_STEP

_MOMENTUM = {"momentums": "Momentum"}
_RMSPROP = {"_velocities": "RMSProp", "_momentums": "RMSProp_1"}
_CENTERED = {"_velocities": "RMSProp", "_average_gradients": "RMSProp_1", "_momentums": "RMSProp_2"}
_TF_RMSPROP = {"squares": "RMSProp", "changes": "RMSProp_1"}
_TF_CENTERED = {"squares": "RMSProp", "means": "RMSProp_1", "changes": "RMSProp_2"}
_ADAM = {"_momentums": "Adam", "_velocities": "Adam_1", "_velocity_hats": "Adam_2"}


_LISTS = ("_variables", "_trainable_variables")
"""Attributes that hold variables of any kind, or those of the network."""


def slot_names(
    optimizer: keras.optimizers.Optimizer, table: Mapping[str, keras.Variable], name: str = ""
) -> dict[str, keras.Variable]:
    """Every variable of a built optimizer by its name in a checkpoint; `table` has the network's variables by name.

    The number of steps is `global_step`, and where an optimizer has a `name` beside others `archspec/NAME/iterations`.
    """
    names = {id(variable): name for name, variable in table.items()}
    found = dict(
        _named(
            optimizer, names, f"archspec/{name or 'optimizer'}", f"archspec/{name}/iterations" if name else GLOBAL_STEP
        )
    )
    assert {id(value) for value in found.values()} == {id(value) for value in optimizer.variables}, list(found)
    return found


def _named(
    optimizer: keras.optimizers.Optimizer, names: Mapping[int, str], own: str, counter: str
) -> Iterator[tuple[str, keras.Variable]]:
    """(name in a checkpoint, variable) of all that an optimizer keeps, found by the attributes that hold it."""
    owners = [names[id(variable)] for variable in optimizer._trainable_variables]
    slots = _slots_of(optimizer)
    for attribute, value in vars(optimizer).items():
        slot = slots.get(attribute, f"{type(optimizer).__name__}_{attribute.strip('_')}")
        if isinstance(value, keras.Variable):
            yield counter if attribute == "_iterations" else f"{own}/{attribute.strip('_')}", value
        elif attribute not in _LISTS and _one_each(value, len(owners)):
            yield from (
                (f"{owner}/{slot}", kept) for owner, kept in zip(owners, value, strict=True) if kept is not None
            )
        elif isinstance(value, keras.optimizers.Optimizer):
            # An optimizer around another one, which keeps the slots.
            yield from _named(value, names, f"{own}/{attribute.strip('_')}", f"{own}/{attribute.strip('_')}/iterations")


def _slots_of(optimizer: keras.optimizers.Optimizer) -> dict[str, str]:
    """TensorFlow 1's names of what Keras keeps for each variable, by Keras' attribute."""
    if isinstance(optimizer, keras.optimizers.SGD):
        return _MOMENTUM
    if isinstance(optimizer, RmsProp):
        return _TF_CENTERED if optimizer.centered else _TF_RMSPROP
    if isinstance(optimizer, keras.optimizers.RMSprop):
        return _CENTERED if optimizer.centered else _RMSPROP
    return _ADAM if isinstance(optimizer, keras.optimizers.Adam) else {}


def _one_each(values: Any, count: int) -> bool:
    """Whether an attribute holds a Keras variable for each trained variable."""
    is_list = isinstance(values, list) and len(values) == count > 0
    return is_list and all(value is None or isinstance(value, keras.Variable) for value in values)
