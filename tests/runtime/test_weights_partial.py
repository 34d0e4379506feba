"""Partial loads are declared, reported variable by variable, and anything undeclared is one finding."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime import checkpoint
from archspec.runtime.begin import _initialize
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step

TEXT = """archspec: 1
name: Net
inputs: {{image: {{shape: [6, 6, 3]}}}}
layers:
- a: {{conv2d: 4, kernel: 3}}
- b: {{conv2d: 4, kernel: 1}}
- pool: global_avg_pool
- logits: {{dense: {classes}}}
train: {{losses: {{main: {{softmax_cross_entropy: logits}}}}, optimizer: {{sgd: 0.1}}, batch: 4, steps: 9{more}}}
"""


def state(folder: Path, wish: str, classes: int = 3) -> Step:
    """What training of a network for three classes begins with."""
    findings, more = Findings(), f", initialize: {{checkpoint: run{wish}}}"
    (folder / "net.yaml").write_text(TEXT.format(classes=classes, more=more))
    program = compile_file(str(folder / "net.yaml"), findings=findings)
    assert program is not None and program.train is not None, findings.items
    section = program.train
    assert section.initialize is not None
    where = section.initialize.replace(checkpoint=str(folder / "run"))
    if where.map is not None:
        where = where.replace(map=str(folder / where.map))
    return Step(lower(program.graph), section.replace(initialize=where), Length(9, 3.0))


def trained(folder: Path, **more: np.ndarray) -> dict[str, np.ndarray]:
    """The weights of a run: a for three channels, b as a matrix, logits for two classes, and what else there is."""
    shapes = {
        "Net/a/weights": (3, 3, 3, 4),
        "Net/a/biases": (4,),
        "Net/b/weights": (4, 4),
        "Net/b/biases": (4,),
        "Net/logits/weights": (4, 2),
        "Net/logits/biases": (2,),
    }
    draw = np.random.default_rng(5)
    tensors = {name: draw.normal(size=shape).astype("float32") for name, shape in shapes.items()} | more
    checkpoint.save(folder / "run", 5, tensors, {})
    return tensors


def fates(began: Step) -> dict[str, str]:
    """What became of each variable."""
    found = _initialize(began)
    assert found is not None
    return {each["variable"]: each["fate"] for each in found.variables}


def test_each_variable_has_its_fate(tmp_path: Path) -> None:
    tensors = trained(tmp_path, **{"Net/old/weights": np.zeros((2, 2), "float32")})
    began = state(tmp_path, ", reinit: [logits], skip: [old, Net/logits]")
    fresh = np.asarray(began.network.table["Net/logits/weights"])
    assert fates(began) == {
        "Net/a/weights": "reused",
        "Net/a/biases": "reused",
        "Net/b/weights": "reshaped",
        "Net/b/biases": "reused",
        "Net/logits/weights": "re-initialised",
        "Net/logits/biases": "re-initialised",
        "Net/old/weights": "orphaned",
    }
    table = began.network.table
    np.testing.assert_array_equal(np.asarray(table["Net/b/weights"])[0, 0], tensors["Net/b/weights"])
    np.testing.assert_array_equal(table["Net/logits/weights"], fresh)


def test_only_some_layers(tmp_path: Path) -> None:
    tensors = trained(tmp_path, **{"Net/old/weights": np.zeros((2, 2), "float32")})
    began = state(tmp_path, ", only: [a]")
    fresh = np.asarray(began.network.table["Net/b/weights"])
    found = fates(began)
    assert {name for name, fate in found.items() if fate == "reused"} == {"Net/a/weights", "Net/a/biases"}
    assert found["Net/b/weights"] == "re-initialised" and found["Net/old/weights"] == "orphaned"
    np.testing.assert_array_equal(began.network.table["Net/a/weights"], tensors["Net/a/weights"])
    np.testing.assert_array_equal(began.network.table["Net/b/weights"], fresh)


def test_what_is_not_declared_is_one_finding(tmp_path: Path) -> None:
    trained(tmp_path, **{"Net/old/weights": np.zeros((2, 2), "float32"), "Net/b/weights": np.zeros((4, 5), "float32")})
    began = state(tmp_path, "")
    before = {name: np.asarray(value) for name, value in began.network.table.items()}
    with pytest.raises(Stop) as problem:
        _initialize(began)
    (found,) = problem.value.diagnostics
    assert found.code == "AS721"
    assert "of 6 variables 3 of another shape and 1 of its variables has no place in the network" in found.message
    notes = [note.message for note in found.notes]
    assert "Net/b/weights is 1x1x4x4 here and 4x5 there" in notes
    assert "Net/old/weights is there, and not here" in notes
    assert found.help is not None and "reinit: […]" in found.help and "`skip`" in found.help
    for name, value in before.items():
        np.testing.assert_array_equal(began.network.table[name], value)


def test_a_skip_that_means_nothing(tmp_path: Path) -> None:
    trained(tmp_path)
    with pytest.raises(Stop, match="`skip` names `logit`, and neither Net nor ") as problem:
        _initialize(state(tmp_path, ", reinit: [logits], skip: [logit]"))
    assert problem.value.diagnostics[0].help == "did you mean logits?"


def test_weights_of_another_network_are_called_what_they_are(tmp_path: Path) -> None:
    program = compile_file("zoo:lenet", findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph).table.items()}
    checkpoint.save(tmp_path / "run", 5, tensors, {})
    with pytest.raises(Stop) as problem:
        _initialize(state(tmp_path, ""))
    assert "the checkpoint is of another network: it looks like zoo:lenet" in str(problem.value.diagnostics[0].help)


def test_a_background_class_is_said(tmp_path: Path) -> None:
    trained(tmp_path, **{"Net/logits/weights": np.zeros((4, 1001), "f"), "Net/logits/biases": np.zeros(1001, "f")})
    with pytest.raises(Stop) as problem:
        _initialize(state(tmp_path, "", classes=1000))
    help = str(problem.value.diagnostics[0].help)
    assert "1001 classes (ImageNet's 1000 and a background class 0), not 1000" in help and "reinit: [" in help


def test_other_names_by_a_map(tmp_path: Path) -> None:
    trained(tmp_path)
    rule = "- {from: 'Net/{layer}/{leaf}', to: 'Net/{layer}/{leaf}'}"
    (tmp_path / "map.yaml").write_text(f"archspec_map: 1\nvariables:\n{rule}\nskip: ['Net/logits/*']\n")
    found = fates(state(tmp_path, ", reinit: [logits], map: map.yaml"))
    assert "Net/logits/weights" in found and found["Net/b/weights"] == "reshaped"


def test_inspect_with_a_spec_says_what_training_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained(tmp_path)
    state(tmp_path, ", reinit: [logits]")
    run, spec = str(tmp_path / "run"), str(tmp_path / "net.yaml")
    assert main(["checkpoint", "inspect", run, "--spec", spec]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "3 reused, 1 reshaped, 2 re-initialised"
    assert next(line.split() for line in lines if "reshaped" in line) == [
        "Net/b/weights",
        "reshaped",
        "4x4",
        "to",
        "1x1x4x4",
    ]
    assert main(["checkpoint", "inspect", run, "--spec", spec, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"reused": 3, "reshaped": 1, "re-initialised": 2}
