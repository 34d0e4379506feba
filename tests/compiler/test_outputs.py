"""What a network is there for: outputs by name, what nothing uses, and what training leaves as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.compiler.program import Program, check_file
from archspec.compiler.rules import check_rules
from archspec.diagnostics import Findings

SCOPE = "defaults: {conv2d: {kernel: 3}}\n"
HEAD = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\ndefaults: {conv2d: {kernel: 3}}\n"
TWO = (
    "layers:\n- a: {conv2d: 8}\n- One: [flatten, fc: {dense: 2}]\n- Two: {from: a, layers: [flatten, fc: {dense: 1}]}\n"
)


def warned(text: str) -> list[tuple[str, str | None]]:
    findings = Findings()
    (program,) = check_file("net.yaml", findings=findings, text=HEAD + text)
    assert findings.items == []
    return [(found.message, found.help) for found in check_rules(program) if found.code == "AS403"]


def test_a_branch_that_leads_nowhere_is_one_finding_that_names_outputs() -> None:
    [(message, help)] = warned(TWO)
    assert message == "nothing uses One/fc, nor the 1 layer that leads to it: only the last layer is an output"
    assert help is not None and "`outputs: {one: One, two: Two}`" in help


def test_every_end_that_nothing_uses_stands_in_the_remedy() -> None:
    branches = "b: {relu, from: a}, c: {relu, from: a}, Last: {relu, from: a}"
    said = warned(f"layers: [a: {{conv2d: 8}}, {branches}]")
    assert [message.partition(":")[0] for message, _ in said] == ["nothing uses b", "nothing uses c"]
    assert all(help is not None and "`outputs: {b: b, c: c, last: Last}`" in help for _, help in said)


def test_copies_and_calls_that_nothing_uses_are_one_finding() -> None:
    [(message, help)] = warned("layers: [a: {conv2d: 8}, g$i: {repeat: 30, layers: [c: {conv2d: 8, from: a}]}]")
    assert message == "nothing uses g0/c, nor 28 more copies of it"
    assert help is not None and help.startswith("other copies are used")
    block = "blocks: {k: {layers: [c: {conv2d: 8}, d: {conv2d: 9}, e: {conv2d: 8, from: c}]}}\n"
    [(message, help)] = warned(f"{block}layers: [g$i: {{repeat: 30, block: k}}]")
    assert message == "nothing uses g0/d, nor 29 more copies of it: only the last layer is an output"
    assert help == "take it out"


def test_named_outputs_are_all_asked_for(compiled: Callable[..., Program]) -> None:
    assert warned("outputs: {first: One, second: Two}\n" + TWO) == []
    graph = compiled(SCOPE + "outputs: {first: One, second: Two}\n" + TWO).graph
    assert list(graph.outputs) == ["first", "second"]
    assert [graph.shape(tensor) for tensor in graph.outputs.values()] == [(2,), (1,)]
    assert graph.output == graph.outputs["first"]


def test_several_outputs_of_an_op_are_taken_by_name(compiled: Callable[..., Program]) -> None:
    graph = compiled(
        SCOPE + "layers: [a: {conv2d: 6}, parts: {split: 3}, b: {add: [parts.0, parts.2]}, c: {relu, from: b}]"
    ).graph
    assert graph.shape("parts.2") == (32, 32, 2)
    assert graph.nodes["b"].inputs == ("parts", "parts.2")


@pytest.mark.parametrize(
    "text",
    [
        "layers: [a: {conv2d: 64}, b: [c: {conv2d: $(channels(input) // 4)}]]",
        "layers: [a$i: {conv2d: 4, repeat: $(channels(input) // 4 - 1)}]",
        "blocks: {k: {parameters: {n: {type: int, min: 1}}, conv2d: $n}}\n"
        "layers: [b: {block: k, n: $(channels(input) // 4)}]",
    ],
)
def test_a_value_made_of_a_tensor_is_explained_by_it(text: str) -> None:
    findings = Findings()
    check_file("net.yaml", findings=findings, text=HEAD + text)
    (found,) = findings.items
    assert [note.message for note in found.notes] == ["`input` here is image, 8x8x3"]


TRAIN = """
layers: [flatten, a: {dense: 4}, Logits: {dense: 2}]
train: {preprocess: [{resize: 8}], losses: {m: {softmax_cross_entropy: Logits}}, optimizer: {sgd: 0.1}, batch: 8, freeze: [a]}
"""


def test_frozen_layers_do_not_count_as_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text(HEAD.replace("defaults: {conv2d: {kernel: 3}}\n", "") + TRAIN)
    assert main(["summary", str(tmp_path / "net.yaml"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["params"] == {"total": 782, "trainable": 10}


def test_expectation_counts_as_trained_what_summary_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD.replace("defaults: {conv2d: {kernel: 3}}\n", "") + TRAIN
    (tmp_path / "net.yaml").write_text(f"{text}expect: {{trainable: 10, params: 782}}\n")
    assert main(["summary", str(tmp_path / "net.yaml")]) == 0
    assert "10 trained" in capsys.readouterr().out


def test_explain_says_the_value_and_then_what_was_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text(f"{HEAD}layers: [a: {{conv2d: 4}}]\nexpect: {{params: 1}}\n")
    assert main(["explain", str(tmp_path / "net.yaml"), "a.filters"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("a.filters  4\n")
    assert said.err.count("AS503") == 1


def test_outputs_of_a_layer_that_is_wrong_are_silent() -> None:
    findings = Findings()
    layers = "layers: [s: {split: 2}, a: {relu, from: s.1}, j: {concat: [s.0, a]}]"
    assert check_file("net.yaml", findings=findings, text=f"{HEAD}{layers}") == []
    assert [found.code for found in findings.items] == ["AS301"]
