"""Ops of other packages: found by their entry point, checked and explained as our own; what is wrong is a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acme import OP

ROOT = Path(__file__).parents[2]

SPEC = """archspec: 1
inputs: {{image: {{shape: [8, 8, 3]}}}}
defaults: {{acme.scaled: {{factor: 0.5}}}}
layers: [a: {{conv2d: 4, kernel: 1, activation: {{acme.scaled: 2}}}}, b: {}, flatten, logits: {{dense: 3}}]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on Python's path where the package acme is installed."""
    folder = tmp_path / "site"
    (folder / "acme-1.0.dist-info").mkdir(parents=True)
    (folder / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (folder / "acme-1.0.dist-info" / "entry_points.txt").write_text("[archspec.ops]\nacme = acme_ops\n")
    (folder / "acme_ops.py").write_text(OP)
    return folder


def archspec(site: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-P", *(["-c", code] if code else ["-m", "archspec"]), *words],
        env=environment,
        cwd=site.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr and "bug in archspec" not in done.stderr, done.stderr
    return done


def spec(site: Path, layer: str) -> str:
    (site.parent / "net.yaml").write_text(SPEC.format(layer))
    return "net.yaml"


def test_they_are_checked_and_explained_as_our_own(site: Path) -> None:
    net = spec(site, "acme.scaled")
    assert archspec(site, "lint", net).stdout == "1 spec: no findings\n"
    layers = json.loads(archspec(site, "summary", net, "--format", "json").stdout)["layers"]
    assert [(layer["op"], layer["output_shape"]) for layer in layers if layer["name"] == "b"] == [
        ("acme.scaled", [8, 8, 4])
    ]
    assert archspec(site, "explain", net, "b.factor").stdout.startswith("b.factor  0.5\n  from the document's defaults")
    assert "acme.scaled" in json.loads(archspec(site, "schema").stdout)["$defs"]["scope"]["properties"]


@pytest.mark.parametrize("name", ["acme.csv", "acme.known", "acme.yaml"])
def test_a_name_like_that_of_a_file_is_looked_for_too(name: str, site: Path) -> None:
    (site / "acme_ops.py").write_text(OP.replace("acme.scaled", name))
    text = SPEC.replace("acme.scaled", name).format(f"{{{name}: 2}}")
    (site.parent / "net.yaml").write_text(text)
    assert archspec(site, "lint", "net.yaml").stdout == "1 spec: no findings\n"


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("{acme.scald: 2}", "AS104 there is no operation `acme.scald`"),
        ("{acme.scaled: -2}", "AS102 `factor` of `acme.scaled` must be more than 0, got -2"),
        ("{acme.scaled: 2, by: 3}", "AS101 `acme.scaled` has no field `by`"),
        ("{emca.scaled: 2}", "AS104 there is no operation `emca.scaled`: no installed package brings"),
        ("emca.scaled", "AS104 there is no operation `emca.scaled`: no installed package brings"),
    ],
)
def test_a_mistake_is_a_sentence(layer: str, sentence: str, site: Path) -> None:
    done = archspec(site, "lint", spec(site, layer))
    assert done.returncode == 1 and done.stdout.startswith("net.yaml:4:"), done.stdout
    assert sentence in done.stdout and done.stderr == "1 spec: 1 finding\n", done.stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise OSError('no device')", "the operations of `acme` cannot be loaded: OSError: no device"),
        ("", "the package of `acme` has no operation in it"),
        (OP.replace("acme.scaled", "scaled"), "brings `scaled`, whose name should be `acme.…`"),
        (OP.replace("factor", "conv2d"), "`acme.scaled` has a field `conv2d`, which is the name of an operation"),
        (OP.replace("float", "complex"), "TypeError: no field type 'complex'"),
    ],
    ids=["fails", "empty", "another name", "a field like an op", "an unknown type"],
)
def test_a_package_that_cannot_be_used_is_a_sentence(text: str, sentence: str, site: Path) -> None:
    (site / "acme_ops.py").write_text(text)
    (site.parent / "net.yaml").write_text(
        SPEC.format("{acme.scaled: 2}").replace("defaults: {acme.scaled: {factor: 0.5}}", "")
    )
    done = archspec(site, "lint", "net.yaml")
    assert done.returncode == 1 and sentence in done.stdout, done.stdout
    done = archspec(site, "schema")
    assert done.returncode == 1 and sentence in done.stderr
    json.loads(done.stdout)


def test_nothing_is_loaded_where_no_spec_names_it(site: Path) -> None:
    (site / "acme_ops.py").write_text("raise SystemExit(7)")
    assert archspec(site, "lint", str(ROOT / "specs")).returncode == 0
