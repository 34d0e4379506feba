"""A name that the zoo does not have is answered by those that were meant, not by all that there are."""

from __future__ import annotations

import pytest

from archspec.compiler.spec.zoo import file_of
from archspec.diagnostics import Findings


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("resnet50", "there are resnet_50, resnet_v1_50, resnet_v2_50"),
        ("ResNet-50", "there are resnet_50, resnet_v1_50, resnet_v2_50"),
        ("efficientnetb0", "did you mean `efficientnet_b0`?"),
        ("inception_resnet", "did you mean `inception_resnet_v2`?"),
        ("lenett", "did you mean `lenet`?"),
        ("nonsense", "`archspec models` lists what there is"),
    ],
)
def test_what_was_meant(name: str, help: str) -> None:
    findings = Findings()
    assert file_of(f"zoo:{name}", findings) is None
    assert [found.help for found in findings.items] == [help]
