"""`archspec doc`: what there is, one of it in full, and a remedy for a name that nothing has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archspec.cli import main
from archspec.compiler.language.registry import builtin
from tests.acme import install


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["doc", *words]) == 0
    return capsys.readouterr().out


def test_everything_is_listed_with_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys).splitlines()
    for forms in builtin().families.values():
        for name in forms:
            assert any(line.startswith(f"  {name} ") for line in lines), name


def test_no_line_is_longer_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, printed(capsys).splitlines())) <= 80
    for name in builtin().by_name:
        shown, _, example = printed(capsys, name).partition("\nexample\n")
        assert max(map(len, shown.splitlines())) <= 80, name
        assert example, name


def test_a_reference_has_fields_limits_shape_variables_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    found = " ".join(printed(capsys, "conv2d").split())
    for words in (
        "conv2d op (groups conv, weights)",
        "filters required channels of the output (main value; whole number, at least 1)",
        "kernel required height and width of the kernel (size, or height x width, in pixels, at least 1)",
        "padding same zeros",
        "bias_initializer {constant: 0.0}",
        "shape: (positions', filters)",
        "variables: weights [*kernel, in / groups, out] and biases [out].",
        "56x56x64 -> 28x28x64; weights [3, 3, 64, 64]; 28,901,376 macs",
    ):
        assert words in found
    assert "\x1b" not in found


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, "max_pool2d", "--format", "json"))
    assert (found["family"], found["groups"]) == ("op", ["pool"])
    kernel = found["fields"][0]
    assert (kernel["name"], kernel["unit"]) == ("kernel", "pixels")
    assert (kernel["main"], kernel["required"], kernel["default"]) == (True, True, None)
    assert found["example"] and found["makes"] == "56x56x64 -> 28x28x64"
    every = json.loads(printed(capsys, "--format", "json"))
    assert every["optimizer"].keys() == builtin().families["optimizer"].keys()


def test_colours_only_where_they_are_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert printed(capsys, "relu").startswith("\x1b[1mrelu\x1b[0m")


@pytest.mark.parametrize(("name", "members"), [("loss", "family"), ("pool", "group")])
def test_a_family_or_group_lists_its_members(name: str, members: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, name).splitlines()
    known = builtin().families["loss"] if members == "family" else builtin().groups["pool"]
    assert [line.split()[0] for line in lines] == [name, *known]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("deconv2d", "did you mean `conv2d_transpose`?"),
        ("MaxPooling2D", "did you mean `max_pool2d`?"),
        ("fully_connected", "did you mean `dense`?"),
        ("conv2", "did you mean `conv2d`?"),
        ("xavier_initializer", "did you mean `glorot_uniform`?"),
        ("cross_entropy", "did you mean `softmax_cross_entropy`?"),
        ("nn.Linear", "did you mean `dense`?"),
        ("channel_shuffle", "it is a block of other operations: docs/cookbook.md has it"),
        ("momentum", "`momentum` is a field of sgd, rmsprop"),
        ("kernel_size", "`kernel` is a field of conv1d, conv2d, conv3d, depthwise_conv2d, separable_conv2d"),
        ("repeats", "`archspec doc` lists all that there is"),
        ("output_stride", "`output_stride` is a word of the language: docs/language.md explains it"),
        ("zzz", "`archspec doc` lists all that there is"),
        ("acme.twice", "install or repair that package"),
    ],
)
def test_a_wrong_name_has_a_remedy(name: str, remedy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doc", name]) == 2
    shown = capsys.readouterr().err
    assert f"AS907 there is no op, loss or other form called `{name}`" in shown
    assert remedy in shown


def test_what_a_package_brings_has_a_reference(tmp_path: Path) -> None:
    install(tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "archspec", "doc", "acme.scaled"],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parents[2]}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "x * factor." in done.stdout
    assert "what x is multiplied by (main value; number, more than 0)" in done.stdout
