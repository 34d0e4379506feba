"""The specs of the zoo."""

from __future__ import annotations

from pathlib import Path

from archspec.compiler.spec.alias import alias_of
from archspec.compiler.spec.sources import Sources

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))

WRITTEN = [path for path in SPECS if alias_of(str(path), Sources()) is None]
"""Those that are not only another name for a variant of one of these."""
