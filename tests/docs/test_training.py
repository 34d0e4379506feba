"""docs/training.md says what is true: its session runs, in order, on pictures of five kinds.

The fast tier collects this file without NumPy and Pillow, so the functions import them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Example, check, examples, save

PAGE = (ROOT / "docs" / "training.md").read_text()
EXAMPLES = examples(PAGE)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's spec, flowers/ with twenty pictures of each kind, and a rose."""
    import numpy as np
    from PIL import Image

    folder, draw = tmp_path_factory.mktemp("training"), np.random.default_rng(0)
    save(EXAMPLES, folder)
    for number, kind in enumerate(("daisy", "dandelion", "roses", "sunflowers", "tulips")):
        (folder / "flowers" / kind).mkdir(parents=True)
        for picture in range(20):
            pixels = draw.integers(number * 20, number * 20 + 100, (80, 60, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "flowers" / kind / f"{picture:02}.jpg")
    (folder / "flowers" / "roses" / "00.jpg").rename(folder / "rose.jpg")
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example, workplace: Path) -> None:
    check(example, workplace)


def test_every_fence_is_an_example() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") / 2 == 5


def test_features_are_written(workplace: Path) -> None:
    import numpy as np

    with np.load(workplace / "features.npz") as arrays:
        assert {name: array.shape for name, array in arrays.items()} == {"pool": (1, 128)}
