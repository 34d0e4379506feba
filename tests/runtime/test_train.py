"""`archspec train` as its users see it: what it writes and says, and what it says when something is wrong."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.patience import since_the_best
from archspec.runtime.progress import Bar
from archspec.runtime.run import Run
from archspec.runtime.saving import save
from archspec.runtime.step import Step
from tests.runtime.training import FULL, PLAIN, command, finished, metrics, newest, spec_file, train

NUMBERS = {"step": 12345, "epoch": 61.7, "loss": 2.3026, "accuracy": 0.103, "lr": 0.00045, "images_per_second": 1234.5}


def test_run_folder_holds_what_was_trained_and_what_came_of_it(whole: Path) -> None:
    *lines, evaluated = metrics(whole)
    assert [line["step"] for line in lines] == list(range(1, 11))
    assert {"epoch", "loss", "loss/main", "accuracy", "lr", "gradient_norm", "images_per_second"} <= lines[0].keys()
    # 40 examples in batches of 8: the rate falls to 0.9 of itself after every fifth step.
    assert [line["epoch"] for line in lines] == pytest.approx([step / 5 for step in range(1, 11)])
    assert [line["lr"] for line in lines] == pytest.approx([0.05] * 5 + [0.05 * 0.9] * 5)
    assert evaluated.keys() == {"step", "eval/right", "eval/loss"} and 0 <= evaluated["eval/right"] <= 1
    record = json.loads((whole / "run.json").read_text())
    assert record["settings"]["train.batch"] == "8" and record["environment"]["tensorflow"]
    assert (whole / "spec" / "net.yaml").read_text() == FULL
    assert (whole / "labels.txt").read_text() == "0:dark\n1:light\n"


def test_it_says_nothing_else_and_nothing_in_colour(whole: Path) -> None:
    said = (whole.parent / "said.txt").read_text().splitlines()
    step = r"step \d+/10  epoch [\d.]+/2  loss [\d.]+  accuracy [\d.]+  lr 0\.0\d+  [\d.]+ images/s(  \d+s left)?"
    expected = [
        "trained 10 steps, loss .*; the run is in .*",
        r"evaluated on \S*images\d* \(validation\), 10 images: right [\d.]+, loss [\d.]+",
    ]
    expected += [r"data          \S*images\d* \(train\), 40 images, 2 classes: dark, light"]
    expected += [
        r"evaluated on  \S*images\d* \(validation\), 10 images",
        r"network       Net, 778 parameters",
        "device        .*",
    ]
    expected += [r"length        10 steps of 8, 2 epochs", r"run           .*/run"]
    expected += ["building the graph …", step, step]
    assert len(said) == len(expected), said
    assert all(re.fullmatch(form, line) for form, line in zip(expected, said, strict=True)), said


def test_tensorboard_reads_the_events(whole: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole / "train"))
    events.Reload()
    assert [event.step for event in events.Tensors("loss")] == list(range(1, 11))
    assert "lr" in events.Tags()["tensors"]


def test_json_lines_for_programs(images: Path, tmp_path: Path) -> None:
    words = ["--steps", "2", "--format", "json", "--eval"]
    done = train(spec_file(tmp_path, FULL), images, tmp_path / "run", *words)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 2]
    assert lines[-1]["run"] == str(tmp_path / "run") and lines[-1]["eval"].keys() == {"right", "loss"}
    assert done.stderr == ""


def test_bar_fits_a_terminal_of_80_columns() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True, color_system=None)
    bar = Bar(1281167, 0, console)
    bar.show(NUMBERS, ["epoch 61.7/90", "1234.5 images/s", "103h27m left"])
    console.print(bar.live.get_renderable())
    first, second, third = screen.getvalue().splitlines()
    assert (
        re.fullmatch(r"step +12345/1281167 [━╸╺ ]+ +1% epoch 61.7/90  1234.5 images/s  103h27m left *", first)
        and len(first) <= 80
    )
    assert second.strip() == "loss 2.3026   accuracy 0.103   lr 0.00045"
    # The terminal's ^C has room there.
    assert third == ""
    bar.say_last("stopping")
    bar.show(NUMBERS, [])
    screen.truncate(screen.seek(0))
    console.print(bar.live.get_renderable())
    assert screen.getvalue().splitlines()[1:] == ["stopping", ""]


def test_loss_that_is_not_finite_names_the_layer_and_its_line(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    done = train(spec, images, run, "--set", "rate=1e38", "--save-every", "1")
    assert done.returncode == 1
    assert re.search(r"net\.yaml:\d+:\d+: AS736 .* in step \d+", done.stderr), done.stderr
    assert all(np.isfinite(tensor).all() for tensor in newest(run).tensors.values())


def test_state_that_is_not_finite_is_not_saved(tmp_path: Path) -> None:
    program = compile_file(str(spec_file(tmp_path, FULL)), findings=Findings())
    assert program is not None and program.train is not None
    state = Step(lower(program.graph), program.train, Length(10, 5.0))
    state.network.table["Net/b/weights"].assign(np.full(state.network.table["Net/b/weights"].shape, np.inf))
    with pytest.raises(Stop, match="Net/b/weights infinite or NaN") as caught:
        save(Run(tmp_path / "run"), state)
    span = caught.value.diagnostics[0].span
    assert span is not None and span.line == FULL[: FULL.index("- b:")].count("\n") + 1
    assert not (tmp_path / "run").exists()


def test_run_without_a_checkpoint_may_be_started_again(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    diverging = spec_file(tmp_path, FULL.replace("l2: 1e-3}", "l2: 1e-3, initializer: {constant: 1e38}}"))
    assert "AS736" in train(diverging, images, run).stderr
    done = train(diverging, images, run, "--resume")
    assert (done.returncode, "AS734" in done.stderr) == (1, True), done.stderr
    done = train(spec_file(tmp_path, FULL), images, run, "--steps", "3")
    assert done.returncode == 0, done.stderr
    assert [line["step"] for line in metrics(run)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        (FULL, ["--resume"], "AS734"),
        (FULL.partition("train:")[0], [], "AS603"),
        (FULL.replace("dense: 2", "dense: 1"), [], "AS610"),
        (FULL.replace("  steps: 10\n", ""), [], "AS604"),
        (FULL, ["--batch", "0"], "AS902"),
    ],
    ids=["nothing to resume", "no train section", "too few classes", "no length", "batch 0"],
)
def test_mistake_is_one_sentence(text: str, words: list[str], code: str, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, text), images, tmp_path / "run", *words)
    assert done.returncode in (1, 2) and code in done.stderr.splitlines()[0], done.stderr
    assert not (tmp_path / "run").exists()


def test_folder_that_cannot_be_written_is_a_sentence(images: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "file" / "run")
    assert (done.returncode, done.stderr.startswith("AS730")) == (1, True), done.stderr
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "file")
    assert done.returncode == 1 and "file cannot be written: there is a file of that name" in done.stderr


def broken(images: Path, folder: Path, split: str) -> Path:
    """Data with one good picture of each class and split, and one in a split that is not a picture."""
    for place in (folder / part / name for part in ("train", "validation") for name in ("dark", "light")):
        place.mkdir(parents=True)
        (place / "good.png").write_bytes((images / place.relative_to(folder) / "00.png").read_bytes())
    (folder / split / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


@pytest.mark.parametrize("split", ["train", "validation"])
def test_picture_that_cannot_be_read_is_named(split: str, images: Path, tmp_path: Path) -> None:
    data, run = broken(images, tmp_path / "data", split), tmp_path / "run"
    done = train(spec_file(tmp_path, FULL), data, run, "--steps", "1", "--eval")
    assert done.returncode == 1
    assert re.search(r"AS711 .*broken\.png is a damaged PNG file", done.stderr), done.stderr


def test_mistake_in_evaluation_is_said_before_training(images: Path, tmp_path: Path) -> None:
    data, run = broken(images, tmp_path / "data", "train"), tmp_path / "run"
    (data / "train" / "dark" / "broken.png").unlink()
    without_resize = FULL.replace("{resize: 12}, ", "")
    done = finished(command(spec_file(tmp_path, without_resize), data, run))
    assert done.returncode == 1 and re.match(r".*net\.yaml:\d+:\d+: AS712", done.stderr), done.stderr
    for picture in (data / "validation").rglob("*.png"):
        picture.unlink()
    done = finished(command(spec_file(tmp_path, FULL), data, run))
    assert done.returncode == 1 and re.match(r"AS70\d", done.stderr), done.stderr
    assert not run.exists()


EARLY = FULL.replace("every: null", "every: 2 steps").replace(
    "metrics: {right", "metrics: {overlap: {mean_iou: logits}, right"
)


def test_training_ends_early_where_evaluation_gets_no_better(images: Path, tmp_path: Path) -> None:
    text = EARLY.replace("average: 0.9", "average: 0.9\n  best: right\n  early_stopping: {patience: 2, least: 0.9}")
    spec, run = spec_file(tmp_path, text), tmp_path / "run"
    done = train(spec, images, run, "--eval", "--steps", "20")
    assert done.returncode == 0, done.stderr
    # The first evaluation is better than none; no later one can be better than it by 0.9, unless it found nothing.
    found = [line["eval/right"] for line in metrics(run) if "eval/right" in line]
    last = 3 if found[0] > 0.1 else len(found)
    assert (
        len(found) == last and f"at step {2 * last} of 20: right has not become better in 2 evaluations" in done.stdout
    )
    assert newest(run).step == 2 * last
    again = train(spec, images, run, "--eval", "--steps", "20", "--resume")
    assert again.returncode == 0 and "ended early" in again.stdout and newest(run).step == 2 * last
    assert f"has made {2 * last} of 20 steps already; --set train.early_stopping=null trains longer" in again.stdout


def test_values_since_the_best() -> None:
    assert since_the_best([0.5, 0.6, 0.6, 0.59], lowest=False, least=0) == 2
    assert since_the_best([0.5, 0.6, 0.64], lowest=False, least=0.05) == 1
    assert since_the_best([3, 2, 4, 1], lowest=True, least=0) == 0
    assert since_the_best([], lowest=True, least=0) == 0


def test_run_takes_the_place_of_its_spec(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, EARLY), tmp_path / "run"
    done = train(spec, images, run, "--eval", "--steps", "6", "--batch", "4", "--set", "rate=0.01")
    assert done.returncode == 0, done.stderr
    spec.unlink()
    archspec = command(spec, images, run)[:4]
    scores = {line["step"]: line["eval/overlap"] for line in metrics(run) if "eval/overlap" in line}
    best = max(scores, key=lambda step: scores[step])
    done = finished([*archspec, "eval", str(run), "--format", "json"])
    assert done.returncode == 0, done.stderr
    assert (found := json.loads(done.stdout))["step"] == best
    assert found["metrics"]["overlap"] == pytest.approx(scores[best], abs=1e-6) and found["examples"] == 10
    picture = next((images / "validation").rglob("*.png"))
    done = finished([*archspec, "predict", str(run), str(picture), "--top", "1", "--format", "csv"])
    assert done.returncode == 0 and re.search(r",[01],(dark|light),0\.", done.stdout), done.stderr
    done = finished([*archspec, "train", str(run)])
    assert (done.returncode, done.stderr.startswith("AS634")) == (2, True), done.stderr
    done = finished([*archspec, "train", "--resume", str(run), "--deterministic"])
    assert done.returncode == 0 and "has made 6 of 6 steps already" in done.stdout, done.stderr
    done = finished([*archspec, "train", "--resume", str(run), "--deterministic", "--steps", "8"])
    assert done.returncode == 0 and newest(run).step == 8, done.stderr
    assert "8 steps of 4" in done.stderr


def test_label_without_a_class_is_named_when_it_is_met(images: Path, tmp_path: Path) -> None:
    """Records whose labels are not all looked at before: one of them is no class of the network."""
    pictures = sorted((images / "train").rglob("*.png"))
    with tf.io.TFRecordWriter(str(tmp_path / "train-00000-of-00001")) as writer:
        for number in range(600):
            features = {
                "image/encoded": tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[pictures[number % 40].read_bytes()])
                ),
                "image/class/label": tf.train.Feature(
                    int64_list=tf.train.Int64List(value=[7 if number == 302 else number % 2])
                ),
            }
            writer.write(
                tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)
            )
    run = tmp_path / "run"
    pattern = tmp_path / "train-*"
    done = train(spec_file(tmp_path, FULL), pattern, run, "--steps", "75")
    assert done.returncode == 1, done.stdout
    assert re.search(r"AS705 example 302 of .*record 302.* has label 7, and `main` has the classes 0 to 1", done.stderr)
    assert newest(run).step == metrics(run)[-1]["step"]


def test_number_of_classes_is_held_against_the_outputs(images: Path, tmp_path: Path) -> None:
    text = FULL.replace("{rate: 0.05}", "{rate: 0.05, classes: 5}").replace("dense: 2", "dense: $classes")
    done = train(spec_file(tmp_path, text), images, tmp_path / "run", "--steps", "1")
    assert done.returncode == 0 and f"AS631 {images} (train) has 2 classes" in done.stderr, done.stderr
    assert "net.yaml:3:40: AS631" in done.stderr and "say --set classes=2" in done.stderr
    wrong = text.replace("classes: 5", "classes: 2").replace("{crop_or_pad", "{resize: 9}, {crop_or_pad")
    (folder := tmp_path / "three" / "train" / "third").mkdir(parents=True)
    for name in ("dark", "light"):
        shutil.copytree(images / "train" / name, tmp_path / "three" / "train" / name)
    (folder / "a.png").write_bytes(next((images / "train" / "dark").iterdir()).read_bytes())
    wrong = wrong.replace("{random_crop: 12}", "{random_crop: 9}")
    done = train(spec_file(tmp_path, wrong), tmp_path / "three", tmp_path / "other", "--steps", "1")
    # All in one finding: the pictures' size and the classes.
    assert done.returncode == 1 and "AS712" in done.stderr and "AS705" in done.stderr, done.stderr
    assert "say --set classes=3" in done.stderr and not (tmp_path / "other").exists()


def test_network_larger_than_the_memory_is_refused_before_anything_is_made(images: Path, tmp_path: Path) -> None:
    text = FULL.replace("dense: 2", "dense: 999999999")
    done = train(spec_file(tmp_path, text), images, tmp_path / "run", "--steps", "1")
    assert done.returncode == 1 and re.search(r"AS632 Net has \d+\.\d G weights", done.stderr), done.stderr
