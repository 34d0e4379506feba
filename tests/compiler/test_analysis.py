"""What an editor knows of a spec, also of one that is half wrong: findings, document, and what stands at a position."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.analysis import Analysis, analyse

SPEC = """archspec: 1
hyperparameters: {n: 8}
inputs: {image: {shape: [32, 32, 3]}}
defaults: {conv2d: {kernel: 3}}
layers:
- conv1: {conv2d: $n}
- conv2: {conv2d: 16, kernel: 5}
- flatten
- Logits: {dense: 10}
train: {preprocess: [{resize: 32}], losses: {main: {softmax_cross_entropy: Logits}}, optimizer: {sgd: 0.1}, batch: 8, steps: 3}
"""

BROKEN = {
    "wrong key": ("kernel: 5", "kernal: 5", ["AS101"]),
    "wrong operation": ("{conv2d: 16", "{conv3d_: 16", ["AS104"]),
    "wrong value": ("dense: 10", "dense: ten", ["AS102"]),
    "wrong section": ("train:", "trian:", ["AS101"]),
    "no layer of that name": ("{dense: 10}", "{dense: 10, from: nope}", ["AS303"]),
    "key twice": ("conv2d: 16", "conv2d: 16, conv2d: 17", ["AS002"]),
    "expression that is none": ("conv2d: 16", "conv2d: $(n +)", ["AS201"]),
    "bracket that is missing at the end": ("steps: 3}", "steps: 3", ["AS017"]),
    "quote that is open": ("dense: 10}", 'dense: "10}', ["AS017"]),
    "layer without an operation": ("{dense: 10}", "", ["AS104"]),
    "list that is none": ("- flatten", "- flatten: relu\n  relu: relu", ["AS107"]),
    "key half written": ("batch: 8, steps: 3}", "batch: 8, ste", ["AS017"]),
    "shapes that do not fit": ("- flatten\n", "- flatten\n- flat: {conv2d: 3}\n", ["AS301"]),
    "loss of nothing": ("entropy: Logits", "entropy: Logit", ["AS303"]),
    "file that is not there": ("archspec: 1", "archspec: 1\nextends: nothing.yaml", ["AS113"]),
}


def analysed(text: str) -> Analysis:
    return analyse("net.yaml", {"net.yaml": text})


def position(text: str, part: str) -> tuple[int, int]:
    """The line and column where a part of a text begins."""
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("name", BROKEN)
def test_half_wrong_document_is_still_a_document(name: str) -> None:
    old, new, codes = BROKEN[name]
    assert SPEC.count(old) == 1
    text = SPEC.replace(old, new)
    found = analysed(text)
    assert [d.code for d in found.findings] == codes
    assert found.program is None and found.document is not None
    filters = found.at("net.yaml", *position(text, "$n"))
    assert filters is not None and filters.path == ("layers", "0", "conv1", "conv2d")
    assert (filters.values["conv1.filters"].value, filters.values["conv1.filters"].origin.written) == (8, "$n")
    default = found.at("net.yaml", *position(text, "kernel: 3"))
    assert default is not None and default.path == ("defaults", "conv2d", "kernel")
    assert default.values["conv1.kernel"].value == (3, 3)
    number = found.at("net.yaml", *position(text, "n: 8"))
    assert number is not None and number.values["hyperparameters.n"].value == 8
    layer = found.at("net.yaml", *position(text, "conv1:"))
    assert layer is not None and [str(node.shape) for node in layer.nodes] == ["(32, 32, 8)"]


def test_whole_document_gives_a_program() -> None:
    found = analysed(SPEC)
    assert found.findings == () and found.program is not None and found.is_whole
    batch = found.at("net.yaml", *position(SPEC, "batch"))
    assert batch is not None and batch.values["train.batch"].value == 8


def test_value_that_lost_is_found_where_it_stands() -> None:
    """The default kernel is conv1's value, and conv2's was laid over it."""
    kernel = analysed(SPEC).at("net.yaml", *position(SPEC, "kernel: 3"))
    assert kernel is not None
    assert {name: value.value for name, value in kernel.values.items()} == {
        "conv1.kernel": (3, 3),
        "conv2.kernel": (5, 5),
    }


def test_what_is_unfinished_is_told() -> None:
    assert not analysed(SPEC.replace("steps: 3}", "steps: 3")).is_whole
    assert analysed(SPEC.replace("steps: 3}", "stepps: 3}")).is_whole


def test_any_beginning_of_a_text_is_analysed() -> None:
    for end in range(0, len(SPEC), 3):
        found = analysed(SPEC[:end])
        for line in range(1, SPEC[:end].count("\n") + 2):
            found.at("net.yaml", line, 5)


def test_nothing_stands_outside() -> None:
    found = analysed(SPEC)
    assert found.at("net.yaml", 99, 1) is None
    assert found.at("other.yaml", 1, 1) is None
    assert analysed("").document is None
    assert analysed("- a\n- b\n").document is None


def test_texts_are_given_for_any_file(tmp_path: Path) -> None:
    """The extended and the embedded file are as the editor has them, there or not; positions are in each of them."""
    (tmp_path / "base.yaml").write_text("this: is stale")
    texts = {
        str(tmp_path / "base.yaml"): SPEC,
        str(tmp_path / "body.yaml"): "name: Body\n" + SPEC.replace("conv2d: 16", "conv2d: 24"),
        str(tmp_path / "top.yaml"): "archspec: 1\nextends: base.yaml\nhyperparameters: {n: 4}\n"
        "change: {conv2: {conv2d: 32}}\nheads: {side: {network: body.yaml, until: conv2, from: input}}\n",
    }
    found = analyse(str(tmp_path / "top.yaml"), texts)
    assert [d.code for d in found.findings] == [] and found.program is not None
    here = found.at(str(tmp_path / "base.yaml"), *position(SPEC, "$n"))
    assert here is not None and here.values["conv1.filters"].value == 4
    number = found.at(str(tmp_path / "top.yaml"), *position(texts[str(tmp_path / "top.yaml")], "4}"))
    assert number is not None
    assert [lost.value for lost in number.values["hyperparameters.n"].lost] == [8]
    inner = found.at(str(tmp_path / "body.yaml"), *position(texts[str(tmp_path / "body.yaml")], "24"))
    assert inner is not None and inner.values["side/conv2.filters"].value == 24
