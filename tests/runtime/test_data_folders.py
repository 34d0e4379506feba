"""Folders as people have them: splits and classes, what is left out, and what is wrong before the first step."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archspec.compiler.language.forms.data import Folder
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.open import open_data, section_data
from archspec.runtime.fit import trained_on_too

RANDOM = np.random.default_rng(7)


def pictures(folder: Path, *names: str) -> Path:
    """Small pictures of noise with these names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 256, (8, 8, 3), np.uint8)).save(folder / name)
    return folder


def many(folder: Path, *classes: str, each: int = 20) -> Path:
    return pictures(folder, *(f"{name}/{number}.png" for name in classes for number in range(each)))


def opened(folder: Path, split: str = "train") -> Dataset:
    return open_data(Folder(path=str(folder)), None, split)


def warned(dataset: Dataset) -> str:
    assert all((d.severity, d.code) == ("warning", "AS708") for d in dataset.warnings)
    return "\n".join(f"{d.message}; {d.help}" for d in dataset.warnings)


def stopped(work: Callable[[], object]) -> str:
    with pytest.raises(Stop) as found:
        work()
    (diagnostic,) = found.value.diagnostics
    return "\n".join([f"{diagnostic.code} {diagnostic.message}", *(note.message for note in diagnostic.notes)])


# What was found


def test_one_line_says_what_was_found(shared: Path) -> None:
    flowers = opened(shared / "data" / "flowers")
    held_out = opened(shared / "data" / "flowers", "eval")
    classes = "5 classes: daisy, dandelion, roses, sunflowers, tulips"
    assert flowers.summary == f"{flowers.size} of 861 images, {classes}"
    assert held_out.summary == f"{861 - flowers.size} of 861 images, {classes}"
    assert warned(flowers) == warned(held_out) == ""


def test_folders_with_a_section_each_are_used_whole(tmp_path: Path) -> None:
    for name in ("one", "other"):
        many(tmp_path / name, "a", "b", each=20)
    text = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
layers: [flatten, logits: {dense: 2}]
train:
  data: {folder: one}
  preprocess: [{resize: 8}]
  losses: {main: {softmax_cross_entropy: logits}}
  optimizer: {sgd: 0.1}
  batch: 4
  steps: 1
