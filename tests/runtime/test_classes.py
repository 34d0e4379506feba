"""Classes are matched by name, whatever their numbers in a folder are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from archspec.compiler.language.features import class_type
from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.views import numbered_as
from archspec.runtime.labels import as_lines, read_labels
from tests.runtime.training import FULL, command, finished, spec_file, train


def data(names: tuple[str, ...] | None) -> Dataset:
    """One example of each class."""
    size = len(names or "ab")
    named = {} if names is None else {"class": names}
    return Dataset("d", "eval", size, {"class": class_type(size)}, lambda index, _: {"class": index}, str, named)


def labels(found: Dataset) -> list[int]:
    return [int(found.example(tf.constant(index, tf.int64))["class"]) for index in range(found.size)]


def test_numbers_are_those_of_the_network() -> None:
    network = ("ant", "bee", "cat", "dog")
    assert labels(numbered_as(data(("bee", "dog")), {"class": network}, "run")) == [1, 3]
    assert labels(numbered_as(data(("dog", "cat", "bee", "ant")), {"class": network}, "run")) == [3, 2, 1, 0]
    assert labels(numbered_as(data(("bee", "cat")), {"class": ("background", *network)}, "run")) == [2, 3]
    same = data(("ant", "bee"))
    assert numbered_as(same, {"class": network}, "run") is same
    nameless = data(None)
    assert numbered_as(nameless, {"class": network}, "run") is nameless


def test_unknown_name_is_an_error_that_names_it_and_what_was_meant() -> None:
    with pytest.raises(Stop, match=r"classes that run was not trained on: cats \(cat\?\), emu") as caught:
        numbered_as(data(("ant", "cats", "emu")), {"class": ("ant", "bee", "cat")}, "run")
    assert caught.value.diagnostics[0].code == "AS738" and "ant, bee, cat" in (caught.value.diagnostics[0].help or "")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xef\xbb\xbf0:cat\n1:dog\n", {0: "cat", 1: "dog"}),
        (b"\xef\xbb\xbfcat\r\ndog\r\n", {0: "cat", 1: "dog"}),
        (b"1: dog\n0: cat\n\n", {0: "cat", 1: "dog"}),
        ("größe\n猫".encode(), {0: "größe", 1: "猫"}),
        ("gr\u2028\u00dfe\ndog".encode(), {0: "gr\u2028\u00dfe", 1: "dog"}),
    ],
)
def test_labels_of_any_editor(content: bytes, found: dict[int, str], tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    assert read_labels(tmp_path / "labels.txt", 2) == found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("größe\nhund".encode("latin-1"), "line 1 of .* is not UTF-8 text"),
        (b"0:cat\n99999999999:x\n", "names the class 99999999999, and the network has 2"),
        (b"9" * 5000 + b":x", "names the class 9999"),
        (b"0:cat\n0:dog\n", "names a class twice"),
    ],
)
def test_labels_that_are_none(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(Stop, match=sentence) as caught:
        read_labels(tmp_path / "labels.txt", 2)
    assert caught.value.diagnostics[0].code == "AS728" and caught.value.diagnostics[0].help


def test_lines_of_labels_are_one_a_class(tmp_path: Path) -> None:
    names = ("a\nb", "c\u2028d\x1b[31m", "e")
    (tmp_path / "labels.txt").write_text(as_lines(names))
    assert read_labels(tmp_path / "labels.txt", 3) == {0: r"a\nb", 1: r"c\u2028d\x1b[31m", 2: "e"}


def evaluated(spec: Path, folder: Path, run: Path) -> float:
    """The accuracy that `archspec eval` finds."""
    words = [*command(spec, folder, run)[:4], "eval", str(spec), "--checkpoint", str(run)]
    done = finished([*words, "--data", str(folder), "--format", "json"])
    assert done.returncode == 0, done.stderr
    return float(json.loads(done.stdout)["metrics"]["right"])


def test_eval_and_resume_on_other_folders(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    shutil.copytree(whole, run)
    one, renamed = tmp_path / "one", tmp_path / "renamed"
    shutil.copytree(images, one)
    for split in ("train", "validation"):
        shutil.rmtree(one / split / "dark")
    light = evaluated(spec, one, run)
    shutil.rmtree(one)
    shutil.copytree(images, one)
    for split in ("train", "validation"):
        shutil.rmtree(one / split / "light")
    dark = evaluated(spec, one, run)
    # Each class has five of the ten pictures.
    assert (light + dark) / 2 == pytest.approx(evaluated(spec, images, run))
    shutil.copytree(images, renamed)
    (renamed / "train" / "light").rename(renamed / "train" / "bright")
    (renamed / "validation" / "light").rename(renamed / "validation" / "bright")
    done = train(spec, renamed, run, "--resume", "--steps", "12")
    assert done.returncode == 1 and "AS735" in done.stderr, done.stderr
    assert "of the classes light was there and bright is new" in done.stderr


def test_data_is_known_by_what_it_holds(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run, moved = spec_file(tmp_path, FULL), tmp_path / "run", tmp_path / "mounted" / "elsewhere"
    shutil.copytree(whole, run)
    shutil.copytree(images, moved)
    done = train(spec, moved, run, "--resume", "--steps", "11")
    assert done.returncode == 0, done.stderr
    changed = next((moved / "train" / "dark").iterdir())
    changed.write_bytes(next((images / "train" / "light").iterdir()).read_bytes())
    done = train(spec, moved, run, "--resume", "--steps", "12")
    assert done.returncode == 1 and "AS735" in done.stderr, done.stderr
