"""`archspec checkpoint`: what is in a file, the same weights as another kind, what differs between two."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime import checkpoint
from archspec.runtime.lower import lower
from archspec.runtime.weights.read import open_weights
from archspec.weights import safetensors
from archspec.weights.tensors import AVERAGE

SPEC = """archspec: 1
name: Net
hyperparameters: {classes: 5}
inputs: {image: {shape: [8, 8, 3]}}
layers: [conv1: {conv2d: 4, kernel: 3, norm: batch_norm}, pool: global_avg_pool, logits: {dense: $classes}]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with net.yaml and a run of it at step 7: slots and an average beside its weights."""
    (tmp_path / "net.yaml").write_text(SPEC)
    program = compile_file(str(tmp_path / "net.yaml"), findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph, seed=3).table.items()}
    weights = tensors["Net/logits/weights"]
    tensors |= {"Net/logits/weights/Momentum": weights, "Net/logits/weights" + AVERAGE: weights + 1}
    checkpoint.save(tmp_path / "run", 7, tensors | {"global_step": np.asarray(7)}, {})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What the command prints, on both streams; it must end with this exit code."""
    found = main(["checkpoint", *words])
    printed = capsys.readouterr()
    assert found == code, printed
    return printed.out + printed.err


def test_inspect(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "inspect", "run").splitlines()
    assert lines[0] == "run: a checkpoint of archspec, of step 7"
    assert all(len(line) <= 80 for line in lines)
    row = next(line.split() for line in lines if line.startswith("Net/conv1/weights"))
    assert row == ["Net/conv1/weights", "float32", "3x3x3x4", "432"]
    assert "7 variables, 149 numbers, 596 bytes, float32" in lines
    assert " ".join(lines).partition("and 3 of the training: ")[2].startswith("Net/logits/weights/")
    found = json.loads(said(capsys, "inspect", "run", "--format", "json"))
    assert (found["kind"], found["step"], found["looks_like"]) == ("a checkpoint of archspec", 7, None)
    assert {"name": "Net/logits/weights", "shape": [4, 5], "dtype": "float32", "bytes": 80} in found["variables"]


def test_convert_to_every_kind_and_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for to in ("a.ckpt", "b.safetensors", "c.keras", "d.weights.h5", "e"):
        spec = ["--spec", "net.yaml"] if to in ("c.keras", "d.weights.h5") else []
        text = said(capsys, "convert", "run", to, *spec)
        assert text.startswith(f"7 variables of run (a checkpoint of archspec) written to {to}\nleft out: ")
        back = f"back-{to}.ckpt"
        said(capsys, "convert", to, back)
        assert "0 differences, 7 variables equal" in said(capsys, "diff", "a.ckpt", back)
        # What is evaluated is the moving average.
        averaged = open_weights("run").read("Net/logits/weights" + AVERAGE)
        np.testing.assert_array_equal(open_weights(back).read("Net/logits/weights"), averaged)
    assert open_weights("e").step == open_weights("a.ckpt").step == open_weights("b.safetensors").step == 7
    said(capsys, "convert", "run", "raw.safetensors", "--raw-weights")
    raw = open_weights("raw.safetensors").read("Net/logits/weights")
    np.testing.assert_array_equal(raw, open_weights("run").read("Net/logits/weights"))


def test_convert_writes_over_nothing_unless_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "convert", "run", "a.ckpt")
    before = {path.name: path.read_bytes() for path in place.glob("a.ckpt*")}
    text = said(capsys, "convert", "run", "a.ckpt", "--raw-weights", code=1)
    assert "AS773 a.ckpt.index is there already" in text and "--force" in text
    assert {path.name: path.read_bytes() for path in place.glob("a.ckpt*")} == before
    said(capsys, "convert", "run", "a.ckpt", "--raw-weights", "--force")
    assert {path.name: path.read_bytes() for path in place.glob("a.ckpt*")} != before
    assert not [name for name in os.listdir(place) if name.startswith(".")]


def test_convert_for_a_spec_takes_its_variables_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "convert", "run", "a.safetensors", "--spec", "net.yaml", "--set", "classes=6", code=1)
    assert "AS721" in text and "the last axis is 6 here and 5 there" in text and "--set classes=5" in text
    assert not (place / "a.safetensors").exists()
    text = said(capsys, "convert", "run", "a.keras", code=1)
    assert "AS927 a.keras holds a network's variables" in text


