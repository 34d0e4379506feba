"""What a map can say of names and layouts besides places: numbers and letters, lists, parts, axes made of several."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archspec.cli import main
from archspec.diagnostics import Stop
from archspec.runtime.weights.read import open_weights
from archspec.weights.name_map import renamed
from archspec.weights.name_map_file import named_map
from archspec.weights.tensors import Tensors


def mapped(folder: Path, rules: str, network: str | None = None, /, **tensors: np.ndarray) -> Tensors:
    """The tensors under the names of a map with these rules."""
    np.savez(folder / "w.npz", **tensors)
    (folder / "map.yaml").write_text(f"archspec_map: 1\n{rules}\n")
    return renamed(open_weights(str(folder / "w.npz")), named_map(str(folder / "map.yaml")).of(network))


def complaint(folder: Path, rules: str, **tensors: np.ndarray) -> str:
    """What is said of tensors that do not fit the rules."""
    with pytest.raises(Stop) as problem:
        mapped(folder, rules, **tensors)
    [found] = problem.value.diagnostics
    assert found.help
    return "; ".join([found.message, *(note.message for note in found.notes)])


def test_numbers_and_letters(tmp_path: Path) -> None:
    rules = "variables: [{from: 'block{s:number}{u:letter}_{conv}', to: 'Net/block{s+1}/unit{u}/{conv}'}]"
    found = mapped(tmp_path, rules, **{"block2a_one": np.zeros(1), "block12c_two": np.ones(1)})
    assert found.variables == ["Net/block3/unit1/one", "Net/block13/unit3/two"]
    assert "blockxa_one is named by no rule" in complaint(tmp_path, rules, blockxa_one=np.zeros(1))


def test_lists_by_name_and_in_sums(tmp_path: Path) -> None:
    rules = """lists: {leaves: {weight: gamma, bias: beta}, first: [1, 4]}
variables: [{from: 's{s}.{u}.{leaf}', to: 'Net/unit{u+first[s]}/{leaves[leaf]}'}]"""
    found = mapped(tmp_path, rules, **{"s0.2.weight": np.zeros(1), "s1.0.bias": np.ones(1)})
    assert found.variables == ["Net/unit3/gamma", "Net/unit4/beta"]
    assert "{leaves[leaf]} is mean, which it lacks" in complaint(tmp_path, rules, **{"s0.0.mean": np.zeros(1)})
    assert "is not in the list, which is no number" in complaint(tmp_path, rules, **{"s2.0.bias": np.zeros(1)})


def test_axes_made_of_several(tmp_path: Path) -> None:
    """A patch of 2x2 whose columns come first, as the input of a dense layer; and a vector with idle axes."""
    rules = """variables:
