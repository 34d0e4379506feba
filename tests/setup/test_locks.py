"""The lock files: exact, with hashes, from no place of their own; each stage holds the one before it."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = ["core", "train", "test", "gpu", "horovod"]
REQUIREMENT = re.compile(r"([a-z0-9-]+)==([\w.]+)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lines(lock: str) -> list[str]:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pinned(lock: str) -> dict[str, str]:
    """The version of each package."""
    return {match[1]: match[2] for line in lines(lock) if (match := REQUIREMENT.fullmatch(line))}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_line_is_a_pinned_package_or_one_of_its_hashes(lock: str) -> None:
    found = lines(lock)
    assert [line for line in found if not REQUIREMENT.fullmatch(line) and not HASH.fullmatch(line)] == []
    for line, following in zip(found, [*found[1:], ""], strict=True):
        assert not REQUIREMENT.fullmatch(line) or HASH.fullmatch(following), f"{line} has no hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_index_and_no_folder_is_named(lock: str) -> None:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted|(^|[ =])/", text)


def test_each_stage_holds_the_one_before_it() -> None:
    assert pinned("core").items() < pinned("train").items() < pinned("test").items()
    assert pinned("train").items() < pinned("gpu").items()


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("core", []),
        ("train", ["train", "horovod"]),
        ("test", ["train", "horovod", "test"]),
        ("gpu", ["train", "horovod", "gpu"]),
    ],
)
def test_locks_meet_the_ranges_of_setup_cfg(lock: str, extras: list[str]) -> None:
    configuration = configparser.ConfigParser()
    configuration.read(REPOSITORY / "setup.cfg")
    texts = [configuration["options"]["install_requires"]]
    texts += [configuration["options.extras_require"][extra] for extra in extras]
    wanted = [Requirement(line) for text in texts for line in text.split("\n") if line and not line.startswith("#")]
    versions = pinned(lock)
    for requirement in wanted:
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, str(requirement)
