"""Layers, branches, blocks, repeats, references: what graph they become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.expand.names import means
from archspec.compiler.program import Program, check_file, compile_file
from archspec.diagnostics import Findings

Compile = Callable[..., Program]
CONV = "defaults: {conv2d: {kernel: 1}}\n"


def names(program: Program) -> list[str]:
    return [name for name, _, _ in program.graph.variables()]


def shape(program: Program, name: str) -> tuple[int | None, ...]:
    return program.graph.shape(program.graph.endpoints[name])


def test_conv_norm_activation_are_three_nodes_and_no_bias(compiled: Compile) -> None:
    program = compiled("layers: [c: {conv2d: 8, kernel: 3, norm: batch_norm, activation: relu}]")
    assert list(program.graph.nodes) == ["c", "c/BatchNorm", "c/relu"]
    assert names(program) == [
        "Net/c/weights",
        "Net/c/BatchNorm/gamma",
        "Net/c/BatchNorm/beta",
        "Net/c/BatchNorm/moving_mean",
        "Net/c/BatchNorm/moving_variance",
    ]
    assert program.graph.endpoints["c"] == "c/relu"


def test_branches_take_the_joins_input_and_are_joined_in_order(compiled: Compile) -> None:
    program = compiled(
        CONV + "layers: [m: {concat: {a: {conv2d: 4}, b: [x: {conv2d: 8}, y: {conv2d: 6}], c: identity}}]"
    )
    assert shape(program, "m") == (32, 32, 13)
    assert program.graph.nodes["m"].inputs == ("m/a", "m/b/y", "m/c")
    assert program.graph.nodes["m/b/x"].inputs == ("image",)


def test_silent_names_leave_no_trace_in_variables(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [a: {conv2d: 4}, (s): [b: {conv2d: 4}], c: {add: [a, b]}]")
    assert names(program) == ["Net/a/weights", "Net/a/biases", "Net/b/weights", "Net/b/biases"]
    assert program.graph.endpoints["(s)/b"] == program.graph.endpoints["b"] == "(s)/b"


def test_names_section_renames_variables_below_a_path(compiled: Compile) -> None:
    text = CONV + "names: {a/b: other, c: deep/er}\nlayers: [a: [b: {conv2d: 4}], c: {conv2d: 4}]"
    assert names(compiled(text))[::2] == ["Net/a/other/weights", "Net/deep/er/weights"]


def test_name_key_overrides_one_layers_variables(compiled: Compile) -> None:
    assert names(compiled(CONV + "layers: [a: {conv2d: 4, name: x}]"))[0] == "Net/x/weights"


def test_reference_looks_outwards_to_the_border(compiled: Compile) -> None:
    program = compiled(
        CONV + "layers: [a: {conv2d: 4}, s: [b: {conv2d: 4}, t: [c: {add: [a, b]}]], d: {add: [s/b, s/t/c]}]"
    )
    assert program.graph.nodes["s/t/c"].inputs == ("a", "s/b")
    assert program.graph.nodes["d"].inputs == ("s/b", "s/t/c")


def test_repeat_counts_and_suffixes(compiled: Compile) -> None:
    program = compiled(
        CONV + "layers: [c$_i: {repeat: 3, conv2d: $(4 + i)}, u$(i + 1): {repeat: 2, layers: [r: relu]}]"
    )
    assert [shape(program, name)[-1] for name in ("c", "c_1", "c_2")] == [4, 5, 6]
    assert {"u1/r", "u2/r"} <= set(program.graph.nodes)


def test_repeat_among_branches_runs_side_by_side(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [m: {concat: {b$i: {repeat: 3, conv2d: 4}}}]")
    assert program.graph.nodes["m"].inputs == ("m/b0", "m/b1", "m/b2")
    assert all(program.graph.nodes[f"m/b{i}"].inputs == ("image",) for i in range(3))


def test_table_sets_fields_and_names_columns(compiled: Compile) -> None:
    text = "tables: {t: [[filters, kernel, more], [4, 1, 2], [6, 3, $(1 + 2)]]}\nlayers: [c$(i)_$(more): {conv2d, table: t}]"
    program = compiled(text)
    ops: list[Any] = [program.graph.nodes[name].op for name in ("c0_2", "c1_3")]
    assert [(op.filters, op.kernel) for op in ops] == [(4, (1, 1)), (6, (3, 3))]


def test_columns_of_a_table(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [c$i: {conv2d, table: {filters: [4, 6]}}]")
    assert shape(program, "c1")[-1] == 6


def test_when_false_closes_up_and_else_stands_in(compiled: Compile) -> None:
    text = "hyperparameters: {on: false}\n" + CONV
    text += "layers: [a: {conv2d: 4}, b: {when: on, conv2d: 8}, c: {when: on, conv2d: 8, else: {conv2d: 6}}, d: {when: on, relu, else: a}]"
    program = compiled(text)
    assert list(program.graph.nodes) == ["a", "c"]
    assert program.graph.endpoints["d"] == "a"
    assert list(compiled(text, on="true").graph.nodes) == ["a", "b", "c", "d"]


def test_expression_reads_earlier_tensors(compiled: Compile) -> None:
    program = compiled(
        CONV + "layers: [a: {conv2d: 24}, b: {conv2d: $(channels(a) // 4)}, c: {conv2d: $(channels(input))}]"
    )
    assert (shape(program, "b")[-1], shape(program, "c")[-1]) == (6, 3)


def test_blocks_thread_their_outputs_by_name(compiled: Compile) -> None:
    """As NASNet's cells: each takes the output and the input of the one above, without a word about it."""
    text = (
        CONV
        + """
blocks:
  cell:
    inputs: [net, prev?]
    outputs: {net: sum, prev: net}
    layers:
    - a: {conv2d: 4, from: net}
    - b: {when: given(prev), conv2d: 4, from: prev, else: a}
    - sum: {add: [a, b]}
layers: [c0: {block: cell}, c1: {block: cell}, c2: {block: cell}]
"""
    )
    graph = compiled(text).graph
    assert graph.nodes["c0/sum"].inputs == ("c0/a", "c0/a")
    assert graph.nodes["c1/b"].inputs == ("image",)
    assert graph.nodes["c2/a"].inputs == ("c1/sum",)
    assert graph.nodes["c2/b"].inputs == ("c0/sum",)


