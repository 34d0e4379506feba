"""Whatever stands where weights should be, reading it ends in one sentence with a remedy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.diagnostics import Stop
from archspec.runtime import tf_checkpoint
from archspec.runtime.weights.read import open_weights
from archspec.weights import safetensors
from tests.runtime.test_weights_read import graph_def

VALUES = {"Net/fc/weights": np.arange(4096, dtype="float32").reshape(64, 64), "Net/fc/biases": np.ones(64, "float32")}


def model() -> keras.Model:
    return keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(64, name="fc")])


def write_safetensors(path: Path) -> None:
    with path.open("wb") as file:
        safetensors.write(file, VALUES, {})


def write_graph(path: Path) -> None:
    path.write_bytes(graph_def(weights=VALUES["Net/fc/weights"]).SerializeToString())


WHOLE: dict[str, Callable[[Path], object]] = {
    "w.safetensors": write_safetensors,
    "w.npz": lambda path: np.savez(path, **VALUES),
    "w.keras": lambda path: model().save(path),
    "w.weights.h5": lambda path: model().save_weights(path),
    "w.h5": lambda path: model().save(path),
    "w.pb": write_graph,
    "w.ckpt": lambda path: tf_checkpoint.write(path, VALUES),
}
"""How a sound file of each name comes to be."""


def said(where: Path) -> str:
    """What is said of a file when all of it is read: one sentence, and a remedy."""
    with pytest.raises(Stop) as problem:
        weights = open_weights(str(where))
        for name in weights.entries:
            weights.read(name)
    [found] = problem.value.diagnostics
    assert found.help and "\n" not in found.message and "Traceback" not in found.message
    return f"{found.code} {found.message}"


def parts(path: Path) -> list[Path]:
    """The file, or those of a checkpoint of TensorFlow's."""
    return [path] if path.is_file() else sorted(path.parent.glob(f"{path.name}.*"))


@pytest.mark.parametrize("name", WHOLE)
def test_a_sound_file_is_read(tmp_path: Path, name: str) -> None:
    WHOLE[name](tmp_path / name)
    weights = open_weights(str(tmp_path / name))
    assert sum(weights.read(each).size for each in weights.variables) >= 4096


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_was_cut_off(tmp_path: Path, name: str, kept: float) -> None:
    WHOLE[name](tmp_path / name)
    for part in parts(tmp_path / name):
        content = part.read_bytes()
        part.write_bytes(content[: int(kept * len(content))])
        assert said(tmp_path / name).startswith(("AS720 ", "AS722 "))
        part.write_bytes(content)


@pytest.mark.parametrize("name", WHOLE)
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert said(tmp_path / name).startswith(("AS720 ", "AS722 "))


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(99), b"hello\n" * 40, bytes(4096), b"PK\x05\x06" + bytes(18)]
)
@pytest.mark.parametrize("name", WHOLE)
def test_another_kind_of_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert said(tmp_path / name).startswith(("AS720 ", "AS722 "))


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert f"{tmp_path / name} has no checkpoint in it" in said(tmp_path / name)
    (tmp_path / name).rmdir()
    (tmp_path / name).symlink_to(name)
    assert said(tmp_path / name).startswith("AS720 ")
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("nowhere")
    assert said(tmp_path / name).startswith("AS720 ")
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert "is no regular file" in said(tmp_path / name)


@pytest.mark.parametrize("name", ["w.npz", "w.pth", "w.ckpt"])
def test_a_pickle_is_not_loaded(tmp_path: Path, name: str) -> None:
    """What runs when it is loaded would leave a file."""

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    np.save(tmp_path / "a.npy", np.asarray([Hostile()], object), allow_pickle=True)
    if name == "w.npz":
        np.savez(tmp_path / name, a=np.asarray([Hostile()], object))
    else:
        content = (tmp_path / "a.npy").read_bytes()
        (tmp_path / name).write_bytes(content[content.index(b"\x80") :])
    assert "pickle" in said(tmp_path / name) or "PyTorch" in said(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_of_a_folder_of_its_own(tmp_path: Path) -> None:
    """TensorFlow's `checkpoint` file that names itself, or a file elsewhere, leads nowhere."""
    for named in ("checkpoint", "../nowhere/w.ckpt", "/etc/passwd"):
        (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{named}"\n')
        assert said(tmp_path).startswith(("AS720 ", "AS722 ")), tf.__version__
