"""What a graph costs: rows by hand, receptive fields by the literature, bytes by counting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.compiler.graph.cost import activations, last_map, peak, receptive_fields, rows, totals
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.language.op import Sight
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"

NET = """
layers:
- c: {conv2d: 8, kernel: 3, stride: 2, norm: batch_norm, activation: relu}
- p: {max_pool2d: 2, stride: 2, padding: valid}
- f: flatten
- d: {dense: 10}
"""


def test_a_layer_is_one_row_with_its_norm_and_activation(compiled: Callable[..., Program]) -> None:
    table = rows(compiled(NET).graph)
    assert [(row.name, row.op, row.output_shape) for row in table] == [
        ("c", "conv2d", (16, 16, 8)),
        ("p", "max_pool2d", (8, 8, 8)),
        ("f", "flatten", (512,)),
        ("d", "dense", (10,)),
    ]
    convolution, dense = table[0], table[3]
    assert (convolution.params, convolution.trainable) == (3 * 3 * 3 * 8 + 4 * 8, 3 * 3 * 3 * 8 + 2 * 8)
    assert (convolution.macs, dense.macs) == (16 * 16 * 3 * 3 * 3 * 8, 5120)
    assert dense.params == dense.trainable == 5130
    total = totals(table)
    assert (total.params, total.macs) == (convolution.params + 5130, convolution.macs + 5120)


def test_a_shared_variable_counts_once(compiled: Callable[..., Program]) -> None:
    text = "layers: [a: {conv2d: 3, kernel: 1}, b: {conv2d: 3, kernel: 1, share: a}]"
    assert [(row.name, row.params) for row in rows(compiled(text).graph)] == [("a", 12), ("b", 0)]


def test_sizes_not_known_before_run_time_are_none(compiled: Callable[..., Program]) -> None:
    graph = compiled("inputs: {image: {shape: [null, null, 3]}}\nlayers: [c: {conv2d: 8, kernel: 3}]").graph
    table = rows(graph)
    assert (table[0].params, table[0].macs, totals(table).macs) == (224, None, None)
    assert (activations(graph), peak(graph)) == (None, None)


def test_activations_are_counted_in_bytes(compiled: Callable[..., Program]) -> None:
    graph = compiled(NET).graph
    maps = 3 * 16 * 16 * 8 + 8 * 8 * 8 + 512 + 10
    assert activations(graph) == 4 * maps
    # The picture and the first map, or two maps of that size while norm and activation run.
    assert peak(graph) == 4 * max(32 * 32 * 3 + 16 * 16 * 8, 2 * 16 * 16 * 8)


def test_a_tensor_stays_until_its_last_reader_has_run(compiled: Callable[..., Program]) -> None:
    text = "layers: [a: {conv2d: 3, kernel: 1}, b: {conv2d: 3, kernel: 1}, c: {relu, from: b}, d: {add: [a, c]}]"
    graph = compiled(text).graph
    assert peak(graph) == 4 * 3 * 32 * 32 * 3


ARAUJO = {
    "mobilenet_v1.yaml": 315,
    "resnet_v1.yaml#resnet_v1_50": 483,
    "resnet_v1.yaml#resnet_v1_101": 1027,
    "resnet_v1.yaml#resnet_v1_152": 1507,
    "resnet_v1.yaml#resnet_v1_200": 1763,
    "inception_v3.yaml": 1311,
}
"""The receptive fields in the table of https://distill.pub/2019/computing-receptive-fields; all have stride 32."""


@pytest.mark.parametrize(("spec", "size"), ARAUJO.items())
def test_receptive_fields_are_those_of_the_literature(spec: str, size: int) -> None:
    program = compile_file(str(SPECS / spec), findings=Findings())
    assert program is not None
    graph = for_inference(program.graph)
    name = last_map(graph)
    assert name is not None
    assert receptive_fields(graph)[name] == Sight((size, size), (32, 32))


def test_dilation_and_uneven_kernels_widen_the_receptive_field(compiled: Callable[..., Program]) -> None:
    text = "layers: [a: {conv2d: 3, kernel: 1x7, stride: 1x2}, b: {conv2d: 3, kernel: 3, rate: 2}]"
    assert receptive_fields(compiled(text).graph)["b"] == Sight((5, 7 + 4 * 2), (1, 2))


def test_what_is_pooled_over_the_whole_picture_sees_it_whole(compiled: Callable[..., Program]) -> None:
    text = "layers: [a: {conv2d: 3, kernel: 1}, g: {global_avg_pool, keep: true}, m: {multiply: [a, g]}]"
    fields = receptive_fields(compiled(text).graph)
    assert (fields["a"], fields["g"], fields["m"]) == (Sight((1, 1), (1, 1)), None, None)
