"""Whatever a file says, the work that it asks for is counted, and ends with a finding at the place where it ran out."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler import program
from archspec.compiler.language.budget import LIMIT, Budget
from archspec.compiler.program import check_file
from archspec.compiler.spec import reading
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
    "parameters of a block": (
        "blocks: {b: {parameters: {" + ", ".join(f"p{i}: 1" for i in range(100)) + "}, relu}}\n"
        "layers: [a$i: {repeat: 7000, block: b}]",
        "AS321 5:10",
    ),
    "scopes around copies": (
        "scopes: {s: {conv2d: {kernel: 1}}}\n"
        f"layers: [a$i: {{repeat: 2000, defaults: [{', '.join(['s'] * 300)}], conv2d: 3}}]",
        "AS321 5:10",
    ),
    "scopes inside one another": (
        f"scopes: {{s: {{conv2d: {{kernel: 1}}}}}}\nlayers: [a: {{defaults: [{', '.join(['s'] * 5000)}], conv2d: 3}}]",
        "AS321 5:10",
    ),
    "patterns": (
        "layers: [c$i: {repeat: 100, conv2d: 3}, flatten, L: {dense: 10}]\n"
        "train: {losses: {m: {softmax_cross_entropy: L}}, optimizer: {sgd: 0.1}, batch: 2, steps: 2, "
        f"freeze: [{', '.join(['c*'] * 100)}]}}",
        "AS321 5:101",
    ),
    "steps of preprocessing": (
        "layers: [L: {dense: 10}]\n"
        f"train: {{preprocess: [{', '.join(['random_flip'] * 3000)}], losses: {{m: {{softmax_cross_entropy: L}}}}, batch: 2}}",
        "AS321 5:9",
    ),
    "losses": (
        "layers: [L: {dense: 10}]\ntrain: {losses: {"
        + ", ".join(f"m{i}: {{softmax_cross_entropy: L}}" for i in range(1000))
        + "}, optimizer: {sgd: 0.1}, batch: 2}",
        "AS321 5:9",
    ),
    "inputs of a node": (
        f"layers: [a: relu, b$i: {{repeat: 100, concat: [{', '.join(['a'] * 1000)}]}}]",
        "AS321 4:19",
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


def test_a_network_that_is_embedded_again_and_again_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.yaml").write_text(HEAD + "layers: [c: {conv2d: 3}]\n")
    spec = tmp_path / "x.yaml"
    spec.write_text(HEAD + "layers: [a$i: {repeat: 20, network: net.yaml, name: M$i}]\n")
    read: list[object] = []
    validated = reading.validate
    monkeypatch.setattr(reading, "validate", lambda *given: (read.append(given), validated(*given))[1])
    findings = Findings()
    assert check_file(str(spec), findings=findings) and not findings.errors
    assert len(read) == 2


def test_a_path_has_a_length_that_can_be_read() -> None:
    name = "n" * 40
    text = "layers: " + f"[{name}: " * 30 + "[c: {conv2d: 3}]" + "]" * 30
    assert any("letters; 1,000 is the limit" in item.message for item in found(text).items)


def test_a_text_of_thousands_of_expressions_is_refused() -> None:
    [finding] = found(f"layers: [a: {{conv2d: '{'$(1)' * 25_000}'}}]").errors
    assert "at most 10,000 letters" in finding.message and len(finding.message) < 300


def test_what_is_too_long_to_be_read_is_cut() -> None:
    layers = "".join(f"- a{i}: {{conv2d: {i + 1}, from: image}}\n" for i in range(600))
    [finding, *_] = found(f"layers:\n{layers}- b: {{add: [{', '.join(f'a{i}' for i in range(600))}]}}\n").errors
    assert finding.code == "AS301" and len(finding.message) <= 2_000 and finding.message.endswith("…")
    assert len(finding.notes) == 11 and finding.notes[-1].message == "there are 590 more such notes"
