"""Google's MobileNet weights, from the frozen graph, say of photographs what is recorded; so they do after conversion."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archspec.cli import main

NAME = "mobilenet_v1_0.25_128"


@pytest.fixture
def mobilenet(shared: Path) -> Path:
    """The folder with the weights, the photographs and the record."""
    folder = shared / "data" / "mobilenet"
    if not (folder / f"{NAME}_frozen.pb").is_file():
        pytest.skip(f"no frozen graph of MobileNet at {folder}")
    return folder


def answers(spec: Path, trained: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]) -> list[list[tuple]]:  # type: ignore[type-arg]
    """[(class, probability), …] of each photograph."""
    words = ["predict", spec, "--set", "image_size=128", "--checkpoint", trained, "--format", "json", *photos]
    assert main(list(map(str, words))) == 0
    found = json.loads(capsys.readouterr().out)
    return [[(best["class"], best["probability"]) for best in photo["top"]] for photo in found]


def test_photographs(mobilenet: Path, specs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = json.loads((mobilenet / "expected_top5.json").read_text())[NAME]["top5"]
    photos = [mobilenet / "photos" / name for name in expected]
    frozen, spec = mobilenet / f"{NAME}_frozen.pb", specs / "mobilenet_v1_025.yaml"
    made = tmp_path / "mobilenet.safetensors"
    assert main(["checkpoint", "convert", str(frozen), str(made)]) == 0
    assert main(["checkpoint", "diff", str(mobilenet / f"{NAME}.ckpt"), str(made)]) == 0
    capsys.readouterr()
    for trained in (frozen, made):
        found = answers(spec, trained, photos, capsys)
        assert len(found) == len(expected)
        for photo, classes in zip(found, expected.values(), strict=True):
            assert [number for number, _ in photo] == [best["index"] for best in classes]
            wanted = [best["probability"] for best in classes]
            np.testing.assert_allclose([probability for _, probability in photo], wanted, atol=1e-4)


def test_the_frozen_graph_and_the_checkpoint_are_recognised(
    mobilenet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (f"{NAME}_frozen.pb", f"{NAME}.ckpt"):
        assert main(["checkpoint", "inspect", str(mobilenet / name), "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["looks_like"] == {"network": "zoo:mobilenet_v1_025", "names": True, "map": None}
        assert len(found["variables"]) == 137 and found["of_training"] == []
