"""The lock files: exact, with hashes, from no place of their own, and one version of each package for a Python."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHONS = ["3.11", "3.12", "3.13"]
LOCKS = [f"{python}/{name}" for python in PYTHONS for name in ("core", "train", "ranks", "test", "gpu")]
REQUIREMENT = re.compile(r"([a-z0-9-]+)==([\w.]+)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lines(lock: str) -> list[str]:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pinned(lock: str) -> dict[str, str]:
    """The version of each package."""
    return {match[1]: match[2] for line in lines(lock) if (match := REQUIREMENT.fullmatch(line))}


@pytest.mark.parametrize("lock", [*LOCKS, "horovod"])
def test_each_line_is_a_pinned_package_or_one_of_its_hashes(lock: str) -> None:
    found = lines(lock)
    assert [line for line in found if not REQUIREMENT.fullmatch(line) and not HASH.fullmatch(line)] == []
    for line, following in zip(found, [*found[1:], ""], strict=True):
        assert not REQUIREMENT.fullmatch(line) or HASH.fullmatch(following), f"{line} has no hash"


@pytest.mark.parametrize("lock", [*LOCKS, "horovod"])
def test_no_index_and_no_folder_is_named(lock: str) -> None:
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted|(^|[ =])/", text)


def test_every_lock_file_is_known() -> None:
    files = (REPOSITORY / "requirements").rglob("*.txt")
    assert {str(file.relative_to(REPOSITORY / "requirements"))[:-4] for file in files} == {*LOCKS, "horovod"}


@pytest.mark.parametrize("python", PYTHONS)
def test_a_package_has_one_version_in_all_locks_of_a_python(python: str) -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in pinned(lock).items() if lock.startswith(python) else ():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_a_lock_only_adds_to_those_below_it() -> None:
    for python in PYTHONS:
        core, train = pinned(f"{python}/core"), pinned(f"{python}/train")
        for name in ("train", "ranks", "test", "gpu"):
            assert not core.keys() & pinned(f"{python}/{name}").keys()
        for name in ("ranks", "gpu"):
            assert not train.keys() & pinned(f"{python}/{name}").keys()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("locks", "extras"),
    [
        (["core"], []),
        (["core", "train"], ["train"]),
        (["core", "train", "ranks"], ["train", "horovod"]),
        (["core", "test"], ["test"]),
        (["core", "train", "gpu"], ["train", "gpu"]),
    ],
)
def test_locks_meet_the_ranges_of_setup_cfg(python: str, locks: list[str], extras: list[str]) -> None:
    configuration = configparser.ConfigParser()
    configuration.read(REPOSITORY / "setup.cfg")
    texts = [configuration["options"]["install_requires"]]
    texts += [configuration["options.extras_require"][extra] for extra in extras]
    wanted = [Requirement(line) for text in texts for line in text.split("\n") if line and not line.startswith("#")]
    versions = {name: version for lock in locks for name, version in pinned(f"{python}/{lock}").items()}
    for requirement in wanted:
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, str(requirement)


def test_setup_cfg_names_the_pythons_that_have_locks() -> None:
    configuration = configparser.ConfigParser()
    configuration.read(REPOSITORY / "setup.cfg")
    classifiers = configuration["metadata"]["classifiers"]
    assert re.findall(r"Python :: (3\.\d+)", classifiers) == PYTHONS
    assert configuration["options"]["python_requires"] == f">={PYTHONS[0]}"
