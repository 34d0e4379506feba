"""Swin's windows, cut and put together by reshapes, transposes and rolls, hold the pixels that they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import Network, lower

SPECS = Path(__file__).parents[2] / "specs"
SIZE, WINDOW = 14, 7
SHIFT = WINDOW // 2


@pytest.fixture(scope="module")
def swin() -> Network:
    """One stage of Swin-T on a map of 14x14, two windows down and two across."""
    settings = {"image_size": str(4 * SIZE), "units": "[2]", "heads": "[3]"}
    program = compile_file(str(SPECS / "swin_tiny.yaml"), settings=settings, findings=Findings())
    assert program is not None
    return lower(program.graph, seed=3)


def window_of(row: int, column: int, shift: int) -> tuple[int, int]:
    """The window of a pixel; those of a grid that stands `shift` pixels further end at the border of the map."""
    return (row + WINDOW - shift) // WINDOW, (column + WINDOW - shift) // WINDOW


def changed(swin: Network, unit: str, row: int, column: int) -> np.ndarray:
    """Which pixels of a unit's attention another patch of the image changes."""
    image = np.random.default_rng(0).normal(size=(1, 4 * SIZE, 4 * SIZE, 3)).astype(np.float32)
    other = image.copy()
    other[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1
    name = f"stage1/{unit}/windows"
    first, second = (swin.endpoints(each, [name])[name].numpy() for each in (image, other))
    return np.asarray(np.abs(first - second).max(axis=(0, 3)) > 0)


@pytest.mark.parametrize("place", [(0, 0), (3, 4), (6, 7), (13, 2), (13, 13)])
def test_attention_stays_in_the_windows(swin: Network, place: tuple[int, int]) -> None:
    own = window_of(*place, 0)
    expected = [[window_of(row, column, 0) == own for column in range(SIZE)] for row in range(SIZE)]
    np.testing.assert_array_equal(changed(swin, "unit1", *place), expected)


@pytest.mark.parametrize("place", [(0, 0), (3, 4), (6, 7), (13, 2), (13, 13)])
def test_every_second_unit_has_its_windows_half_a_window_further(swin: Network, place: tuple[int, int]) -> None:
    reached = changed(swin, "unit1", *place)
    rows, columns = np.nonzero(reached)
    own = {window_of(row, column, SHIFT) for row, column in zip(rows, columns, strict=True)}
    expected = [[window_of(row, column, SHIFT) in own for column in range(SIZE)] for row in range(SIZE)]
    np.testing.assert_array_equal(changed(swin, "unit2", *place), expected)
