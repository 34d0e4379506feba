"""Windows, and ops that change the sizes of a map: shapes, costs, receptive fields, and why an input does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archspec.compiler.graph.cost import receptive_fields
from archspec.compiler.graph.text import parse_graph, print_graph
from archspec.compiler.language.forms.initializers import Constant, GlorotUniform
from archspec.compiler.language.notation import written
from archspec.compiler.language.op import Op, Shape, Sight, WrongShape
from archspec.compiler.language.ops.conv import Conv1D, Conv2D, Conv3D
from archspec.compiler.language.ops.depthwise import DepthwiseConv2D, InPlaneConv2D, SeparableConv2D
from archspec.compiler.language.ops.global_pool import GeneralizedMeanPool, GlobalAvgPool, GlobalMaxPool
from archspec.compiler.language.ops.larger import DepthToSpace, Resize, SpaceToDepth
from archspec.compiler.language.ops.moved import Roll, Slice, Transpose
from archspec.compiler.language.ops.pad import Crop, Pad
from archspec.compiler.language.ops.pool import AvgPool2D, AvgPool3D, MaxPool2D, MaxPool3D
from archspec.compiler.language.ops.reshape import ExpandDims, Flatten, Reshape, Squeeze
from archspec.compiler.language.ops.transposed import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from archspec.compiler.program import Program, check_file
from archspec.diagnostics import Findings

HEAD = "archspec: 1\ninputs: {image: {shape: [32, 32, 4]}, clip: {shape: [8, 32, 32, 3]}}\ndefaults: {conv2d: {kernel: 3}}\n"


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        # I3D's first convolution and pool (https://arxiv.org/abs/1705.07750, figure 3).
        (Conv3D(filters=64, kernel=(7, 7, 7), stride=(2, 2, 2)), [(64, 224, 224, 3)], (32, 112, 112, 64)),
        (
            MaxPool3D(kernel=(1, 3, 3), stride=(1, 2, 2), padding="same"),
            [(32, 112, 112, 64)],
            (32, 56, 56, 64),
        ),
        (AvgPool3D(kernel=(2, 7, 7), stride=(1, 1, 1), padding="valid"), [(8, 7, 7, 9)], (7, 1, 1, 9)),
        # ResNet's root as PyTorch writes it.
        (Conv2D(filters=64, kernel=(7, 7), stride=(2, 2), padding=((3, 3),) * 2), [(224, 224, 3)], (112, 112, 64)),
        (MaxPool2D(kernel=(3, 3), stride=(2, 2), padding=((1, 1),) * 2), [(112, 112, 64)], (56, 56, 64)),
        (MaxPool2D(kernel=(3, 3), stride=(2, 2), padding="symmetric"), [(113, 112, 64)], (57, 56, 64)),
        (Conv1D(filters=8, kernel=(3,), rate=(4,), padding=((8, 0),)), [(50, 2)], (50, 8)),
        (Conv2D(filters=8, kernel=(3, 3), padding=((0, 2), (1, 0))), [(None, 9, 3)], (None, 8, 8)),
        # DCGAN's, as PyTorch writes it; and the kernel that is smaller than its stride.
        (Conv2DTranspose(filters=8, kernel=(4, 4), stride=(2, 2), padding=((1, 1),) * 2), [(4, 4, 3)], (8, 8, 8)),
        (Conv1DTranspose(filters=8, kernel=(2,), stride=(3,), padding="valid"), [(5, 3)], (15, 8)),
        (Conv3DTranspose(filters=8, kernel=(3, 3, 3), stride=(1, 2, 2)), [(4, 5, None, 3)], (4, 10, None, 8)),
        (GlobalAvgPool(keep=True), [(8, 7, 6, 5)], (1, 1, 1, 5)),
        (GlobalMaxPool(), [(None, 5)], (5,)),
        (GeneralizedMeanPool(), [(7, 6, 5)], (5,)),
        (InPlaneConv2D(kernel=(3, 3), stride=(2, 2)), [(7, 6, 5)], (4, 3, 5)),
        (Pad(amount=((1, 2),)), [(8, 7, 6, 5)], (11, 10, 9, 5)),
        (Pad(amount=((0, 1), (2, 0)), mode="reflect"), [(None, 3, 5)], (None, 5, 5)),
        (Crop(amount=((0, 1), (2, 2))), [(4, 9, 5)], (3, 5, 5)),
        (Resize(factor=0.5), [(7, None, 5)], (3, None, 5)),
        (SpaceToDepth(factor=4), [(8, None, 3)], (2, None, 48)),
        (DepthToSpace(factor=2), [(8, 4, 12)], (16, 8, 3)),
        (Transpose(axes=(2, 0, 1)), [(8, None, 3)], (3, 8, None)),
        (Reshape(sizes=(-1, 6)), [(8, 3, 2)], (8, 6)),
        (Reshape(sizes=(-1, 6)), [(None, 3, 2)], (None, 6)),
        (Flatten(last=-2), [(8, 3, 2)], (24, 2)),
        (Flatten(last=-2), [(8, None, 2)], (None, 2)),
        (Squeeze(axis=-2), [(8, 1, 2)], (8, 2)),
        (ExpandDims(axis=-1), [(8, 1)], (8, 1, 1)),
        (Slice(begin=-2, axis=0), [(8, 4)], (2, 4)),
        (Slice(begin=1, end=8, step=3, axis=0), [(9, 4)], (3, 4)),
        (Roll(by=(-3, 3)), [(None, 9, 4)], (None, 9, 4)),
    ],
    ids=repr,
)
def test_shapes(op: Op, shapes: list[Shape], expected: Shape) -> None:
    assert op.shape(*shapes) == expected


@pytest.mark.parametrize(
    ("op", "shape", "sentence"),
    [
        (
            Conv2D(filters=6, kernel=(3, 3), groups=4),
            (9, 9, 8),
            "needs channels and filters that its 4 groups divide, got 9x9x8 and 6 filters",
        ),
        (
            Conv3D(filters=6, kernel=(3, 3, 3), padding="valid"),
            (2, 9, 9, 3),
            "needs at least 3x3x3 for its window with padding valid, got 2x9x9x3",
        ),
        (
            Conv2D(filters=6, kernel=(5, 9), padding=((0, 1), (1, 1))),
            (3, 9, 3),
            "needs at least 5x9 for its window with padding [[0, 1], [1, 1]], got 3x9x3, 4x11 with it",
        ),
        (Conv3D(filters=6, kernel=(3, 3, 3)), (9, 9, 3), "needs depth x height x width x channels, got 9x9x3"),
        (
            Conv3D(filters=6, kernel=(3, 3, 3), stride=(1, 2, 2), rate=(2, 1, 1)),
            (9, 9, 9, 3),
            "can't have both stride 1x2x2 and rate 2x1x1 above 1",
        ),
        (InPlaneConv2D(kernel=(3, 3), stride=(1, 2)), (9, 9, 3), "needs the same stride down and across, got 1x2"),
        (
            MaxPool2D(kernel=(3, 2), stride=(2, 2), padding=((1, 1), (2, 1))),
            (9, 9, 3),
            "needs a window larger than its padding, got 3x2 and [[1, 1], [2, 1]]",
        ),
        (
            AvgPool2D(kernel=(3, 3), stride=(2, 2), padding="same", count_padding=True),
            (9, 9, 3),
            "can't count its padding where that is same",
        ),
        (
            Conv2DTranspose(filters=6, kernel=(2, 2), padding=((1, 1), (0, 0))),
            (1, 9, 3),
            "with padding [[1, 1], [0, 0]] cuts off all of its output, got 1x9x3",
        ),
        (GlobalMaxPool(), (5,), "needs channels after one to three axes of positions, got 5"),
        (GlobalAvgPool(), (1, 2, 3, 4, 5), "needs channels after one to three axes of positions, got 1x2x3x4x5"),
        (
            Pad(amount=((3, 0),), mode="reflect"),
            (3, 9, 2),
            "of 3 and 0 with reflect needs at least 4 positions, got 3x9x2",
        ),
        (Pad(amount=((1, 1), (1, 1))), (9, 2), "with [[1, 1], [1, 1]] needs 2 axes of positions, got 9x2"),
        (
            Crop(amount=((1, 2),)),
            (3, 9, 2),
            "of [[1, 2], [1, 2]] needs more positions than it takes away, got 3x9x2",
        ),
        (Resize(), (3, 9, 2), "needs a size or a factor, got neither"),
        (Resize(size=(3, 3), factor=2.0), (3, 9, 2), "needs a size or a factor, got both"),
        (Resize(factor=0.25), (3, 9, 2), "times 0.25 leaves nothing of 3x9x2"),
        (SpaceToDepth(factor=2), (4, 9, 2), "needs height and width that 2 divides, got 4x9x2"),
        (DepthToSpace(factor=2), (4, 9, 6), "needs channels that 4 divides, got 4x9x6"),
        (Transpose(axes=(0, 0, 2)), (4, 9, 6), "needs each of 0, 1, 2 once, got [0, 0, 2]"),
        (Reshape(sizes=(-1, 5)), (4, 9, 6), "to ?x5 needs values that 5 divides, got 4x9x6"),
        (Reshape(sizes=(-1, -1)), (4, 9, 6), "needs sizes of at least 1, and at most one -1, got [-1, -1]"),
        (Flatten(first=2, last=1), (4, 9, 6), "needs a first axis not after the last, got 2 and 1 for 4x9x6"),
        (Flatten(first=3), (4, 9, 6), "needs an axis 3, got 4x9x6"),
        (Squeeze(axis=1), (4, 9, 6), "needs size 1 along axis 1, got 4x9x6"),
        (Squeeze(axis=-4), (4, 9, 6), "needs an axis -4, got 4x9x6"),
        (ExpandDims(axis=4), (4, 9), "needs an axis 4, got 4x9x1"),
        (Slice(begin=2, end=7), (4, 9, 6), "from 2 to 7 needs such places along axis -1, got 4x9x6"),
        (Slice(begin=-7), (4, 9, 6), "from -7 to the end needs such places along axis -1, got 4x9x6"),
        (Roll(by=(1, 1, 1)), (4, 9), "needs one number for each axis at the most, got 3 for 4x9"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_fit_is_said_in_one_sentence(op: Op, shape: Shape, sentence: str) -> None:
    with pytest.raises(WrongShape) as problem:
        op.shape(shape)
    assert str(problem.value) == sentence
    assert problem.value.help


def test_groups_share_out_weights_and_products() -> None:
    op = Conv2D(filters=8, kernel=(3, 3), groups=4, bias=False)
    assert [v.shape for v in op.variables((5, 5, 12))] == [(3, 3, 3, 8)]
    assert op.macs((5, 5, 12)) * 4 == op.replace(groups=1).macs((5, 5, 12))
    depthwise = Conv2D(filters=12, kernel=(3, 3), groups=12).macs((5, 5, 12))
    assert depthwise == DepthwiseConv2D(kernel=(3, 3)).macs((5, 5, 12))


def test_a_separable_convolution_may_begin_its_two_kernels_differently() -> None:
    def begun(**fields: Any) -> list[Any]:
        op = SeparableConv2D(filters=8, kernel=(3, 3), **fields)
        return [variable.initializer for variable in op.variables((5, 5, 3))][:2]

    assert begun() == [GlorotUniform(), GlorotUniform()]
    assert begun(pointwise_initializer=Constant(value=0.0)) == [GlorotUniform(), Constant(value=0.0)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("padding: 1", "[[1, 1], [1, 1]]"),
        ("padding: [1, 2]", "[[1, 1], [2, 2]]"),
        ("padding: [[0, 1], 2]", "[[0, 1], [2, 2]]"),
        ("padding: [[0, $(2 - 1)], [0, 1]]", "[[0, 1], [0, 1]]"),
        ("padding: valid", "valid"),
    ],
)
def test_padding_is_a_text_or_numbers(field: str, value: str, compiled: Callable[..., Program]) -> None:
    program = compiled(f"defaults: {{conv2d: {{kernel: 3}}}}\nlayers: [c: {{conv2d: 8, {field}}}]")
    assert written(program.graph.nodes["c"].values["padding"].value) == value
    findings = Findings()
    assert parse_graph(print_graph(program.graph), "graph", findings) == program.graph and not findings.items


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "{conv2d: 8, padding: around, from: image}",
            "`padding` of `conv2d` must be one of same, valid, symmetric, or how much is put before and after along each "
            'axis, such as 1 or [[0, 1], [0, 1]], got "around"',
        ),
        (
            "{conv2d: 8, padding: [1, 1, 1], from: image}",
            "`padding` of `conv2d` must be a whole number, or a number or a pair, before and after, for each axis, 2 in "
            "all, got [1, 1, 1]",
        ),
        ("{conv2d: 8, padding: -1, from: image}", "`padding` of `conv2d` must be at least 0, got -1"),
        (
            "{conv3d: 8, kernel: 3x3, from: clip}",
            '`kernel` of `conv3d` must be a whole number, or depth x height x width such as 1x3x3, got "3x3"',
        ),
        (
            "{conv2d: 6, groups: 4, from: image}",
            "`conv2d` needs channels and filters that its 4 groups divide, got 32x32x4 and 6 filters",
        ),
        ("{squeeze: 5, from: image}", "`squeeze` needs an axis 5, got 32x32x4"),
    ],
)
def test_a_mistake_is_said_at_its_line(layer: str, message: str) -> None:
    findings = Findings()
    check_file("test.yaml", findings=findings, text=f"{HEAD}layers:\n- fine: {{relu, from: image}}\n- a: {layer}\n")
    (found,) = findings.errors
    assert (found.message, found.span.line if found.span else None) == (message, 6)


@pytest.mark.parametrize(
    ("layers", "sight"),
    [
        ("a: {conv2d: 8, padding: 1}, b: {max_pool2d: 3, stride: 2, padding: 1}", Sight((5, 5), (2, 2))),
        ("a: {conv2d: 8, stride: 2}, b: {upsample: 2}", Sight((3, 3), (1, 1))),
        ("a: {conv2d: 8, stride: 4}, b: {upsample: 2, method: bilinear}", Sight((7, 7), (2, 2))),
        ("a: {conv2d: 8, stride: 4}, b: {conv2d_transpose: 8, kernel: 4, stride: 2}", Sight((7, 7), (2, 2))),
        ("a: {space_to_depth: 4}, b: {conv2d: 8}", Sight((12, 12), (4, 4))),
        ("a: {conv2d: 8, kernel: 1x3}, b: {transpose: [1, 0, 2]}", Sight((3, 1), (1, 1))),
        ("a: {conv2d: 8}, b: {reshape: [32, 32, 2, 4]}", Sight((3, 3, 1), (1, 1, 1))),
        ("a: {conv2d: 4}, c: {reshape: [32, 32, 2, 2]}, b: {reshape: [32, 32, 4]}", Sight((3, 3), (1, 1))),
        ("a: {slice: 0, step: 2, axis: 1}, b: {conv2d: 8}", Sight((3, 5), (1, 2))),
        ("a: {conv2d: 8}, b: flatten", None),
        ("a: {conv2d: 8}, b: {global_max_pool, keep: true}", None),
    ],
)
def test_receptive_fields_follow_the_positions(layers: str, sight: Sight | None) -> None:
    findings = Findings()
    text = f"archspec: 1\ninputs: {{image: {{shape: [32, 32, 4]}}}}\ndefaults: {{conv2d: {{kernel: 3}}}}\nlayers: [{layers}]\n"
    programs = check_file("test.yaml", findings=findings, text=text)
    assert programs and findings.items == []
    assert receptive_fields(programs[0].graph)["b"] == sight


def test_output_stride_dilates_in_space_too(compiled: Callable[..., Program]) -> None:
    text = """
inputs: {image: {shape: [8, 32, 32, 3]}}
layers: [(body): {output_stride: 4, layers: [c$i: {repeat: 4, conv3d: 8, kernel: 3, stride: 1x2x2}]}]
"""
    last = compiled(text).graph.nodes["(body)/c3"]
    op: Any = last.op
    assert (op.stride, op.rate, last.shape) == ((1, 1, 1), (1, 2, 2), (8, 8, 8, 8))
