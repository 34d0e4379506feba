"""Specs broken at random: whatever stands in a file, the compiler answers with diagnostics, never with an exception."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from archspec.compiler.program import check_file
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
SMALL = [path for path in SPECS if path.stat().st_size < 8_000]
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


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_broken_spec_gives_diagnostics(path: Path) -> None:
    tree = parse(path.read_text(), path.name, Findings())
    assert tree is not None
    document = plain(tree)
    chance = random.Random(path.stem)
    for _ in range(40):
        broken = document
        for _ in range(chance.randint(1, 3)):
            broken = mutate(broken, chance)
        findings = Findings()
        text = yaml.safe_dump(broken, sort_keys=False)
        programs = check_file(str(path.parent / "broken.yaml"), findings=findings, text=text)
        assert programs or findings.items, text
        assert all(d.span is not None and d.message for d in findings.items)