def test_diff(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = compile_file("net.yaml", findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph, seed=3).table.items()}
    checkpoint.save("one", 1, tensors, {})
    tensors["Net/logits/biases"] = tensors["Net/logits/biases"] + np.float32(1e-3)
    tensors["Net/conv1/BatchNorm/beta"] = np.zeros(3, "float32")
    tensors["Net/more"] = tensors.pop("Net/conv1/weights")
    checkpoint.save("other", 1, tensors, {})
    text = said(capsys, "diff", "one", "other", code=1)
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines() if line.startswith("Net/")}
    assert rows == {
        "Net/conv1/weights": "only in one",
        "Net/more": "only in other",
        "Net/conv1/BatchNorm/beta": "4 and 3",
        "Net/logits/biases": "other values 0.001",
    }
    assert text.splitlines()[-1] == "4 differences, 4 variables equal"
    found = json.loads(said(capsys, "diff", "one", "other", "--tolerance", "0.01", "--format", "json", code=1))
    assert (found["same"], found["other_values"], found["equal"]) == (False, {}, 5)
    assert found["other_shapes"] == {"Net/conv1/BatchNorm/beta": [[4], [3]]}
    shutil.rmtree("other")
    tensors = {name: np.asarray(value) for name, value in lower(program.graph, seed=3).table.items()}
    tensors["Net/logits/biases"] = np.full(5, np.nan, "float32")
    checkpoint.save("other", 1, tensors, {})
    assert said(capsys, "diff", "other", "other").startswith("0 differences")
    assert "inf" in said(capsys, "diff", "one", "other", "--tolerance", "9", code=1)


def test_inspect_and_diff_import_tensorflow_only_where_it_must_read(place: Path) -> None:
    """Names, shapes, the network of the zoo, another spec's and a refusal: a second each, and not five."""
    program = compile_file("zoo:lenet", settings={"num_classes": "7"}, findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph).table.items()}
    with open("w.safetensors", "wb") as file:
        safetensors.write(file, tensors, {})
    np.savez("w.npz", **tensors)
    Path("w.pth").write_bytes(b"\x80\x02}q\x00.")
    code = """import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
from archspec.cli import main
for words in ("inspect w.safetensors", "diff w.safetensors w.npz", "inspect w.npz --spec net.yaml", "inspect w.pth"):
    print(words, main(["checkpoint", *words.split()]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert "looks like zoo:lenet with 7 classes, not 10" in lines
    assert [line for line in lines if line.startswith(("inspect ", "diff "))] == [
        "inspect w.safetensors 0",
        "diff w.safetensors w.npz 0",
        "inspect w.npz --spec net.yaml 1",
        "inspect w.pth 1",
    ], done.stderr
    assert "it looks like zoo:lenet" in done.stderr and "w.pth is a PyTorch file" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (["inspect", "run", "run"], "takes 1 file", 2),
        (["diff", "run"], "takes 2 files", 2),
        (["diff", "run", "run", "--tolerance", "-1"], "--tolerance -1 is no distance", 2),
        (["convert", "run", "w.pth"], "no kind of weights ends in .pth", 2),
        (["convert", "run", "w.npz"], "which archspec reads and does not write", 2),
        (["convert", "run", "w", "--to", "keras"], "w does not end in .keras", 2),
        (["inspect", "run", "--set", "a=1"], "--set says a value of a spec", 2),
        (["inspect", "nowhere"], "nowhere is not there", 1),
        (["inspect", "run", "--map", "nowhere"], "there is no map nowhere", 1),
    ],
)
def test_what_does_not_go_together(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str, code: int
) -> None:
    assert sentence in said(capsys, *words, code=code)


def test_a_pickle_is_refused_with_what_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "w.pth").write_bytes(b"\x80\x02}q\x00.")
    text = said(capsys, "inspect", "w.pth", code=1)
    assert "w.pth is a PyTorch file" in text
    assert "runs whatever code" in text and "safetensors.torch.save_file" in text


def test_a_network_of_the_zoo_is_recognised(place: Path, capsys: pytest.CaptureFixture[str], specs: Path) -> None:
    """By its names; 1000 against 1001 classes is said; another spec that is given it hears what it is."""
    program = compile_file(str(specs / "lenet.yaml"), settings={"num_classes": "7"}, findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph).table.items()}
    checkpoint.save("lenet", 1, tensors, {})
    assert said(capsys, "inspect", "lenet").splitlines()[-1] == "looks like zoo:lenet with 7 classes, not 10"
    text = said(capsys, "convert", "lenet", "w.ckpt", "--spec", "net.yaml", code=1)
    assert "the checkpoint is of another network: it looks like zoo:lenet" in text
    spec = str(specs / "mobilenet_v1_025.yaml")
    program = compile_file(spec, settings={"num_classes": "1000"}, findings=Findings())
    assert program is not None
    tensors = {name: np.asarray(value) for name, value in lower(program.graph).table.items()}
    checkpoint.save("mobile", 1, tensors, {})
    found = json.loads(said(capsys, "inspect", "mobile", "--format", "json"))["looks_like"]
    assert found == {
        "network": "zoo:mobilenet_v1_025",
        "names": True,
        "map": None,
        "classes": 1000,
        "classes_of_spec": 1001,
    }
    text = said(capsys, "inspect", "mobile", "--spec", spec, code=1)
    assert "1000 classes (ImageNet's, without a background class), not 1001" in text
    assert "--set num_classes=1000" in text
