"""A checkout to set up: the real lock files, and a place for its environment and its wheels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).with_name("stand_in_steps.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the set-up reads: `bin` and `requirements`."""
    root = tmp_path / "checkout"
    for name in ("bin", "requirements"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """The environment variables of a user with an empty cache who chose nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOROVOD_", "ARCHSPEC_"))}
    return {**kept, "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def start(checkout: Path, variables: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Starts a set-up of STAGE with stand-ins for its commands."""

    def start_one(stage: str, *behaviour: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-B", str(STAND_INS), str(checkout), str(checkout / ".venv"), stage, *behaviour]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={**variables, **more}, text=True, **pipes)

    return start_one
