"""What ops say without TensorFlow: shapes, variables, costs, and why an input does not fit."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.compiler.language.forms.initializers import Constant, GlorotUniform, HeNormal
from archspec.compiler.language.forms.width import Width
from archspec.compiler.language.op import Op, Shape, WrongShape
from archspec.compiler.language.ops.activation import Relu
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.conv import Conv2D
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.depthwise import DepthwiseConv2D, SeparableConv2D
from archspec.compiler.language.ops.dropout import Dropout
from archspec.compiler.language.ops.global_pool import GlobalAvgPool
from archspec.compiler.language.ops.merge import Add, Concat, Multiply
from archspec.compiler.language.ops.moved import Shift
from archspec.compiler.language.ops.norm import LocalResponseNorm
from archspec.compiler.language.ops.pool import AvgPool2D, MaxPool2D
from archspec.compiler.language.ops.reshape import Flatten, Squeeze
from archspec.compiler.language.ops.softmax import Softmax
from archspec.compiler.language.registry import builtin
from archspec.compiler.spec.layers import COMMON, OPERATIONS
from tests.cases.ops import CASES, Case


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        # Inception V3's stem, table 1 of https://arxiv.org/abs/1512.00567.
        (Conv2D(filters=32, kernel=(3, 3), stride=(2, 2), padding="valid"), [(299, 299, 3)], (149, 149, 32)),
        (Conv2D(filters=64, kernel=(3, 3)), [(147, 147, 32)], (147, 147, 64)),
        (MaxPool2D(kernel=(3, 3), stride=(2, 2), padding="valid"), [(147, 147, 64)], (73, 73, 64)),
        (AvgPool2D(kernel=(5, 5), stride=(3, 3), padding="valid"), [(17, 17, 768)], (5, 5, 768)),
        # ResNet's first convolution; its last block dilated.
        (Conv2D(filters=64, kernel=(7, 7), stride=(2, 2), padding="symmetric"), [(224, 224, 3)], (112, 112, 64)),
        (Conv2D(filters=64, kernel=(3, 3), rate=(2, 2), padding="symmetric"), [(14, 14, 3)], (14, 14, 64)),
        (Conv2D(filters=8, kernel=(3, 3), rate=(2, 2), padding="valid"), [(14, 15, 3)], (10, 11, 8)),
        (Conv2D(filters=8, kernel=(1, 7), padding="valid"), [(17, 17, 3)], (17, 11, 8)),
        (DepthwiseConv2D(kernel=(3, 3), stride=(2, 2), multiplier=2), [(7, 8, 5)], (4, 4, 10)),
        (SeparableConv2D(filters=6, kernel=(3, 3), multiplier=2), [(7, 8, 5)], (7, 8, 6)),
        (Dense(units=10), [(1024,)], (10,)),
        (Dense(units=10), [(5, 6, 7)], (5, 6, 10)),
        (GlobalAvgPool(), [(7, 7, 9)], (9,)),
        (GlobalAvgPool(keep=True), [(7, 7, 9)], (1, 1, 9)),
        (Concat(), [(35, 35, 64), (35, 35, 64), (35, 35, 96), (35, 35, 32)], (35, 35, 256)),
        (Multiply(), [(14, 14, 72), (1, 1, 72)], (14, 14, 72)),
        (Flatten(), [(7, 7, 64)], (3136,)),
        (Squeeze(), [(1, 1, 1001)], (1001,)),
        (Shift(), [(28, 28, 5)], (28, 28, 5)),
    ],
    ids=repr,
)
def test_shapes(op: Op, shapes: list[Shape], expected: Shape) -> None:
    assert op.shape(*shapes) == expected


@pytest.mark.parametrize(
    ("op", "shapes", "sentence"),
    [
        (Conv2D(filters=8, kernel=(3, 3)), [(1024,)], "needs height x width x channels, got 1024"),
        (MaxPool2D(kernel=(2, 2), stride=(2, 2), padding="same"), [()], "needs height x width x channels, got scalar"),
        (Conv2D(filters=8, kernel=(3, 3)), [(8, 8, None)], "needs a known number of channels, got 8x8x?"),
        (
            Conv2D(filters=8, kernel=(5, 3), padding="valid"),
            [(4, 9, 3)],
            "needs at least 5x3 for its window with padding valid, got 4x9x3",
        ),
        (
            Conv2D(filters=8, kernel=(3, 3), rate=(4, 4), padding="valid"),
            [(8, 8, 3)],
            "needs at least 9x9 for its window with padding valid, got 8x8x3",
        ),
        (
            AvgPool2D(kernel=(5, 5), stride=(3, 3), padding="valid"),
            [(3, 3, 7)],
            "needs at least 5x5 for its window with padding valid, got 3x3x7",
        ),
        (
            Conv2D(filters=8, kernel=(3, 3), stride=(2, 2), rate=(2, 2)),
            [(9, 9, 3)],
            "can't have both stride 2x2 and rate 2x2 above 1",
        ),
        (DepthwiseConv2D(kernel=(3, 3), stride=(2, 1)), [(9, 9, 3)], "needs the same stride down and across, got 2x1"),
        (Dense(units=3), [()], "needs a known number of channels, got scalar"),
        (Add(), [(56, 56, 64), (56, 56, 256)], "needs equal shapes, got 56x56x64 and 56x56x256"),
        (Add(), [(5, 5, 4), (3,)], "needs equal shapes, or size 1 where they differ, got 5x5x4 and 3"),
        (Concat(), [(8, 8, 4), (7, 8, 4)], "needs inputs equal in all but the last axis, got 8x8x4 and 7x8x4"),
        (Multiply(), [(8, 8, 4), (1, 1, 3)], "needs equal shapes, or size 1 where they differ, got 8x8x4 and 1x1x3"),
        (Squeeze(), [(2, 1, 5)], "needs height 1 and width 1, got 2x1x5"),
        (Squeeze(), [(5,)], "needs height x width x channels, got 5"),
        (Shift(amount=4), [(3, 9, 2)], "by 4 needs at least as many rows and columns, got 3x9x2"),
        (LocalResponseNorm(), [(5,)], "needs height x width x channels, got 5"),
        (BatchNorm(), [(8, 8, None)], "needs a known number of channels, got 8x8x?"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_fit_is_said_in_one_sentence(op: Op, shapes: list[Shape], sentence: str) -> None:
    with pytest.raises(WrongShape) as problem:
        op.shape(*shapes)
    assert str(problem.value) == sentence


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_unknown_size_is_unknown_or_the_same_afterwards(case: Case) -> None:
    """Leaving out what is not known beforehand never changes what is known."""
    known = case.op.shape(*case.inputs)
    for axis in range(len(case.inputs[0]) - 1):
        first = tuple(None if i == axis else size for i, size in enumerate(case.inputs[0]))
        try:
            found = case.op.shape(first, *case.inputs[1:])
        except WrongShape as problem:
            assert case.op.NAME in ("squeeze", "reshape", "add_learned", "attention"), problem
            continue
        assert len(found) == len(known)
        assert all(size in (None, right) for size, right in zip(found, known, strict=True))


def test_unknown_sizes_stay_unknown() -> None:
    assert Conv2D(filters=8, kernel=(3, 3), stride=(2, 2)).shape((None, 9, 3)) == (None, 5, 8)
    assert Flatten().shape((None, 9, 3)) == (None,)
    assert Add().shape((None, 9, 3), (7, None, 3)) == (7, 9, 3)
    assert Concat().shape((None, None, 3), (None, 4, 2)) == (None, 4, 5)
    assert Multiply().shape((None, None, 3), (1, 1, 3)) == (None, None, 3)
    with pytest.raises(WrongShape, match="needs every size of its output before run time"):
        Conv2D(filters=8, kernel=(3, 3)).macs((None, 9, 3))


def test_variables_are_tf_slims() -> None:
    conv = Conv2D(
        filters=8, kernel=(3, 5), initializer=HeNormal(), l2=0.1, bias_l2=0.2, bias_initializer=Constant(value=0.1)
    )
    weights, biases = conv.variables((9, 9, 4))
    assert (weights.name, weights.shape, weights.l2, weights.initializer) == ("weights", (3, 5, 4, 8), 0.1, HeNormal())
    assert (biases.name, biases.shape, biases.l2, biases.initializer) == ("biases", (8,), 0.2, Constant(value=0.1))
    separable = SeparableConv2D(filters=8, kernel=(3, 3), multiplier=2, l2=0.1, bias=False).variables((9, 9, 4))
    assert [(v.name, v.shape, v.l2) for v in separable] == [
        ("depthwise_weights", (3, 3, 4, 2), 0.1),
        ("pointwise_weights", (1, 1, 8, 8), 0.1),
    ]
    depthwise = DepthwiseConv2D(kernel=(3, 3), multiplier=2).variables((9, 9, 4))
    assert [(v.name, v.shape) for v in depthwise] == [("depthwise_weights", (3, 3, 4, 2)), ("biases", (8,))]
    dense = Dense(units=3).variables((7,))
    assert [(v.name, v.shape) for v in dense] == [("weights", (7, 3)), ("biases", (3,))]
    assert dense[0].initializer == GlorotUniform()


def test_batch_norm_has_its_variables_in_tf_slims_order() -> None:
    variables = BatchNorm().variables((9, 9, 4))
    assert [(v.name, v.trainable) for v in variables] == [
        ("gamma", True),
        ("beta", True),
        ("moving_mean", False),
        ("moving_variance", False),
    ]
    assert [v.initializer.values()["value"] for v in variables] == [1.0, 0.0, 0.0, 1.0]
    assert [v.name for v in BatchNorm(scale=False).variables((4,))] == ["beta", "moving_mean", "moving_variance"]
    assert [v.name for v in BatchNorm(center=False).variables((4,))] == ["gamma", "moving_mean", "moving_variance"]


def test_bias_is_there_unless_there_is_a_norm() -> None:
    def names(**fields: Any) -> list[str]:
        return [v.name for v in Conv2D(filters=2, kernel=(1, 1), **fields).normalized().variables((3, 3, 3))]

    assert names() == ["weights", "biases"]
    assert names(norm=BatchNorm()) == ["weights"]
    assert names(norm=BatchNorm(), bias=True) == ["weights", "biases"]
    assert names(bias=False) == ["weights"]
    assert Conv2D(filters=2, kernel=(1, 1)).normalized().values()["bias"] is True


def test_multiply_accumulates() -> None:
    conv = Conv2D(filters=32, kernel=(3, 3), stride=(2, 2), padding="valid")
    assert conv.macs((299, 299, 3)) == 149 * 149 * 3 * 3 * 3 * 32
    assert DepthwiseConv2D(kernel=(3, 3)).macs((14, 14, 96)) == 14 * 14 * 9 * 96
    assert SeparableConv2D(filters=64, kernel=(3, 3)).macs((14, 14, 96)) == 14 * 14 * 96 * (9 + 64)
    assert Dense(units=10).macs((1024,)) == 10240
    assert Dense(units=10).macs((5, 6, 7)) == 5 * 6 * 7 * 10
    assert BatchNorm().macs((9, 9, 9)) == Relu().macs((9, 9, 9)) == 0


@pytest.mark.parametrize(
    ("width", "size", "expected"),
    [
        # TF-Slim's Inception and MobileNet v1: the fraction is cut, then the least size.
        (Width(times=0.5, min=16), 80, 40),
        (Width(times=0.1, min=16), 80, 16),
        (Width(times=0.33), 32, 10),
        (Width(times=1.0), 80, 80),
        # MobileNet v2's rounding (_make_divisible), for 1.4 and 0.35.
        (Width(times=1.4, min=8, divisor=8), 32, 48),
        (Width(times=1.4, min=8, divisor=8), 24, 32),
        (Width(times=0.35, min=8, divisor=8), 32, 16),
        (Width(times=0.35, min=8, divisor=8), 64, 24),
        (Width(times=0.35, min=8, divisor=8), 96, 32),
        (Width(times=0.35, min=8, divisor=8), 160, 56),
        (Width(times=0.35, min=8, divisor=8), 320, 112),
    ],
)
def test_width_rounds_as_tf_slim(width: Width, size: int, expected: int) -> None:
    assert width.scaled(size) == expected


@given(st.integers(1, 4096), st.floats(0.1, 4), st.integers(1, 32))
def test_width_is_a_multiple_and_loses_at_most_a_tenth(size: int, times: float, divisor: int) -> None:
    scaled = Width(times=times, min=divisor, divisor=divisor).scaled(size)
    assert scaled % divisor == 0
    assert scaled >= 0.9 * size * times - 1


def test_groups() -> None:
    groups = {group: tuple(ops) for group, ops in builtin().groups.items()}
    assert groups["conv"] == (
        *("conv1d", "conv2d", "conv3d"),
        *("depthwise_conv2d", "separable_conv2d", "conv2d_in_plane"),
    )
    assert set(groups["weights"]) == {*groups["conv"], "dense", *(f"conv{rank}d_transpose" for rank in (1, 2, 3))}
    assert groups["pool"] == tuple(f"{kind}_pool{rank}d" for kind in ("max", "avg") for rank in (1, 2, 3))
    assert groups["norm"] == ("batch_norm", "layer_norm", "instance_norm", "group_norm", "rms_norm")
    assert set(groups["merge"]) == {
        *("concat", "add", "subtract", "multiply", "divide", "maximum", "minimum", "average", "matmul")
    }
    assert "relu" in groups["activation"] and "softmax" not in groups["activation"]
    assert not groups.keys() & builtin().by_name.keys()


def test_every_op_of_the_table_is_an_op_and_every_op_is_in_the_table() -> None:
    assert {case.op.NAME for case in CASES} == builtin().ops.keys()


@pytest.mark.parametrize("op", builtin().ops.values(), ids=builtin().ops)
def test_every_op_is_documented_and_has_no_name_that_a_layer_needs(op: type[Op]) -> None:
    assert inspect.getdoc(op) and inspect.getdoc(op.shape)
    assert all(declared.doc for declared in op.FIELDS.values())
    reserved = {*builtin().ops, *COMMON, *OPERATIONS}
    assert not reserved & op.FIELDS.keys()
    assert op.NAME not in COMMON and op.NAME not in OPERATIONS


def test_a_name_is_one_form_but_for_operations_that_preprocess_has_too() -> None:
    families = {family: set(forms) for family, forms in builtin().families.items()}
    steps = families.pop("preprocess")
    names = [name for forms in families.values() for name in forms]
    assert len(names) == len(set(names))
    assert steps & set(names) == {"pad", "resize"} <= families["op"]


@pytest.mark.parametrize(
    ("cls", "required"), [(Conv2D, {"filters", "kernel"}), (MaxPool2D, {"kernel", "stride", "padding"})]
)
def test_what_has_no_default_has_to_be_said(cls: type[Op], required: set[str]) -> None:
    assert {name for name, declared in cls.FIELDS.items() if declared.required} == required


def test_main_fields() -> None:
    mains = {name: declared.name for name, op in builtin().ops.items() if (declared := op.MAIN)}
    assert mains == {
        "conv1d": "filters",
        "conv2d": "filters",
        "depthwise_conv2d": "kernel",
        "separable_conv2d": "filters",
        "dense": "units",
        **{f"conv{rank}d_transpose": "filters" for rank in (1, 2, 3)},
        "upsample": "factor",
        "reshape": "sizes",
        "embedding": "units",
        "conv3d": "filters",
        "conv2d_in_plane": "kernel",
        "generalized_mean_pool": "power",
        "pad": "amount",
        "crop": "amount",
        **{f"{kind}_pool{rank}d": "kernel" for kind in ("max", "avg") for rank in (1, 2, 3)},
        "attention": "heads",
        "lstm": "units",
        "gru": "units",
        "learned": "sizes",
        "add_learned": "sizes",
        "prepend_learned": "count",
        "dropout": "rate",
        "drop_path": "rate",
        "gaussian_noise": "stddev",
        "gaussian_dropout": "rate",
        "alpha_dropout": "rate",
        "leaky_relu": "alpha",
        "group_norm": "groups",
        "shift": "amount",
        "celu": "alpha",
        "gelu": "approximate",
        "clip": "range",
        "threshold": "above",
        "maxout": "units",
        "scale_gradient": "factor",
        "cast": "to",
        "spatial_softmax": "temperature",
        "one_hot": "classes",
        "gain": "initial",
        "add": "number",
        "subtract": "number",
        "multiply": "number",
        "maximum": "number",
        "minimum": "number",
        "resize": "size",
        "space_to_depth": "factor",
        "depth_to_space": "factor",
        "squeeze": "axis",
        "expand_dims": "axis",
        "transpose": "axes",
        "roll": "by",
        "slice": "begin",
        "split": "parts",
        **dict.fromkeys(("reduce_mean", "reduce_sum", "reduce_max", "reduce_min"), "axes"),
        **dict.fromkeys(("sin", "cos"), "frequency"),
        "divide": "number",
        "pow": "exponent",
        "adaptive_avg_pool2d": "size",
        "uniform_noise": "most",
    }
    assert Dropout(rate=0.5) != Dropout(rate=0.4) and Softmax() == Softmax()
