"""What `pip install` gives: the packages of the tree, the published schema, the command, the four core commands."""

from __future__ import annotations

import configparser
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "archspec" / "runtime" / "data" / "pictures"


def test_setup_cfg_names_every_package() -> None:
    configuration = configparser.ConfigParser()
    configuration.read(REPOSITORY / "setup.cfg")
    named = {line for line in configuration["options"]["packages"].split("\n") if line and not line.startswith("#")}
    modules = (REPOSITORY / "archspec").rglob("*.py")
    found = {".".join(path.parent.relative_to(REPOSITORY).parts) for path in modules}
    assert named == found | {"archspec.schemas", "archspec.specs"}


def test_the_pictures_of_the_sample_are_those_of_scikit_image() -> None:
    """Their hashes, as scikit-image 0.26 publishes them in skimage/data/_registry.py, stand beside them."""
    table = (PICTURES / "README.md").read_text()
    published = dict(re.findall(r"^\| (\S+\.(?:png|jpg)) \|.* `([0-9a-f]{64})` \|$", table, re.MULTILINE))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PICTURES.glob("*.*g")}
    assert found == published and len(found) == 10


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, made from a copy of the tree."""
    copy, wheels, site = (tmp_path_factory.mktemp(name) for name in ("copy", "wheels", "site"))
    for name in ("archspec", "schemas", "specs"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", wheels, copy], check=True, capture_output=True)
    wheel = next(wheels.glob("archspec_tf-*-py3-none-any.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_the_published_schema(installed: Path) -> None:
    modules = {path.relative_to(REPOSITORY) for path in (REPOSITORY / "archspec").rglob("*.py")}
    assert {path for path in modules if not (installed / path).is_file()} == set()
    for schema in (REPOSITORY / "schemas").glob("*.json"):
        assert json.loads((installed / "archspec" / "schemas" / schema.name).read_text())
    for picture in PICTURES.iterdir():
        assert (installed / picture.relative_to(REPOSITORY)).read_bytes() == picture.read_bytes()


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the wheel, run in a folder, with the wheel before the checkout on the path."""
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import archspec; assert archspec.__file__.startswith"
    code += f"({str(installed)!r}); from archspec.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", code, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_installed_package_lints_a_spec(installed: Path, tmp_path: Path) -> None:
    result = run(installed, tmp_path, "lint", str(REPOSITORY / "specs" / "inception_v3.yaml"))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_the_installed_package_holds_the_zoo(installed: Path, tmp_path: Path) -> None:
    """Every spec of the zoo by name, and a spec of the user's own that extends one and embeds another."""
    text = "extends: zoo:resnet_v1#resnet_v1_101\nhyperparameters: {num_classes: 5}\n"
    (tmp_path / "mine.yaml").write_text(f"archspec: 1\n{text}")
    text = "inputs: {image: {shape: [28, 28, 1]}}\nlayers: [body: {network: zoo:lenet, until: pool2}]\n"
    (tmp_path / "other.yaml").write_text(f"archspec: 1\n{text}")
    names = sorted(path.stem for path in (REPOSITORY / "specs").glob("*.yaml"))
    result = run(installed, tmp_path, "lint", "mine.yaml", "other.yaml", *(f"zoo:{name}" for name in names))
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith(f"{len(names) + 2} specs")
    wrong = run(installed, tmp_path, "summary", "zoo:lennet")
    assert wrong.returncode == 1 and "did you mean `lenet`" in wrong.stderr
