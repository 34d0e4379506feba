"""Whatever a file says, the work that it asks for is counted, and ends with a finding at the place where it ran out."""

from __future__ import annotations

import pytest

from archspec.compiler import program
from archspec.compiler.language.budget import LIMIT, Budget
from archspec.compiler.program import check_file
from archspec.diagnostics import Findings

HEAD = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\ndefaults: {conv2d: {kernel: 3}}\n"
DOUBLING = "functions:\n  f0(x): x\n" + "".join(f"  f{i}(x): f{i - 1}(x) + f{i - 1}(x)\n" for i in range(1, 11))
BLOCKS = "blocks:\n  b0: {layers: [x: relu]}\n" + "".join(
    f"  b{i}: {{layers: [x: {{block: b{i - 1}}}, y: {{block: b{i - 1}}}]}}\n" for i in range(1, 40)
)
LISTS = "functions: {d(x): '[x, x]', e(x): d(d(d(d(d(x))))), f(x): e(e(e(e(x))))}\n"

ENDLESS = {
    "copies": ("layers: [a$i: {repeat: 100000, layers: [b$i: {repeat: 100000, relu}]}]", "AS321 4:41"),
    "absent copies": (
        "layers: [a$i: {repeat: 100000, layers: [b$i: {repeat: 100000, relu, when: false}]}]",
        "AS321 4:41",
    ),
    "copies of nothing": (
        "layers: [z: relu, a$i: {repeat: 100000, layers: [b$i: {repeat: 100000, layers: [c$i: {repeat: 0, relu}]}]}]",
        "AS321 4:50",
    ),
    "absent copies with else": (
        "layers: [z: relu, a$i: {repeat: 100000, layers: [b$i: {repeat: 100000, when: false, else: z, relu}]}]",
        "AS321 4:50",
    ),
    "blocks": (BLOCKS + "layers: [a: {block: b39}]", "AS321 "),
    "conditions": (DOUBLING + "layers: [z: relu, a$i: {repeat: 100000, when: f10(1) < 0, relu}]", "AS321 16:47"),
    "heads": ("layers: [z: relu]\nheads: {a$i: {repeat: 100000, when: false, relu}}", "AS321 5:9"),
    "variants": (
        "variants: {" + ", ".join(f"v{i}: {{}}" for i in range(2000)) + "}\nlayers: [z: relu]",
        "AS321 4",
    ),
}
"""Specs of a few lines that ask for more work than any computer has, and what is said of each."""


def found(text: str) -> Findings:
    findings = Findings()
    check_file("x.yaml", findings=findings, text=HEAD + text)
    return findings


@pytest.mark.parametrize(("text", "expected"), ENDLESS.values(), ids=ENDLESS)
def test_endless_work_ends_with_one_finding(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fiftieth of the steps, so that the test is quick; the work is counted and not timed."""
    monkeypatch.setattr(program, "Budget", lambda: Budget(LIMIT // 50))
    [finding] = [item for item in found(text).items if item.severity == "error"]
    assert finding.span is not None
    assert f"{finding.code} {finding.span.line}:{finding.span.column}".startswith(expected)


@pytest.mark.parametrize("layer", ["a: {conv2d: $(f(1))}", '"a$(f(1))": relu', "a: {block: b, p: $(f(1))}"])
def test_lists_that_share_their_parts_have_the_size_of_what_is_written_out(layer: str) -> None:
    blocks = "blocks: {b: {parameters: {p: list}, conv2d: 3}}\n"
    messages = [item.message for item in found(LISTS + blocks + f"layers: [{layer}]").items if item.severity == "error"]
    assert len(messages) == 1 and "longer than 10,000" in messages[0]


def test_one_mistake_in_many_copies_is_one_finding() -> None:
    findings = found("layers: [z: relu, a$i: {repeat: 20, conv2d: $(-i - 1)}]")
    assert [item.message for item in findings.items] == ["`filters` of `conv2d` must be at least 1, got -1"]
    assert "more like it" in findings.items[0].notes[0].message


def test_the_limit_leaves_room_for_networks_as_large_as_any() -> None:
    """The largest published ones have about a thousand convolutions; families of them stand in one spec."""
    text = "layers: [a$i: {repeat: 4000, conv2d: 8, norm: batch_norm, activation: relu}]"
    assert found(text).items == []