def test_arguments_of_a_block_read_the_callers_tensors(compiled: Compile) -> None:
    text = CONV + "blocks: {b: {parameters: {n: int}, layers: [c: {conv2d: $n}]}}\n"
    program = compiled(
        text + "layers: [a: {conv2d: 24}, b1: {block: b, n: $(channels(a) // 2)}, d: {relu, from: b1/c}]"
    )
    assert shape(program, "d")[-1] == 12


def test_depth_fraction_is_the_calls_place_in_the_chain(compiled: Compile) -> None:
    text = """
blocks: {b: {layers: [d: {dropout: $(0.4 * depth_fraction)}]}}
layers: [b$i: {repeat: 4, block: b}]
"""
    graph = compiled(text).graph
    rates: list[Any] = [graph.nodes[f"b{i}/d"].op for i in range(4)]
    assert [round(op.rate, 6) for op in rates] == [0.1, 0.2, 0.3, 0.4]


def test_share_uses_another_layers_variables(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [a: {conv2d: 3, norm: batch_norm}, b: {conv2d: 3, norm: batch_norm, share: a}]")
    assert len(names(program)) == 5
    assert {"b", "b/BatchNorm"} <= set(program.graph.nodes)


def test_heads_hang_off_the_main_line(compiled: Compile) -> None:
    program = compiled(
        CONV + "layers: [a: {conv2d: 4}, b: {conv2d: 5}]\nheads: {h: {from: a, layers: [c: {conv2d: 6}]}}"
    )
    assert (program.graph.output, program.graph.heads) == ("b", {"h": "h/c"})
    assert list(program.graph.ending_at([program.graph.output]).nodes) == ["a", "b"]


def test_output_stride_turns_strides_into_dilation(compiled: Compile) -> None:
    text = """
layers:
- (body):
    output_stride: 4
    layers: [c$i: {repeat: 4, conv2d: 4, kernel: 3, stride: 2}]
"""
    graph = compiled(text).graph
    ops: list[Any] = [graph.nodes[f"(body)/c{i}"].op for i in range(4)]
    assert [op.stride[0] for op in ops] == [2, 2, 1, 1]
    assert [op.rate[0] for op in ops] == [1, 1, 1, 2]
    assert graph.nodes["(body)/c3"].shape == (8, 8, 4)
    assert "output_stride: 4" in graph.nodes["(body)/c3"].values["rate"].steps[0]


def test_else_keeps_the_name_and_the_end_point(compiled: Compile) -> None:
    text = "layers: [a: relu, b: {when: false, tanh, endpoint: B, else: identity}, c: {when: false, tanh, endpoint: C, else: a}]"
    endpoints = compiled(text).graph.endpoints
    assert (endpoints["B"], endpoints["C"]) == ("b", "a")


def test_scope_of_names_ends_a_level_with_its_key(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [u/a: {conv2d: 4}, u/b: {conv2d: 5}, c: {concat: [u/a, u/b]}]")
    assert shape(program, "c")[-1] == 9


def test_pattern_means_a_layer_and_what_is_below_it() -> None:
    assert means("block1", "(body)/block1/unit_1/conv1") and means("(body)/block*", "(body)/block1/unit_1")
    assert means("conv1", "conv1") and not means("conv1", "conv10") and not means("unit_1", "(body)/block1/unit_1")


DEPTH = """
blocks:
  swish: {layers: [gate: sigmoid, out: {multiply: [input, gate]}]}
  unit: {layers: [drop: {dropout: $(EXPRESSION)}, sum: {add: [input, drop]}]}
  stage: {parameters: {n: int}, layers: [u$i: {repeat: $n, block: unit}]}
layers: [act: {block: swish}, s$i: {table: {n: [2, 1]}, block: stage}, LAST, act2: {block: swish}]
heads: {h: {from: act, block: unit}}
"""


@pytest.mark.parametrize("last", ["v: {block: unit}", "v: {when: channels(act) == 3, block: unit}"])
@pytest.mark.parametrize(
    ("expression", "rates"),
    [
        ("depth_index / depth_count", [0, 0.25, 0.5, 0.75]),
        ("depth_index / (depth_count - 1) / 2", [0, 1 / 6, 1 / 3, 0.5]),
        ("depth_fraction / 2", [0.125, 0.25, 0.375, 0.5]),
    ],
)
def test_depth_counts_the_calls_that_read_it(compiled: Compile, expression: str, rates: list[float], last: str) -> None:
    """In whatever block they stand, also where a tensor decides; other blocks and heads do not shift them."""
    text = DEPTH.replace("EXPRESSION", expression).replace("LAST", last)
    if "- 1" in expression:
        text = text.replace("heads: {h: {from: act, block: unit}}\n", "")
    nodes = compiled(text).graph.nodes
    found: list[Any] = [nodes[f"{path}/drop"].op for path in ("s0/u0", "s0/u1", "s1/u0", "v")]
    assert [op.rate for op in found] == pytest.approx(rates)


def test_depth_of_an_embedded_network_is_its_own(tmp_path: Path) -> None:
    inner = Path(__file__).parents[2] / "specs" / "nasnet.yaml"
    (tmp_path / "inner.yaml").write_text(inner.read_text())
    text = """archspec: 1
inputs: {image: {shape: [224, 224, 3]}}
variants: {one: {}, two: {}}
blocks: {w: {layers: [d: {dropout: $(0.1 * depth_fraction)}]}}
layers: [pre$i: {repeat: 3, block: w}, net: {network: inner.yaml, set: {drop_path_keep_prob: 0.7}}]
"""
    alone = compile_file(str(inner), settings={"drop_path_keep_prob": "0.7"}, findings=Findings())
    assert alone is not None
    for program in check_file(str(tmp_path / "x.yaml"), findings=Findings(), text=text):
        nodes = program.graph.nodes
        assert nodes["pre0/d"].op == replace_rate(nodes["pre2/d"].op, 0.1 / 3)
        dropped = [path for path, node in alone.graph.nodes.items() if node.op.NAME == "drop_path"]
        assert len(dropped) > 50 and all(nodes[f"net/{path}"].op == alone.graph.nodes[path].op for path in dropped)


def replace_rate(op: Any, rate: float) -> Any:
    return op.replace(rate=pytest.approx(rate))


def test_unnamed_layers_take_no_name_that_another_has(compiled: Compile) -> None:
    graph = compiled(
        CONV + "layers: [relu, relu: {conv2d: 4}, relu, tanh, s: [relu, tanh$_i: {repeat: 2, relu}, tanh]]"
    ).graph
    assert {path: node.op.NAME for path, node in graph.nodes.items()} == {
        "relu_1": "relu",
        "relu": "conv2d",
        "relu_2": "relu",
        "tanh": "tanh",
        "s/relu": "relu",
        "s/tanh": "relu",
        "s/tanh_1": "relu",
        "s/tanh__0": "tanh",
    }


def test_heads_can_be_copied_and_keep_their_names_beside_silent_groups(compiled: Compile) -> None:
    text = "layers: [(g): [aux: relu], b: {conv2d: 5}]\nheads: {h_$i: {repeat: 2, from: b, conv2d: 2}, aux: {from: b, conv2d: 3}}"
    graph = compiled(CONV + text).graph
    assert graph.heads == {"h_0": "h_0", "h_1": "h_1", "aux": "aux"}
    assert (graph.endpoints["aux"], graph.endpoints["(g)/aux"]) == ("aux", "(g)/aux")
    assert "" not in graph.endpoints


def test_a_cell_that_loses_is_among_the_losers(compiled: Compile) -> None:
    program = compiled(CONV + "layers: [c$i: {conv2d: $(2 * filters), table: {filters: [4, 6]}}]")
    lost = program.graph.nodes["c1"].values["filters"].lost
    assert [(candidate.value, candidate.origin.where) for candidate in lost] == [(6, "the table")]
