"""`archspec init`: what it finds in a folder, and that what it writes compiles and fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings

Image = pytest.importorskip("PIL.Image", reason="Pillow, which looks at pictures, is not installed")

COUNTS = {"daisy": 40, "rose": 30, "tulip": 50}


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """A folder of small pictures, with what a system leaves behind."""
    for name, count in COUNTS.items():
        (tmp_path / "flowers" / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (200, 140)).save(tmp_path / "flowers" / name / f"{number}.png")
    (tmp_path / "flowers" / "__MACOSX").mkdir()
    (tmp_path / "flowers" / "empty").mkdir()
    (tmp_path / "flowers" / "daisy" / "Thumbs.db").write_bytes(b"x")
    return tmp_path / "flowers"


def test_written_spec_compiles_and_fits_the_folder(flowers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = flowers.parent / "net.yaml"
    assert main(["init", str(flowers), "--output", str(output), "--checkpoint", "w.ckpt", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["images"], facts["classes"]) == (sum(COUNTS.values()), sorted(COUNTS))
    findings = Findings()
    program = compile_file(str(output), findings=findings)
    assert findings.items == []
    assert program is not None and program.train is not None
    assert program.graph.shape(program.graph.endpoints["Logits"]) == (len(COUNTS),)
    assert program.train.batch * facts["steps"] == pytest.approx(facts["epochs"] * 0.8 * facts["images"], rel=0.05)
    assert program.graph.inputs["image"].shape == (128, 128, 3)
    assert program.train.initialize is not None and program.train.initialize.skip == ("Logits",)
    spec = [line for line in output.read_text().splitlines() if not line.startswith("#")]
    assert len(spec) <= 15


def test_a_file_that_is_there_stays(flowers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = flowers.parent / "net.yaml"
    output.write_text("mine")
    assert main(["init", str(flowers), "--output", str(output)]) == 2
    assert "AS940" in capsys.readouterr().err
    assert output.read_text() == "mine"


@pytest.mark.parametrize("kind", ["absent", "file", "flat", "one class"])
def test_a_folder_without_classes_is_answered_with_how_it_should_be(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    if kind == "file":
        folder.write_text("x")
    elif kind != "absent":
        (folder / "daisy").mkdir(parents=True)
        where = folder if kind == "flat" else folder / "daisy"
        Image.new("RGB", (8, 8)).save(where / "1.png")
    assert main(["init", str(folder), "--output", str(tmp_path / "net.yaml")]) == 1
    assert "AS941" in capsys.readouterr().err
    assert not (tmp_path / "net.yaml").exists()
