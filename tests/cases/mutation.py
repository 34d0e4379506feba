"""Specs broken at random."""

from __future__ import annotations

import random

VALUES = [
    None,
    True,
    -1,
    0,
    3,
    2.5,
    1e30,
    "",
    "relu",
    "$x",
    "$(1 / 0)",
    "$(channels(input))",
    "conv1",
    [],
    [1],
    {},
    {"a": 1},
    "3x3",
]
KEYS = [
    "conv2d",
    "block",
    "layers",
    "when",
    "else",
    "from",
    "repeat",
    "table",
    "defaults",
    "x",
    "concat",
    "$i",
    "share",
    "rate",
]


def mutate(value: object, chance: random.Random) -> object:
    """The value with one place in it changed."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        action = chance.random()
        if action < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if action < 0.2:
            return {**value, chance.choice(KEYS): chance.choice(VALUES)}
        if action < 0.3:
            return {(chance.choice(KEYS) if k == key else k): v for k, v in value.items()}
        return {k: mutate(v, chance) if k == key else v for k, v in value.items()}
    if isinstance(value, list) and value and chance.random() < 0.9:
        index = chance.randrange(len(value))
        if chance.random() < 0.15:
            return value[:index] + value[index + 1 :] + [value[index]]
        return [mutate(v, chance) if i == index else v for i, v in enumerate(value)]
    return chance.choice(VALUES)
