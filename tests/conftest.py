"""Two tiers: tests in tests/runtime are slow, and run after all others. Properties are never timed.

In CI the examples of properties are the same each time; elsewhere each run tries others.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("in CI", deadline=None, derandomize=True, database=None)
settings.load_profile("in CI" if os.environ.get("CI") else "here")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores Ctrl-C, and so would every process that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # So does nohup with the end of a terminal.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

SLOW_FOLDER = Path(__file__).parent / "runtime"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what stands in tests/runtime as slow, and puts the slow tests last."""
    for item in items:
        if item.path.is_relative_to(SLOW_FOLDER):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
