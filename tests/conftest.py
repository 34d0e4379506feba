"""Two tiers: tests in tests/runtime are slow, and run after all others."""

from __future__ import annotations

from pathlib import Path

import pytest

SLOW_FOLDER = Path(__file__).parent / "runtime"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what stands in tests/runtime as slow, and puts the slow tests last."""
    for item in items:
        if item.path.is_relative_to(SLOW_FOLDER):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
