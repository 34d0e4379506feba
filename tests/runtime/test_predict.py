"""`archspec predict` says what Google's own graph says of the same photographs, and writes arrays whole or not."""

from __future__ import annotations

import argparse
import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archspec.cli import predict
from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop
from archspec.runtime import checkpoint
from archspec.runtime.answers import write_arrays
from archspec.runtime.labels import labels_of_run, read_labels
from archspec.runtime.lower import lower
from archspec.runtime.predict import main_endpoints, scores_endpoint

CHECKPOINTS = {128: "mobilenet_v1_0.25_128", 224: "mobilenet_v1_0.25_224_2017"}


def command(*words: Any) -> int:
    """Run `archspec predict` with these words."""
    parser = argparse.ArgumentParser()
    predict.add(parser.add_subparsers())
    arguments = parser.parse_args(["predict", *map(str, words)])
    return int(arguments.run(arguments))


def said(problem: pytest.ExceptionInfo[Stop]) -> str:
    [diagnostic] = problem.value.diagnostics
    return f"{diagnostic.code} {diagnostic.message} {diagnostic.help}"


@pytest.fixture
def mobilenet(shared: Path) -> Path:
    return shared / "data" / "mobilenet"


SPEC = """
archspec: 1
name: Small
hyperparameters: {classes: 3}
inputs: {image: {shape: [8, 8, 3]}}
layers:
- conv1: {conv2d: 4, kernel: 3, activation: relu}
- pool: global_avg_pool
- fc: {dense: $classes, endpoint: Logits}
- Predictions: softmax
eval: {preprocess: [{resize: 8}, {normalize: [127.5], scale: 127.5}]}
"""


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """(a spec, a run's folder with its trained weights and the names of its classes)."""
    from archspec.compiler.program import compile_file
    from archspec.diagnostics import Findings

    spec, run = tmp_path / "small.yaml", tmp_path / "runs" / "small"
    spec.write_text(SPEC)
    findings = Findings()
    program = compile_file(str(spec), findings=findings)
    assert program is not None, findings.items
    network = lower(program.graph, seed=5)
    checkpoint.save(run, 30, {name: variable.numpy() for name, variable in network.table.items()}, {})
    (run / "labels.txt").write_text("0:cat\n1:dog\n2:owl\n")
    return spec, run


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for i, path in enumerate(paths):
        pixels = np.random.default_rng(i).integers(0, 256, (12, 10, 3), np.uint8)
        path.write_bytes(tf.io.encode_png(pixels).numpy())
    return paths


@pytest.mark.parametrize("size", CHECKPOINTS)
def test_photographs_are_what_the_original_says(
    mobilenet: Path, specs: Path, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = json.loads((mobilenet / "expected_top5.json").read_text())[CHECKPOINTS[size]]["top5"]
    photos = [mobilenet / "photos" / name for name in expected]
    labels = mobilenet / "imagenet_labels_1001.txt"
    trained = mobilenet / f"{CHECKPOINTS[size]}.ckpt"
    spec = specs / "mobilenet_v1_025.yaml"
    words = [spec, "--set", f"image_size={size}", "--checkpoint", trained, "--labels", labels, "--format", "json"]
    assert command(*words, *photos) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(photo["input"]).name for photo in found] == list(expected)
    for photo, classes in zip(found, expected.values(), strict=True):
        assert [best["class"] for best in photo["top"]] == [best["index"] for best in classes]
        assert [best["label"] for best in photo["top"]] == [best["label"] for best in classes]
        np.testing.assert_allclose(
            [best["probability"] for best in photo["top"]], [best["probability"] for best in classes], atol=1e-4
        )


