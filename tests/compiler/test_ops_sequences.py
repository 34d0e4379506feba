"""What norms and ops on sequences say without TensorFlow: shapes, variables, costs, and why an input does not fit."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

import pytest

from archspec.compiler.language.op import Op, Shape, WrongShape
from archspec.compiler.language.ops.attention import Attention
from archspec.compiler.language.ops.example_norm import GroupNorm, InstanceNorm
from archspec.compiler.language.ops.learned import AddLearned, Learned, PrependLearned
from archspec.compiler.language.ops.recurrent import GRU, LSTM
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
        (
            Attention(heads=5),
            [(196, 768)],
            "needs channels that 5 heads divide, got 196x768",
            "768 channels can be 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64 heads; or write `key_size`",
        ),
        (
            Attention(heads=4),
            [(768,)],
            "needs positions x channels, got 768",
            "a map becomes a sequence with `reshape: [positions, channels]`",
        ),
        (
            Attention(heads=4),
            [(6, 49, 32), (49, 32)],
            "needs sequences that differ in positions and channels alone, got 6x49x32 and 49x32",
            "bring both to positions x channels",
        ),
        (
            Attention(heads=4, causal=True),
            [(10, 32), (12, 32)],
            "with causal needs as many keys as queries, got 10x32 and 12x32",
            "take `causal` out: a position then sees the whole second input",
        ),
        (
            Attention(heads=4, window=(7, 7)),
            [(64, 32)],
            "with window 7x7 needs 49 positions, got 64x32",
            "cut the map into windows before it",
        ),
        (
            Attention(heads=4, window=(7, 7), rolled=(7, 3)),
            [(8, 8, 49, 32)],
            "with rolled 7x3 needs a larger window, got window 7x7",
            "write a `window`, and a `rolled` of half of it",
        ),
        (
            Attention(heads=4, rolled=(3, 3)),
            [(8, 8, 49, 32)],
            "with rolled 3x3 needs a larger window, got no `window`",
            "write a `window`, and a `rolled` of half of it",
        ),
        (
            Attention(heads=4, window=(7, 7), rolled=(3, 3)),
            [(64, 49, 32)],
            "with `rolled` needs rows x columns of windows x positions x channels, got 64x49x32",
            "keep the grid of windows as two axes of known size",
        ),
        (
            AddLearned(sizes=(7, 32)),
            [(8, 32)],
            "of 7x32 needs an input of the same sizes, or size 1 where they differ, got 8x32",
            "leave the sizes out to have the input's",
        ),
        (
            LSTM(units=8),
            [(7, 7, 32)],
            "needs length x channels, got 7x7x32",
            "it works on 1 axes of positions; its input has 2",
        ),
        (
            PrependLearned(),
            [(7, 7, 32)],
            "needs positions x channels, got 7x7x32",
            "a map becomes a sequence with `reshape: [positions, channels]`",
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
    fields = "gamma_initializer: {constant: 0}, gamma_l2: 0.1, beta_l1: 0.3, beta_l2: 0.2, activation: relu"
    text = f"layers: [a: {{batch_norm, {fields}}}]"
    variables = {name: variable for name, _, variable in compiled(text).graph.variables()}
    assert variables["Net/a/gamma"].initializer.values()["value"] == 0
    assert [variables[f"Net/a/{leaf}"].l2 for leaf in ("gamma", "beta", "moving_mean")] == [0.1, 0.2, 0]
    assert [variables[f"Net/a/{leaf}"].l1 for leaf in ("gamma", "beta", "moving_mean")] == [0, 0.3, 0]


def test_groups_that_do_not_divide_are_said_at_the_line() -> None:
    (found,) = found_in("layers:\n- a: {conv2d: 48, kernel: 3}\n- b: group_norm\n")
    assert found.message == "`group_norm` needs channels that 32 groups divide, got 32x32x48"
    assert found.span is not None and found.span.line == 5


def test_attention_costs_what_it_multiplies() -> None:
    # ViT-B/16 has 17.58 G multiplications, of which this is a twelfth without its MLP and first convolution.
    assert Attention(heads=12).macs((197, 768)) == 4 * 197 * 768 * 768 + 2 * 197 * 197 * 768
    crossed = Attention(heads=2, key_size=8, value_size=4, units=5).macs((10, 32), (7, 6))
    assert crossed == 10 * 32 * 16 + 7 * 6 * 16 + 7 * 6 * 8 + 10 * 7 * (16 + 8) + 10 * 8 * 5
    assert Attention(heads=3, window=(7, 7)).macs((8, 8, 49, 96)) == 64 * Attention(heads=3).macs((49, 96))


def test_a_vision_transformers_tokens_and_attention(compiled: Callable[..., Program]) -> None:
    graph = compiled(
        "layers:\n"
        "- patches: {conv2d: 64, kernel: 8, stride: 8, padding: valid}\n"
        "- tokens: {reshape: [16, 64]}\n"
        "- class_token: prepend_learned\n"
        "- positions: add_learned\n"
        "- attention: {attention: 4, l2: 0.1, l1: 0.2}\n"
        "- again: {attention: [attention, tokens], heads: 4}\n"
    ).graph
    found = {name: variable for name, _, variable in graph.variables()}
    assert found["Net/class_token/weights"].shape == (1, 64)
    assert found["Net/positions/weights"].shape == (17, 64)
    assert found["Net/attention/query/weights"].shape == (64, 64)
    assert [(variable.l1, variable.l2) for name, variable in found.items() if name.startswith("Net/attention")] == [
        (0.2, 0.1) if name.endswith("weights") else (0, 0) for name in found if name.startswith("Net/attention")
    ]
    assert graph.shape(graph.output) == (17, 64)
    assert graph.nodes["again"].inputs == ("attention", "tokens")


@pytest.mark.parametrize(
    ("initializer", "message", "help"),
    [
        (
            "{values: [1, 2, 3]}",
            "`dense` initializes weights with `values`: 3 values for 3 x 2 = 6 elements",
            "give one number for each element",
        ),
        ("orthogonal, bias: true", None, None),
        ("{values: [1, 2, 3, 4, 5, 6]}", None, None),
        (
            "zeros",
            "there is no initializer `zeros`",
            "write `{constant: 0}`",
        ),
    ],
)
def test_initializers_fit_their_variables(initializer: str, message: str | None, help: str | None) -> None:
    found = found_in(f"layers: [a: global_avg_pool, b: {{dense: 2, initializer: {initializer}}}]")
    assert [(one.message, one.help) for one in found] == ([] if message is None else [(message, help)])


def test_a_bias_is_no_matrix() -> None:
    (found,) = found_in("layers: [a: {conv2d: 8, kernel: 3, bias_initializer: orthogonal}]")
    assert found.message == "`conv2d` initializes biases with `orthogonal`: a matrix for 8 elements in a row"


def test_recurrent_ops_hand_on_the_sequence_and_its_end(compiled: Callable[..., Program]) -> None:
    graph = compiled(
        "layers:\n"
        "- rows: {reshape: [32, 96]}\n"
        "- read: {lstm: 16, bidirectional: true, l2: 0.1}\n"
        "- again: {gru: 8}\n"
        "- end: {dense: 3, from: again.last}\n"
        "- both: {concat: [end, read.last]}\n"
    ).graph
    found = {name: variable for name, _, variable in graph.variables()}
    ways = ["forward", "backward"]
    assert [name for name in found if name.startswith("Net/read")] == [
        f"Net/read/{way}/{leaf}" for way in ways for leaf in ("kernel", "recurrent_kernel", "bias")
    ]
    assert [found[f"Net/read/forward/{leaf}"].l2 for leaf in ("kernel", "recurrent_kernel", "bias")] == [0.1, 0.1, 0]
    assert (graph.shape("again"), graph.shape("again.last"), graph.shape(graph.output)) == ((32, 8), (8,), (35,))


def test_recurrent_ops_cost_steps_times_kernels() -> None:
    assert LSTM(units=16).macs((10, 6)) == 10 * (6 + 16) * 4 * 16
    assert GRU(units=16, bidirectional=True).macs((10, 6)) == 2 * 10 * (6 + 16) * 3 * 16


@pytest.mark.parametrize("cls", [Attention, Learned, AddLearned, PrependLearned, LSTM], ids=lambda cls: cls.NAME)
def test_examples_compile_on_a_sequence(cls: type[Op]) -> None:
    findings, layers = Findings(), cleandoc(vars(cls)["EXAMPLE"])
    text = f"archspec: 1\ninputs: {{words: {{shape: [100, 64]}}}}\nlayers:\n{layers}\n"
    (program,) = check_file("net.yaml", findings=findings, text=text)
    assert findings.items == [] and any(type(node.op) is cls for node in program.graph.nodes.values())