- {from: a, to: Net/a, axes: O(WHC) -> (HWC)O, sizes: {W: 2, H: 2}}
- {from: b, to: Net/b, axes: CHW -> (CHW)}"""
    a, b = np.arange(3 * 20.0).reshape(3, 20), np.arange(4.0).reshape(4, 1, 1)
    found = mapped(tmp_path, rules, a=a, b=b)
    assert found.shapes == {"Net/a": (20, 3), "Net/b": (4,)}
    np.testing.assert_array_equal(found.read("Net/a").reshape(2, 2, 5, 3)[1, 0, 4], a.reshape(3, 2, 2, 5)[:, 0, 1, 4])
    np.testing.assert_array_equal(found.read("Net/b"), [0, 1, 2, 3])
    assert "an axis of 6 cannot be cut into 2x2xC" in complaint(tmp_path, rules, a=np.zeros((3, 6)))
    assert "3 has 1 axes, and `axes` has 2" in complaint(tmp_path, rules, a=np.zeros(3))


def test_one_tensor_that_is_several(tmp_path: Path) -> None:
    rules = "variables: [{from: 'qkv.{leaf}', to: ['Net/q/{leaf}', 'Net/k/{leaf}', 'Net/v/{leaf}'], axes: OI -> IO}]"
    whole = np.arange(24.0).reshape(6, 4)
    found = mapped(tmp_path, rules, **{"qkv.weight": whole})
    assert found.shapes == dict.fromkeys(["Net/q/weight", "Net/k/weight", "Net/v/weight"], (4, 2))
    np.testing.assert_array_equal(found.read("Net/k/weight"), whole[2:4].T)
    assert "7x4 cannot be cut into 3 equal parts" in complaint(tmp_path, rules, **{"qkv.weight": np.zeros((7, 4))})


def test_layers_whose_numbers_go_on_from_those_of_another_model(tmp_path: Path) -> None:
    rules = "counted: [conv2d]\nvariables: [{from: 'conv2d_{n}/kernel', to: 'Net/conv{n+1}'}]"
    values = {f"conv2d_{n}/kernel": np.full(1, n) for n in (94, 96, 95)}
    found = mapped(tmp_path, rules, **values)
    assert {name: int(found.read(name)[0]) for name in found.variables} == {
        "Net/conv1": 94,
        "Net/conv2": 95,
        "Net/conv3": 96,
    }
    found = mapped(tmp_path, rules, **{"conv2d/kernel": np.zeros(1), "conv2d_1/kernel": np.ones(1)})
    assert set(found.variables) == {"Net/conv1", "Net/conv2"}


def test_the_name_of_the_network(tmp_path: Path) -> None:
    rules = "variables: [{from: a, to: '{network}/a'}]"
    assert mapped(tmp_path, rules, "Mine", a=np.zeros(1)).variables == ["Mine/a"]
    assert mapped(tmp_path, f"network: Theirs\n{rules}", a=np.zeros(1)).variables == ["Theirs/a"]
    assert mapped(tmp_path, f"network: Theirs\n{rules}", "Mine", a=np.zeros(1)).variables == ["Mine/a"]
    assert "is for networks of several names" in complaint(tmp_path, rules, a=np.zeros(1))


def test_a_spec_names_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the command line: without a spec the map does not know the network, and says what to write."""
    np.savez(tmp_path / "w.npz", **{"fc.weight": np.zeros((5, 3), "float32"), "fc.bias": np.zeros(5, "float32")})
    (tmp_path / "net.yaml").write_text("archspec: 1\nname: Net\ninputs: {x: {shape: [3]}}\nlayers: [fc: {dense: 5}]\n")
    (tmp_path / "map.yaml").write_text(
        "archspec_map: 1\nvariables: [{from: fc.weight, to: '{network}/fc/weights', axes: OI -> IO}, "
        "{from: fc.bias, to: '{network}/fc/biases'}]\n"
    )
    words = ["checkpoint", "inspect", str(tmp_path / "w.npz"), "--map", str(tmp_path / "map.yaml")]
    assert main(words) == 1
    assert "--spec" in capsys.readouterr().err
    assert main([*words, "--spec", str(tmp_path / "net.yaml")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 reused"


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("variables: [{from: '{a}{b:number}', to: x}]", "has a brace that is no place"),
        ("variables: [{from: '{a:number}{b:number}', to: x}]", "has a brace that is no place"),
        ("variables: [{from: '{a:word}', to: x}]", "has a brace that is no place"),
        ("variables: [{from: '{a}', to: '{a+more[a]}'}]", "there is no list more"),
        ("lists: {more: [1]}\nvariables: [{from: '{a}', to: '{a+more[b]}'}]", "has the place b, and `from` has not"),
        ("variables: [{from: a, to: b, axes: O(HW -> OHW}]", "`axes` names the axes by a letter each"),
        ("variables: [{from: a, to: b, axes: O(HW) -> OHW}]", "`sizes` does not say how an axis is cut"),
        ("variables: [{from: a, to: b, axes: O(HW) -> OHW, sizes: {H: x}}]", "`sizes` are sizes by the letters"),
        ("counted: conv2d\nvariables: [{from: a, to: b}]", "`counted` is a list"),
    ],
)
def test_what_a_map_cannot_say(tmp_path: Path, rules: str, sentence: str) -> None:
    (tmp_path / "map.yaml").write_text(f"archspec_map: 1\n{rules}\n")
    with pytest.raises(Stop) as problem:
        named_map(str(tmp_path / "map.yaml"))
    assert sentence in "; ".join(found.message for found in problem.value.diagnostics)
    assert all(found.code == "AS771" and found.span is not None and found.help for found in problem.value.diagnostics)
