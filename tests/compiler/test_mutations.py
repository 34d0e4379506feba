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
from tests.cases.mutation import mutate
from tests.cases.zoo import WRITTEN

SMALL = [path for path in WRITTEN if path.stat().st_size < 8_000]


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_broken_spec_gives_diagnostics(path: Path) -> None:
    tree = parse(path.read_text(), path.name, Findings())
    assert tree is not None
    document = plain(tree)
    chance = random.Random(path.stem)
    for _ in range(6):
        broken = document
        for _ in range(chance.randint(1, 3)):
            broken = mutate(broken, chance)
        findings = Findings()
        text = yaml.safe_dump(broken, sort_keys=False)
        programs = check_file(str(path.parent / "broken.yaml"), findings=findings, text=text)
        assert programs or findings.items, text
        assert all(d.span is not None and d.message for d in findings.items)