def test_arrays_by_endpoint_name(
    small: tuple[Path, Path], pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, run = small
    output = tmp_path / "out.npz"
    assert command(spec, "--checkpoint", run, *pictures, "--output", output) == 0
    with np.load(output) as arrays:
        assert set(arrays) == {"Logits", "Predictions"}
        odds = np.exp(arrays["Logits"].astype(np.float64))
        np.testing.assert_allclose(arrays["Predictions"], odds / odds.sum(-1, keepdims=True), rtol=1e-5)
        best = arrays["Predictions"].argmax(-1)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == str(pictures[0])
    assert printed[1].endswith(f"{['cat', 'dog', 'owl'][best[0]]} ({best[0]})")

    command(spec, "--checkpoint", run, *pictures, "--output", output, "--endpoints", "all")
    with np.load(output) as arrays:
        assert {"conv1", "pool", "fc", "Logits", "Predictions"} <= set(arrays)
        assert arrays["conv1"].shape == (3, 8, 8, 4)
        np.testing.assert_allclose(arrays["pool"], arrays["conv1"].mean((1, 2)), rtol=1e-5)
    command(spec, "--checkpoint", run, *pictures, "--output", output, "--endpoints", "pool,conv1")
    with np.load(output) as arrays:
        assert set(arrays) == {"pool", "conv1"}


def test_features_of_a_checkpoint_without_the_classifier(
    small: tuple[Path, Path], pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, run = small
    command(spec, "--checkpoint", run, *pictures, "--endpoints", "pool", "--output", tmp_path / "all.npz")
    saved = checkpoint.latest(run)
    assert saved is not None
    weights = {name: value for name, value in saved.tensors.items() if "/fc/" not in name}
    checkpoint.save(tmp_path / "body", 30, weights, {})
    words = [spec, "--checkpoint", tmp_path / "body", *pictures, "--output", tmp_path / "features.npz"]
    with pytest.raises(Stop, match="of 4 variables 2 missing"):
        command(*words)
    capsys.readouterr()
    assert command(*words, "--until", "pool") == 0
    assert capsys.readouterr().out == "pool  3x4\n"
    with np.load(tmp_path / "all.npz") as expected, np.load(tmp_path / "features.npz") as found:
        assert set(found) == {"pool"}
        np.testing.assert_array_equal(found["pool"], expected["pool"])


def test_pictures_and_prepared_arrays_agree(
    small: tuple[Path, Path], pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, run = small
    prepared = []
    for picture in pictures:
        pixels = tf.io.decode_png(picture.read_bytes()).numpy()[np.newaxis].astype(np.float32)
        prepared.append(tf.raw_ops.ResizeBilinear(images=pixels, size=[8, 8])[0] / 127.5 - 1.0)
    np.save(tmp_path / "in.npy", np.stack(prepared))
    command(spec, "--checkpoint", run, *pictures, "--output", tmp_path / "a.npz")
    command(spec, "--checkpoint", run, tmp_path / "in.npy", "--output", tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        np.testing.assert_allclose(a["Logits"], b["Logits"], atol=1e-5)
    assert f"{tmp_path / 'in.npy'}[2]" in capsys.readouterr().out


def test_many_inputs_come_in_order(small: tuple[Path, Path], tmp_path: Path) -> None:
    spec, run = small
    inputs = np.random.default_rng(0).uniform(-1, 1, (75, 8, 8, 3)).astype("float32")
    np.save(tmp_path / "in.npy", inputs)
    command(spec, "--checkpoint", run, tmp_path / "in.npy", "--output", tmp_path / "all.npz")
    np.save(tmp_path / "last.npy", inputs[70:])
    command(spec, "--checkpoint", run, tmp_path / "last.npy", "--output", tmp_path / "last.npz")
    with np.load(tmp_path / "all.npz") as whole, np.load(tmp_path / "last.npz") as last:
        assert whole["Logits"].shape == (75, 3)
        np.testing.assert_allclose(whole["Logits"][70:], last["Logits"], atol=1e-5)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((2, 8, 8, 3)), "holds float64, and the network takes float32"),
        (np.zeros((8, 8, 3), "float32"), "has shape 8x8x3, and the network takes batch x 8x8x3"),
        (np.zeros((2, 3, 8, 8), "float32"), "has shape 2x3x8x8"),
        (np.zeros((0, 8, 8, 3), "float32"), "has shape 0x8x8x3"),
        (np.full((2, 8, 8, 3), [0, np.nan, 0], "float32"), "holds NaN or infinity in example 0"),
        (np.array([{"a": 1}], dtype=object), "is no array saved without pickle"),
    ],
)
def test_an_array_that_does_not_fit(small: tuple[Path, Path], tmp_path: Path, array: np.ndarray, sentence: str) -> None:
    np.save(tmp_path / "in.npy", array, allow_pickle=True)
    with pytest.raises(Stop) as problem:
        command(small[0], "--checkpoint", small[1], tmp_path / "in.npy", "--output", tmp_path / "out.npz")
    assert sentence in said(problem)
    assert not (tmp_path / "out.npz").exists()


NO_ARRAYS = [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x05\x00{{{{{", b"PK\x03\x04", b"GIF89a" * 9]


@pytest.mark.parametrize("content", NO_ARRAYS)
def test_a_file_that_is_no_array(small: tuple[Path, Path], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.npy").write_bytes(content)
    with pytest.raises(Stop, match=r"in\.npy (is no array|can't be read)"):
        command(small[0], "--checkpoint", small[1], tmp_path / "in.npy")


def test_wrong_words(small: tuple[Path, Path], pictures: list[Path], tmp_path: Path) -> None:
    spec, run = small
    cases = {
        "AS923": [pictures[0], "in.npy"],
        "AS922": [pictures[0], "--top", "0"],
        "AS924": [pictures[0], "--endpoints", "all"],
        "AS925": [pictures[0], "--endpoints", "conv2", "--output", tmp_path / "o.npz"],
        "AS921": [pictures[0], "--set", "classes"],
    }
    for code, words in cases.items():
        with pytest.raises(Stop) as problem:
            command(spec, "--checkpoint", run, *words)
        assert said(problem).startswith(code)
        assert problem.value.exit_code == 2
    with pytest.raises(Stop) as problem:
        command(spec, "--checkpoint", run, pictures[0], "--endpoints", "conv2", "--output", tmp_path / "o.npz")
    assert "did you mean conv1?" in said(problem)


def test_a_picture_that_is_none(small: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    for name in ("cat.jpg", "nowhere.jpg"):
        with pytest.raises(Stop, match=name):
            command(small[0], "--checkpoint", small[1], tmp_path / name)


def test_folders_patterns_and_bad_pictures_as_a_table(
    small: tuple[Path, Path], pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, below = tmp_path / "all", tmp_path / "all" / "below"
    below.mkdir(parents=True)
    for source, target in zip(pictures, (folder / "b.png", below / "a.PNG", below / "c.png"), strict=True):
        target.write_bytes(source.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    (below / "b.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    words = [small[0], "--checkpoint", small[1], "--top", "2"]
    with pytest.raises(Stop, match=r"b\.jpg") as problem:
        command(*words, folder, "--output", tmp_path / "o.csv")
    assert problem.value.exit_code == 1
    with (tmp_path / "o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == [str(folder / "b.png"), str(below / "a.PNG"), str(below / "c.png")]
    assert capsys.readouterr().out == ""
    assert command(*words, "--format", "json", *(row["input"] for row in rows)) == 0
    expected = json.loads(capsys.readouterr().out)
    for row, answer in zip(rows, expected, strict=True):
        first, second = answer["top"]
        assert (row["class"], row["label"], row["label_2"]) == (str(first["class"]), first["label"], second["label"])
        assert float(row["probability"]) == pytest.approx(first["probability"], rel=1e-5)
    assert command(*words, "--format", "jsonl", f"{below}/*.[pP]*") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["input"] for line in lines] == [str(below / "a.PNG"), str(below / "c.png")]
    (below / "d.jpg").write_bytes(b"")
    with pytest.raises(Stop, match="2 pictures cannot be read") as problem:
        command(*words, folder)
    assert [note.message for note in problem.value.diagnostics[0].notes if "d.jpg" in note.message]
    assert "JPEG, PNG, GIF, BMP and WebP can be read" in str(problem.value.diagnostics[0].help)
    for nothing in (tmp_path / "runs", f"{tmp_path}/*.gif"):
        with pytest.raises(Stop, match="has no pictures"):
            command(*words, nothing)
    with pytest.raises(Stop, match="does not say in which format"):
        command(*words, folder, "--output", tmp_path / "o.txt")


FACES = """
archspec: 1
name: Faces
inputs: {image: {shape: [8, 8, 3]}}
layers: [pool: global_avg_pool, kind: {dense: 3}, age: {dense: 1, from: pool}]
outputs: {kind: kind, age: age}
train:
  data: {csv: d.csv, features: {image: {image: path}, who: {class: who}, years: {number: years}}}
  preprocess: [{resize: 8}]
  losses: {kind: {softmax_cross_entropy: kind, target: who}, age: {huber: age, target: years}}
  optimizer: {sgd: 0.1}
  batch: 4
eval: {preprocess: [{resize: 8}], metrics: {error: {mean_absolute_error: age, target: years}}}
"""


def test_outputs_that_are_numbers_are_said_beside_the_classes(
    pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from archspec.compiler.program import compile_file
    from archspec.diagnostics import Findings

    (tmp_path / "faces.yaml").write_text(FACES)
    program = compile_file(str(tmp_path / "faces.yaml"), findings=Findings())
    assert program is not None and scores_endpoint(program) == "kind"
    network = lower(program.graph, seed=5)
    checkpoint.save(tmp_path / "run", 3, {name: np.asarray(v) for name, v in network.table.items()}, {})
    assert command(tmp_path / "faces.yaml", "--checkpoint", tmp_path / "run", *pictures, "--format", "jsonl") == 0
    for path, line in zip(pictures, capsys.readouterr().out.splitlines(), strict=True):
        found = json.loads(line)
        pixels = tf.io.decode_png(path.read_bytes()).numpy()[np.newaxis].astype(np.float32) / 255
        resized = tf.raw_ops.ResizeBilinear(images=pixels, size=[8, 8])
        outputs = network.endpoints(resized, ["age", "kind"])
        assert found["outputs"]["age"] == pytest.approx([float(outputs["age"][0, 0])], abs=1e-4)
        assert found["top"][0]["class"] == int(np.argmax(outputs["kind"]))
    assert command(tmp_path / "faces.yaml", "--checkpoint", tmp_path / "run", pictures[0], "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(",age")


def test_other_weights_are_refused(small: tuple[Path, Path], pictures: list[Path]) -> None:
    labels = small[1] / "four.txt"
    labels.write_text("a\nb\nc\nd\n")
    with pytest.raises(Stop, match="does not fit Small"):
        command(small[0], "--checkpoint", small[1], "--set", "classes=4", *pictures, "--labels", labels)
    with pytest.raises(Stop, match="has names for 3 classes, and the network has 4"):
        command(small[0], "--checkpoint", small[1], "--set", "classes=4", *pictures)


def test_labels_in_either_form(tmp_path: Path) -> None:
    plain, numbered = tmp_path / "plain.txt", tmp_path / "numbered.txt"
    plain.write_text("background\ncat\n3:d\n\n", "utf-8")
    numbered.write_text("2:owl: the bird\n0: background\n", "utf-8")
    assert read_labels(plain, 3) == {0: "background", 1: "cat", 2: "3:d"}
    assert read_labels(numbered, 3) == {0: "background", 2: "owl: the bird"}
    with pytest.raises(Stop) as problem:
        read_labels(plain, 4)
    assert "class 0 is the background" in said(problem)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "empty").write_bytes(b"")
    numbered.write_text("1:a\n1:b\n")
    os.mkfifo(tmp_path / "pipe")
    for name in ("bytes", "empty", "missing", "numbered.txt", "pipe"):
        with pytest.raises(Stop) as problem:
            read_labels(tmp_path / name, 3)
        assert "AS728" in said(problem)


def test_a_run_knows_its_labels(small: tuple[Path, Path], tmp_path: Path) -> None:
    _, run = small
    step = run / "checkpoints" / "step-00000030"
    for where in (run, run / "checkpoints", step, step / "model.ckpt-30"):
        assert labels_of_run(str(where)) == run / "labels.txt"
    assert labels_of_run(str(tmp_path)) is None


def test_imagenet_labels(mobilenet: Path) -> None:
    labels = read_labels(mobilenet / "imagenet_labels_1001.txt", 1001)
    assert (labels[0], labels[1], len(labels)) == ("background", "tench, Tinca tinca", 1001)


def test_arrays_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.npz"
    target.write_text("older")
    with pytest.raises(Stop, match="can't be written"):
        write_arrays(str(tmp_path / "nowhere" / "out.npz"), {"a": np.zeros(3)})
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(str(target), {"a": np.zeros(3), "b": np.array([None])})
    assert target.read_text() == "older"
    assert list(tmp_path.iterdir()) == [target]
    write_arrays(str(target), {"file": np.arange(3), "block1/unit_1": np.ones(2)})
    with np.load(target) as arrays:
        assert set(arrays) == {"file", "block1/unit_1"}
        np.testing.assert_array_equal(arrays["file"], np.arange(3))


def test_endpoints_that_matter(specs: Path) -> None:
    from archspec.compiler.program import compile_file
    from archspec.diagnostics import Findings

    program = compile_file(str(specs / "inception_v3.yaml"), findings=Findings())
    assert program is not None
    assert main_endpoints(program) == ["Predictions", "Logits"]
    assert scores_endpoint(program) == "Predictions"


def test_features_have_no_classes(tiny: Graph) -> None:
    from archspec.compiler.program import Program

    features = Graph(tiny.name, tiny.inputs, tiny.nodes, {"pool": "pool"}, "pool")
    program = Program("f.yaml", "f", "", "", features, {})
    assert main_endpoints(program) == ["pool"]
    assert scores_endpoint(program) is None
