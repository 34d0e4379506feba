"""A graph's text says all of the graph, and is read back to the same graph."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.graph.text import parse_graph, print_graph
from archspec.compiler.graph.verify import verify
from archspec.compiler.language.forms.initializers import TruncatedNormal
from archspec.compiler.language.ops.activation import LeakyRelu, Relu
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.conv import Conv2D
from archspec.compiler.language.ops.merge import Add
from archspec.compiler.program import check_file
from archspec.diagnostics import Findings
from tests.cases.ops import CASES, Case
from tests.cases.zoo import WRITTEN

TEXT = """\
graph Net
input image: 8x?x3
(stem)/conv1 = conv2d(image) {filters: 4, kernel: 3x1, bias: false, initializer: truncated_normal{stddev: 0.1}}: 8x?x4
(stem)/conv1/BatchNorm = batch_norm((stem)/conv1) {decay: 0.9}: 8x?x4
(stem)/conv1/relu = relu((stem)/conv1/BatchNorm): 8x?x4
side = leaky_relu((stem)/conv1) {alpha: 0.5}: 8x?x4 @ other/name of (stem)
sum = add((stem)/conv1/relu, side): 8x?x4
endpoint (stem)/conv1, conv1, stem = (stem)/conv1/relu
endpoint side = side
head Aux = side
output sum
"""


def graph() -> Graph:
    shape = (8, None, 4)
    conv = Conv2D(filters=4, kernel=(3, 1), bias=False, initializer=TruncatedNormal(stddev=0.1))
    path = "(stem)/conv1"
    nodes = [
        Node(path, conv, ("image",), shape, variable_path="Net/conv1", layer=path),
        Node(f"{path}/BatchNorm", BatchNorm(decay=0.9), (path,), shape, "float32", "Net/conv1/BatchNorm", path),
        Node(f"{path}/relu", Relu(), (f"{path}/BatchNorm",), shape, "float32", "Net/conv1/Relu", path),
        Node("side", LeakyRelu(alpha=0.5), (path,), shape, "float32", "other/name", "(stem)"),
        Node("sum", Add(), (f"{path}/relu", "side"), shape, variable_path="Net/sum", layer="sum"),
    ]
    endpoints = {path: f"{path}/relu", "conv1": f"{path}/relu", "stem": f"{path}/relu", "side": "side"}
    image = Input("image", (8, None, 3))
    return Graph("Net", {"image": image}, {node.path: node for node in nodes}, endpoints, "sum", {"Aux": "side"})


def parsed(text: str) -> Graph:
    findings = Findings()
    found = parse_graph(text, "net.txt", findings)
    assert found is not None, findings.items
    return found


def test_text_of_a_graph() -> None:
    assert print_graph(graph()) == TEXT
    assert parsed(TEXT) == graph()


def test_blank_lines_and_spaces_do_not_matter() -> None:
    spaced = "\n\n".join(f"  {line}  \r" for line in TEXT.replace(", ", "  ,").replace(" = ", "=").split("\n"))
    assert parsed(spaced) == graph()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_text_of_a_spec_reads_back(path: Path) -> None:
    for program in check_file(str(path), findings=Findings()):
        text = print_graph(program.graph)
        again = parsed(text)
        assert again == program.graph
        assert print_graph(again) == text
        assert list(again.variables()) == list(program.graph.variables())
        findings = Findings()
        verify(again, findings)
        assert findings.items == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op_reads_back(case: Case) -> None:
    inputs = {f"in{i}": Input(f"in{i}", shape, "uint8") for i, shape in enumerate(case.inputs)}
    op = case.op.normalized(*case.inputs)
    node = Node("a/b", op, tuple(inputs), case.op.shape(*case.inputs), "float16", "a/b", "a/b")
    whole = Graph("", inputs, {"a/b": node}, {}, "a/b")
    assert parsed(print_graph(whole)) == whole


names = st.text(min_size=0, max_size=6) | st.sampled_from(
    ["graph", "output", "a b", 'quote"', "(x)/y", "=", "of", "@", "ü"]
)


@settings(max_examples=150)
@given(
    names,
    names,
    names,
    names,
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(0, 99999) | st.none(), max_size=4),
)
def test_any_name_and_number_reads_back(
    root: str, path: str, layer: str, name: str, alpha: float, shape: list[int | None]
) -> None:
    node = Node(path, LeakyRelu(alpha=alpha), ("image", name), tuple(shape), "float32", name, layer)
    inputs = {"image": Input("image", tuple(shape))}
    whole = Graph(root, inputs, {path: node}, {name: path, layer: path}, path, {name: path})
    if path != "image":
        assert parsed(print_graph(whole)) == whole


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "message"),
    [
        ("= add(", "= addd(", "AS381", 7, 7, "there is no operation `addd`; did you mean `add`?"),
        (
            "decay: 0.9",
            "decai: 0.9",
            "AS381",
            4,
            52,
            "`batch_norm` has no field `decai`; did you mean `decay`?",
        ),
        ("decay: 0.9", "decay: 2", "AS382", 4, 59, "`decay` of `batch_norm` must be at most 1"),
        (
            "kernel: 3x1",
            "kernel: many",
            "AS382",
            3,
            51,
            "`kernel` of `conv2d` must be a whole number, or height x width",
        ),
        ("filters: 4, ", "", "AS382", 3, 30, "`conv2d` needs `filters`"),
        ("truncated_normal{", "truncated{", "AS381", 3, 82, "there is no initializer `truncated`"),
        (": 8x?x4 @", ": 8xx4 @", "AS380", 6, 47, "expected a shape such as 35x35x288, found `8xx4`"),
        ("relu, side)", "relu, side", "AS380", 7, 34, "expected `)`, found `:`"),
        ("output sum", "output sum more", "AS380", 11, 12, "expected the end of the line, found `more`"),
        ("output sum", "output", "AS380", 11, 7, "expected a name, found the end of the line"),
        ("output sum\n", "", "AS384", 1, 1, "there is no line `output …`"),
        ("graph Net\n", "", "AS384", 1, 1, "there is no line `graph …`"),
        ("sum = add", "side = add", "AS383", 7, 1, "`side` is here twice"),
        ("head Aux", "head Aux = side\nhead Aux", "AS383", 11, 6, "`Aux` is here twice"),
        ("output sum", 'output "sum', "AS380", 11, 8, 'expected a name, found `"sum`'),
        ("output sum", 'output "\\q"', "AS380", 11, 8, "this text in quotes is not as JSON has it"),
    ],
)
def test_a_mistake_has_its_line_and_column(old: str, new: str, code: str, line: int, column: int, message: str) -> None:
    assert TEXT.count(old) == 1
    findings = Findings()
    assert parse_graph(TEXT.replace(old, new), "net.txt", findings) is None
    (found,) = findings.items
    assert found.span is not None
    assert (found.code, found.span.line, found.span.column) == (code, line, column)
    assert found.message.startswith(message)


def test_all_mistakes_are_reported_at_once() -> None:
    findings = Findings()
    text = TEXT.replace("= add(", "= addd(").replace("output sum", "output").replace("8x?x3", "eight")
    assert parse_graph(text, "net.txt", findings) is None
    assert [d.span.line for d in findings.items if d.span] == [2, 7, 11]


def test_verify_finds_a_wrong_shape_in_a_text() -> None:
    findings = Findings()
    verify(parsed(TEXT.replace("side): 8x?x4", "side): 8x?x5")), findings)
    assert [d.message for d in findings.items] == ["sum is said to be 8x?x5 float32 and is 8x?x4 float32"]


def test_garbled_text_gives_diagnostics_and_no_exception() -> None:
    chance = random.Random(0)
    for _ in range(2000):
        letters = list(TEXT)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(letters))
            letters[place : place + chance.randint(0, 3)] = chance.choice(
                ['"', "(", "}", "[[[[", "=", "x", "9" * 500, ".inf", "\n", "é"]
            )
        findings = Findings()
        found = parse_graph("".join(letters), "net.txt", findings)
        assert (found is None) == bool(findings.errors)


def test_nesting_is_bounded() -> None:
    findings = Findings()
    text = TEXT.replace("decay: 0.9", f"decay: {'[' * 5000}")
    assert parse_graph(text, "net.txt", findings) is None
    assert [d.message for d in findings.items] == ["this is nested too deeply"]


def test_order_of_nodes_is_kept() -> None:
    whole = graph()
    turned = replace(whole, nodes=dict(reversed(whole.nodes.items())))
    assert list(parsed(print_graph(turned)).nodes) == list(turned.nodes)
