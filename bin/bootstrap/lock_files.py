"""Lock files: what they pin, and how that stands beside what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_PINNED = re.compile(r"^([\w.-]+==[^\s\\]+).*\n(?:[ \t].*\n)*", re.MULTILINE)

# The lock files of each stage. A package may stand in more than one, then at one version.
STAGES = {
    "core": ("core",),
    "train": ("core", "train"),
    "fast": ("core", "test"),
    "ranks": ("core", "train", "ranks"),
    "test": ("core", "train", "ranks", "test"),
}


def has_horovod(stage: str) -> bool:
    """Whether Horovod belongs to a stage, which lasts minutes where it is to be built."""
    return "ranks" in STAGES[stage]


def held_by(locks: Iterable[str]) -> list[str]:
    """The stages that are finished when these lock files are installed."""
    installed = set(locks)
    return [stage for stage, needed in STAGES.items() if installed.issuperset(needed)]


def pinned(files: Iterable[Path]) -> dict[str, str]:
    """`name==version` of each package, and the text that requires it with its hashes."""
    return {match[1]: match[0] for file in files for match in _PINNED.finditer(f"{file.read_text()}\n")}


def installed(site_packages: Path) -> set[str]:
    """`name==version` of each package there, its name as lock files write it."""
    named = (folder.stem.rpartition("-") for folder in site_packages.glob("*.dist-info"))
    return {f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}" for name, _, version in named}
