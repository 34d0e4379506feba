"""docs/cookbook.md says what is true: its examples compile to what it claims, and it has every idiom that lint sends there."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.language.elsewhere import _SAID, bare
from tests.docs.pages import ROOT, Example, check, examples, save

PAGE = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
EXAMPLES = examples(PAGE)


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the specs of the page."""
    folder = tmp_path_factory.mktemp("cookbook")
    save(EXAMPLES, folder)
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example, kitchen: Path) -> None:
    check(example, kitchen)


def test_every_fence_is_an_example_and_claims_something() -> None:
    assert len(EXAMPLES) == PAGE.count("\n```") / 2 > 25
    assert [example.line for example in EXAMPLES if not {"shape", "variables"} & dict(example.notes).keys()] == []


IDIOMS = {
    "A residual block": "basicblock resblock residualblock resnetblock",
    "A bottleneck": "bottleneck",
    "An inverted residual": "invertedresidual mbconv mobileblock",
    "A dense block": "denseblock",
    "Branches side by side": "inception fire firemodule",
    "A channel shuffle": "channelshuffle",
    "highway": "highway",
    "Squeeze-and-excite": "se seblock selayer squeezeandexcitation squeezeandexcite squeezeexcitation squeezeexcite",
    "CBAM": "cbam channelattention spatialattention",
    "ECA": "eca ecalayer",
    "An attention gate": "attentiongate",
    "A non-local block": "nonlocal nonlocalblock",
    "A feature pyramid": "fpn",
    "Pyramid pooling": "aspp ppm pyramidpooling spp",
    "A vision transformer": "encoderlayer transformer transformerblock transformerencoder transformerencoderlayer",
    "Attention in windows": "windowattention windowpartition",
    "WaveNet": "gatedactivation",
    "ArcFace": "arcface",
    "Lengths (capsules)": "capsule",
}
"""Where on the page what lint calls a block stands."""


def test_lint_sends_nobody_here_in_vain() -> None:
    (named,) = (named for _, named, sentence in _SAID if sentence.startswith("it is a block"))
    assert set(map(bare, named.split())) == {name for names in IDIOMS.values() for name in names.split()}
    headings = [line for line in PAGE.splitlines() if line.startswith("### ")]
    assert [idiom for idiom in IDIOMS if not any(idiom in heading for heading in headings)] == []
