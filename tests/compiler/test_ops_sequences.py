"""What norms and ops on sequences say without TensorFlow: shapes, variables, costs, and why an input does not fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archspec.compiler.language.op import Op, Shape, WrongShape
from archspec.compiler.language.ops.example_norm import GroupNorm, InstanceNorm
from archspec.compiler.program import Program, check_file
from archspec.diagnostics import Diagnostic, Findings


def found_in(layers: str) -> list[Diagnostic]:
    findings, head = Findings(), "archspec: 1\ninputs: {image: {shape: [32, 32, 3]}}\n"
    list(check_file("net.yaml", findings=findings, text=head + layers))
    return findings.items


@pytest.mark.parametrize(
    ("op", "shapes", "sentence", "remedy"),
    [
        (
            GroupNorm(groups=32),
            [(8, 8, 48)],
            "needs channels that 32 groups divide, got 8x8x48",
            "48 channels can be 1, 2, 3, 4, 6, 8, 12, 16, 24, 48 groups",
        ),
        (
            InstanceNorm(),
            [(48,)],
            "needs positions and channels, got 48",
            "put it before the pooling, or use `layer_norm`",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_fit_is_said_in_one_sentence(op: Op, shapes: list[Shape], sentence: str, remedy: str) -> None:
    with pytest.raises(WrongShape) as problem:
        op.shape(*shapes)
    assert (str(problem.value), problem.value.help) == (sentence, remedy)


@pytest.mark.parametrize("name", ["layer_norm", "instance_norm", "{group_norm: 4}", "rms_norm"])
def test_every_norm_can_stand_behind_a_layer(name: str, compiled: Callable[..., Program]) -> None:
    graph = compiled(f"layers: [a: {{conv2d: 8, kernel: 3, norm: {name}, activation: relu}}]").graph
    names = [variable for variable, _, _ in graph.variables()]
    leaf = {"l": "LayerNorm", "i": "InstanceNorm", "{": "GroupNorm", "r": "RMSNorm"}[name[0]]
    beta = [] if name == "rms_norm" else [f"Net/a/{leaf}/beta"]
    assert names == ["Net/a/weights", f"Net/a/{leaf}/gamma", *beta]
    assert list(graph.nodes) == ["a", f"a/{leaf}", "a/relu"]


def test_a_norm_has_penalties_and_first_values_of_its_own(compiled: Callable[..., Program]) -> None:
    text = "layers: [a: {batch_norm, gamma_initializer: {constant: 0}, gamma_l2: 0.1, beta_l2: 0.2, activation: relu}]"
    variables = {name: variable for name, _, variable in compiled(text).graph.variables()}
    assert variables["Net/a/gamma"].initializer.values()["value"] == 0
    assert [variables[f"Net/a/{leaf}"].l2 for leaf in ("gamma", "beta", "moving_mean")] == [0.1, 0.2, 0]


def test_groups_that_do_not_divide_are_said_at_the_line() -> None:
    (found,) = found_in("layers:\n- a: {conv2d: 48, kernel: 3}\n- b: group_norm\n")
    assert found.message == "`group_norm` needs channels that 32 groups divide, got 32x32x48"
    assert found.span is not None and found.span.line == 5