"""

    def sizes(evaluation: str) -> list[int]:
        (tmp_path / "net.yaml").write_text(text + evaluation)
        program = compile_file(str(tmp_path / "net.yaml"), findings=Findings())
        assert program is not None
        sections = ["train", "eval"] if evaluation else ["train"]
        return [section_data(program, section, None, section).size for section in sections]

    assert sizes("") == [40]
    assert sizes("eval: {data: {folder: other}, preprocess: [{resize: 8}]}\n") == [40, 40]
    for same in ("eval: {preprocess: [{resize: 8}]}\n", "eval: {data: {folder: one}, preprocess: [{resize: 8}]}\n"):
        trained, evaluated = sizes(same)
        assert trained + evaluated == 40 and 0 < evaluated < 12


def test_pictures_that_are_trained_and_evaluated_on_are_counted(tmp_path: Path) -> None:
    many(tmp_path / "one", "a", "b", each=20)
    (tmp_path / "other").symlink_to("one")
    train, other = (open_data(Folder(path=str(tmp_path / n)), None, "train", whole=True) for n in ("one", "other"))
    [warning] = trained_on_too(train, other)
    assert (warning.code, warning.severity) == ("AS639", "warning") and warning.message.startswith("40 of the files")
    kept = [open_data(Folder(path=str(tmp_path / "one")), None, split) for split in ("train", "eval")]
    assert trained_on_too(*kept) == []


def test_a_summary_names_a_few_classes_and_counts_the_rest(tmp_path: Path) -> None:
    many(tmp_path / "train", *(f"c{number:02}" for number in range(9)), each=1)
    assert opened(tmp_path).summary == "9 images, 9 classes: c00, c01, c02, c03, c04, c05 and 3 more"


def test_one_level_too_high_is_noticed(tmp_path: Path) -> None:
    many(tmp_path / "flowers", "daisy", "roses")
    dataset = opened(tmp_path)
    assert dataset.classes == ("flowers",)
    assert f"are of one class, flowers, whose folders are daisy, roses; name {tmp_path}/flowers" in warned(dataset)
    assert warned(opened(tmp_path / "flowers")) == ""
    assert "of one class, only; a folder for every class" in warned(opened(many(tmp_path / "x", "only")))


@pytest.mark.parametrize(("train", "test"), [("training_set", "test_set"), ("Train", "VAL"), ("my-train", "my-test")])
def test_folders_whose_names_resemble_splits_are_splits(tmp_path: Path, train: str, test: str) -> None:
    pictures(tmp_path, f"{train}/cats/1.png", f"{train}/dogs/2.png", f"{test}/cats/3.png")
    dataset, held_out = opened(tmp_path), opened(tmp_path, "eval")
    assert (dataset.classes, dataset.size, held_out.size) == (("cats", "dogs"), 2, 1)
    assert held_out.split in ("test", "validation") and warned(dataset) == ""


def test_a_class_named_train_is_a_class(tmp_path: Path) -> None:
    dataset = opened(many(tmp_path, "car", "bus", "train"))
    assert dataset.classes == ("bus", "car", "train")
    assert "the folder train is taken for a class, as it holds images directly" in warned(dataset)


def test_folders_beside_splits_are_named(tmp_path: Path) -> None:
    dataset = opened(many(many(tmp_path, "unlabeled") / "train", "a", "b").parent)
    assert dataset.classes == ("a", "b")
    assert f"{tmp_path} has splits (train): the images of unlabeled are left out" in warned(dataset)


def test_splits_without_classes_and_a_split_twice_are_refused(tmp_path: Path) -> None:
    many(tmp_path / "flat", "train", "test")
    assert "has the splits test, train, whose images lie in no folders" in stopped(lambda: opened(tmp_path / "flat"))
    for name in ("val", "validation", "train"):
        many(tmp_path / "twice" / name, "a", each=1)
    assert "has two folders for validation: val and validation" in stopped(lambda: opened(tmp_path / "twice"))


def test_linked_folders_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    many(tmp_path / "elsewhere", "deep", each=7)
    pictures(tmp_path / "data" / "train", "a/1.png", "b/1.png")
    os.symlink(tmp_path / "elsewhere", tmp_path / "data" / "train" / "b" / "linked")
    os.symlink(tmp_path / "elsewhere" / "deep", tmp_path / "data" / "train" / "c")
    os.symlink(tmp_path / "data" / "train" / "a", tmp_path / "data" / "train" / "a" / "loop")
    os.symlink(tmp_path / "data", tmp_path / "data" / "train" / "a" / "up")
    dataset = opened(tmp_path / "data")
    assert dataset.classes == ("a", "b", "c")
    inside = [os.path.relpath(dataset.place(index), tmp_path / "data" / "train") for index in range(dataset.size)]
    assert len([path for path in inside if path.startswith("b/linked/deep/")]) == 7
    assert len([path for path in inside if path.startswith("c/")]) == 7
    assert "a/1.png" in inside and len(inside) < 60


def test_empty_folders_and_the_systems_own_are_named_and_left_out(tmp_path: Path) -> None:
    many(tmp_path, "b", "c")
    pictures(tmp_path, "__MACOSX/b/x.png", "b/.hidden.png", "c/@eaDir/thumb.jpg")
    (tmp_path / "a").mkdir()
    for name in ("b/Thumbs.db", "b/.DS_Store", ".DS_Store", "c/desktop.ini"):
        (tmp_path / name).write_bytes(b"system")
    dataset = opened(tmp_path)
    assert dataset.classes == ("b", "c") and dataset.total == 40
    assert f"left out of {tmp_path}: __MACOSX, a (no image), b/Thumbs.db, c/@eaDir, c/desktop.ini;" in warned(dataset)


def test_pictures_beside_the_folders_of_the_classes_are_named_and_left_out(tmp_path: Path) -> None:
    many(tmp_path, "b", "c")
    pictures(tmp_path, "loose.png", "more.JPG", ".hidden.png")
    dataset = opened(tmp_path)
    assert dataset.total == 40
    left_out = "loose.png (in no folder of a class), more.JPG (in no folder of a class)"
    assert f"left out of {tmp_path}: {left_out};" in warned(dataset)


# What is wrong is said before the first step, and together


def test_all_bad_pictures_are_named_at_once(tmp_path: Path) -> None:
    many(tmp_path / "train", "a", "b")
    (tmp_path / "train" / "a" / "3.png").write_bytes(b"")
    (tmp_path / "train" / "a" / "4.png").write_bytes((tmp_path / "train" / "a" / "5.png").read_bytes()[:-30])
    (tmp_path / "train" / "b" / "6.png").write_text("<html>")
    said = stopped(lambda: opened(tmp_path))
    assert said.startswith(f"AS711 {tmp_path} (train): 3 of 40 examples cannot be read\n")
    assert "a/3.png is empty" in said and "a/4.png is a damaged PNG file" in said and "b/6.png is a web page" in said


@pytest.mark.parametrize("number", [1, 30])
def test_of_pictures_of_another_format_it_is_said_which_can_be_read(tmp_path: Path, number: int) -> None:
    many(tmp_path / "train", "a", each=30)
    for name in range(number):
        Image.new("RGB", (4, 4)).save(tmp_path / "train" / "a" / f"{name}.png", "TIFF")
    with pytest.raises(Stop, match="is a TIFF file" if number == 1 else "30 of 30") as problem:
        opened(tmp_path)
    assert str(problem.value.diagnostics[0].help).startswith("JPEG, PNG, GIF, BMP and WebP can be read; ")


def test_a_photograph_that_was_cut_off_is_found_without_decoding_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archspec.runtime.data import look

    decoded: list[int] = []
    trouble = look.trouble
    monkeypatch.setattr(look, "trouble", lambda contents, channels: decoded.append(1) or trouble(contents, channels))
    (tmp_path / "train" / "a").mkdir(parents=True)
    noise = Image.fromarray(RANDOM.integers(0, 256, (200, 200, 3), np.uint8))
    for kind in ("jpg", "png", "gif", "bmp", "webp"):
        noise.save(tmp_path / "train" / "a" / f"whole.{kind}")
    opened(tmp_path)
    assert decoded == []
    for kind in ("jpg", "png", "gif", "bmp", "webp"):
        contents = (tmp_path / "train" / "a" / f"whole.{kind}").read_bytes()
        (tmp_path / "train" / "a" / f"cut.{kind}").write_bytes(contents[: len(contents) * 2 // 3])
    said = stopped(lambda: opened(tmp_path))
    assert len(decoded) == 5 and "5 of 10 examples cannot be read" in said


@pytest.mark.parametrize("kind", ["fifo", "socket", "device", "nowhere", "folder"])
def test_irregular_files_are_refused_and_never_opened(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(tmp_path / "train", "a", each=2)
    path = tmp_path / "train" / "a" / "odd.jpg"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        monkeypatch.chdir(path.parent)  # a socket's path has 107 letters at most
        socket.socket(socket.AF_UNIX).bind(path.name)
    elif kind == "folder":
        path.mkdir()
        assert opened(tmp_path).size == 2
        return
    else:
        os.symlink("/dev/zero" if kind == "device" else "nowhere", path)
    said = {"fifo": "a FIFO", "socket": "a socket", "device": "a device", "nowhere": "a link to nothing"}[kind]
    assert stopped(lambda: opened(tmp_path)) == f"AS709 {path} is {said}, and no file"


def test_a_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    many(tmp_path / "train", "a", "b", each=2)
    os.chmod(tmp_path / "train" / "b", 0)
    if os.access(tmp_path / "train" / "b", os.R_OK):
        pytest.skip("this user may read everything")
    assert "train/b cannot be read: Permission denied" in stopped(lambda: opened(tmp_path))


def test_names_of_any_bytes(tmp_path: Path) -> None:
    odd = os.path.join(os.fsencode(tmp_path), b"caf\xe9")
    for name in (b"train/two\nlines", b"train/\x1b[31mred", b"train/\xff\xfe"):
        os.makedirs(os.path.join(odd, name))
        Image.new("RGB", (4, 4)).save(os.path.join(odd, name, b"\xe9.png"))
    folder = os.fsdecode(odd)
    dataset = open_data(None, folder, "train")
    assert dataset.classes == ("\\x1b[31mred", "two\\nlines", "\\xff\\xfe")
    texts = [str(dataset), dataset.summary, *map(dataset.place, range(3))]
    assert all(text.isprintable() and text.encode() for text in texts)
    assert dataset.place(0).endswith("caf\\xe9/train/\\x1b[31mred/\\xe9.png")
    assert len(list(dataset.examples())) == 3
    Path(folder, "train", "two\nlines", "bad.png").write_bytes(b"")
    assert stopped(lambda: open_data(None, folder, "train")).isprintable()


@pytest.mark.parametrize("name", ["x" * 255, "x" * 5000, "a\0b", "x/" * 2000])
def test_impossible_names_are_sentences(name: str) -> None:
    assert stopped(lambda: open_data(None, name, "train")).startswith("AS700")
    assert stopped(lambda: open_data(Folder(path=name), None, "train")).startswith("AS703")


def test_the_look_takes_a_sample_of_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.runtime.data import look

    many(tmp_path / "train", "a", each=30)
    for number in range(30):
        (tmp_path / "train" / "a" / f"{number}.png").write_bytes(b"")
    monkeypatch.setattr(look, "_FILES", 10)
    assert "10 of 10 examples looked at cannot be read" in stopped(lambda: opened(tmp_path))
    monkeypatch.setattr(look, "_FILES", 10_000)
    said = stopped(lambda: opened(tmp_path))
    assert "30 of 30 examples cannot be read" in said and said.endswith("and 10 more")
