"""Every lint rule finds its bad example, once, and nothing in its good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archspec.compiler import rules
from archspec.compiler.language.op import Lowering, Op, Shape
from archspec.compiler.language.values import Sides
from archspec.compiler.program import Program, check_file
from archspec.compiler.rules import RULES, check_rules
from archspec.compiler.rules.unused_taps import used_positions
from archspec.diagnostics import Diagnostic, Findings

HEAD = "archspec: 1\ninputs: {image: {shape: [32, 32, 3]}}\n"


def found(text: str) -> list[Diagnostic]:
    findings = Findings()
    programs = check_file("test.yaml", findings=findings, text=HEAD + text)
    assert programs and findings.items == []
    return [diagnostic for program in programs for diagnostic in check_rules(program)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.NAME)
def test_bad_example_is_found_and_good_one_is_not(rule: ModuleType) -> None:
    diagnostics = found(rule.BAD)
    assert [d.code for d in diagnostics] == [rule.CODE]
    assert diagnostics[0].span is not None and diagnostics[0].help
    assert found(rule.GOOD) == []


def test_every_rule_is_in_the_table_with_a_code_of_its_own() -> None:
    files = {path.stem for path in Path(rules.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {rule.__name__.rpartition(".")[2] for rule in RULES}
    assert len({rule.CODE for rule in RULES}) == len(RULES)
    assert all(rule.__doc__ for rule in RULES)


@dataclass(frozen=True)
class Window:
    """The sizes of a convolution along one axis."""

    kernel: tuple[int]
    stride: tuple[int]
    rate: tuple[int]
    padding: str | Sides


paddings = st.one_of(st.sampled_from(["same", "symmetric"]), st.tuples(st.tuples(st.integers(0, 5), st.integers(0, 5))))


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), paddings)
def test_used_positions_are_those_that_trying_each_of_them_finds(
    size: int, kernel: int, stride: int, rate: int, padding: str | Sides
) -> None:
    window = (kernel - 1) * rate + 1
    steps = -(-size // stride)
    even = padding == "symmetric" and stride > 1
    before = (window - 1) // 2 if even else max((steps - 1) * stride + window - size, 0) // 2
    if not isinstance(padding, str):
        ((before, after),) = padding
        assume(before + size + after >= window)
        steps = (before + size + after - window) // stride + 1
    starts = [step * stride - before for step in range(steps)]
    found = sum(any(0 <= start + tap * rate < size for start in starts) for tap in range(kernel))
    assert used_positions(Window((kernel,), (stride,), (rate,), padding), (size,)) == found


def test_used_positions_of_a_huge_kernel_are_counted_at_once() -> None:
    assert used_positions(Window((10**9,), (1,), (1,), "same"), (99_999,)) == 199_997


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        ("{sigmoid_cross_entropy: s, target: 1}", ["AS402"]),
        ("{sigmoid_cross_entropy: moved, target: 1}", ["AS402"]),
        ("{sigmoid_cross_entropy: one, target: 1}", []),
        ("{dice: p, target: m}", ["AS402"]),
        ("{dice: map, target: m}", []),
        ("{huber: s, target: 1}", []),
    ],
)
def test_squashed_logits_are_found_under_every_loss_that_takes_logits(
    loss: str, found: list[str], compiled: Callable[..., Program]
) -> None:
    data = "{arrays: a.npz, features: {image: {image: image}, m: {class_map: m, classes: 3}}}"
    program = compiled(
        "layers: [map: {conv2d: 3, kernel: 1}, p: softmax, pool: {from: map, layers: [global_avg_pool]}, "
        "one: {dense: 1}, s: sigmoid, moved: {reshape: [1, 1]}]\n"
        f"train: {{data: {data}, preprocess: [{{resize: 32}}], losses: {{main: {loss}}}, optimizer: {{sgd: 0.1}}, batch: 8}}"
    )
    assert [each.code for each in check_rules(program) if each.code == "AS402"] == found


class Odd(Op):
    """An op of another package: a convolution by its group, with none of our fields."""

    GROUPS = ("conv", "weights", "pool", "norm", "activation")
    SPATIAL = True

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0]


class Half(Op):
    """One with a kernel and a stride, but neither rate nor padding as we have them."""

    GROUPS = ("conv",)
    SPATIAL = True
    kernel = 3
    stride = (1, 1, 1)
    padding = "same"

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0]


@pytest.mark.parametrize("op", [Odd(), Half()], ids=["none", "some"])
def test_rules_ask_only_for_what_an_op_has(op: Op, compiled: Callable[..., Program]) -> None:
    program = compiled("layers: [a: relu, b: softmax]")
    node = next(iter(program.graph.nodes.values()))
    graph = replace(program.graph, nodes={**program.graph.nodes, node.path: replace(node, op=op)})
    assert list(check_rules(replace(program, graph=graph))) == []
