"""What a prediction is given: arrays for several inputs, tables, and what is said of those that do not fit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime.inputs.given import batches_of

ROOT = Path(__file__).parents[2]


def program(name: str) -> Program:
    found = compile_file(str(ROOT / "specs" / f"{name}.yaml"), findings=Findings())
    assert found is not None
    return found


def refused(name: str, *words: str) -> str:
    """The finding about what a spec's network is given."""
    network = program(name)
    with pytest.raises(Stop) as found:
        list(batches_of(words, network, network.graph, lambda problem: None)[0])
    [diagnostic] = found.value.diagnostics
    return f"{diagnostic.code} {diagnostic.message}; {diagnostic.help}"


def test_an_array_for_each_input(tmp_path: Path) -> None:
    network, path = program("siamese"), str(tmp_path / "pairs.npz")
    left, right = (np.full((40, 28, 28, 1), value, "float32") for value in (1, 2))
    np.savez(path, left=left, right=right, more=left)
    batches, count = batches_of([path], network, network.graph, lambda problem: None)
    found = list(batches)
    assert count == 40 and [len(names) for names, _ in found] == [32, 8]
    assert found[1][0][-1] == f"{path}[39]" and found[0][1].keys() == {"left", "right"}
    assert all((arrays["left"] == 1).all() and (arrays["right"] == 2).all() for _, arrays in found)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"left": (3, 28, 28, 1)}, "holds left, and no right; save an array for every input by its name"),
        ({"left": (3, 28, 28, 1), "right": (2, 28, 28, 1)}, "holds 3 of left, 2 of right; give as many"),
        ({"left": (3, 28, 28, 1), "right": (3, 28, 28)}, "`right` of"),
    ],
)
def test_arrays_that_do_not_fit(arrays: dict[str, tuple[int, ...]], sentence: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", **{name: np.zeros(shape, "float32") for name, shape in arrays.items()})
    assert sentence in refused("siamese", str(tmp_path / "in.npz"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"text"])
def test_a_file_without_arrays(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.npz").write_bytes(content)
    assert refused("siamese", str(tmp_path / "in.npz")).startswith(f"AS714 {tmp_path}/in.npz ")


def test_one_array_is_not_enough_for_two_inputs(tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", np.zeros((1, 28, 28, 1), "float32"))
    assert "is one array, and there are the inputs left, right; numpy.savez them" in refused(
        "siamese", str(tmp_path / "in.npy")
    )


def test_pictures_for_networks_that_take_something_else() -> None:
    assert refused("siamese", "a.png") == (
        "AS715 Siamese has the inputs left, right, and a picture feeds one alone; "
        "give an .npz file with an array for each input"
    )
    assert "a picture cannot feed it; give a table with the columns of the spec's own, or an .npy file" in refused(
        "text_cnn", "a.png"
    )


def test_a_table_for_a_network_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("image\na.png\n")
    assert "is a table, and" in refused("lenet", str(tmp_path / "in.csv"))


def test_a_table_without_a_column_that_feeds(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("path,weight,smoker\na.png,1,0\n")
    said = refused("multitask", str(tmp_path / "in.csv"))
    assert said.startswith(f"AS717 {tmp_path}/in.csv has no column `height`"), said


@pytest.mark.parametrize(("name", "spec"), [("x.npy", "lenet"), ("x.npz", "siamese")])
def test_a_pipe_is_no_file_of_arrays(name: str, spec: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    assert "it is a FIFO, and only regular files are read" in refused(spec, str(tmp_path / name))
