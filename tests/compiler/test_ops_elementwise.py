"""Ops that work element by element, or join tensors: what they say of shapes, and why an input does not fit."""

from __future__ import annotations

import pytest

from archspec.compiler.language.op import FLOATS, Op, Shape, WrongShape
from archspec.compiler.language.ops.activation import Relu, Silu
from archspec.compiler.language.ops.conv import Conv2D
from archspec.compiler.language.ops.dropout import Dropout
from archspec.compiler.language.ops.gates import Clip, Crelu, Gain, Maxout, PRelu
from archspec.compiler.language.ops.gdn import Gdn
from archspec.compiler.language.ops.merge import Add, Average, Concat, Maximum, Multiply, Subtract
from archspec.compiler.language.ops.norm import L2Normalize
from archspec.compiler.language.ops.one_hot import OneHot
from archspec.compiler.language.ops.several import Split
from archspec.compiler.language.ops.softmax import LogSoftmax, Softmax, SpatialSoftmax
from archspec.compiler.language.registry import builtin
from archspec.compiler.language.suggestions import closest


@pytest.mark.parametrize(
    ("op", "shapes", "expected"),
    [
        (Crelu(), [(8, 8, 3)], (8, 8, 6)),
        (Crelu(), [(8, 8, None)], (8, 8, None)),
        (Maxout(units=5), [(8, 8, 20)], (8, 8, 5)),
        (SpatialSoftmax(), [(None, None, 7)], (14,)),
        (OneHot(classes=10), [()], (10,)),
        (OneHot(classes=10), [(4, 4)], (4, 4, 10)),
        (Add(), [(4,), (8, 8, 4)], (8, 8, 4)),
        (Add(), [(None, None, 4), (8, 1, 1)], (8, None, 4)),
        (Add(number=1.0), [()], ()),
        (Subtract(), [(8, 1, 4), (1, 6, 4)], (8, 6, 4)),
        (Multiply(), [(None, 8, 4), (1, 8, 1), (4,)], (None, 8, 4)),
        (Multiply(number=2.0), [(8, 8, 4)], (8, 8, 4)),
        (Average(), [(5,), (1,)], (5,)),
        (Concat(axis=0), [(8, 5), (None, 5)], (None, 5)),
        (Concat(axis=1), [(2, 8, 5), (None, 3, 5)], (2, 11, 5)),
        (Concat(axis=-3), [(2, 8, 5), (1, 8, 5)], (3, 8, 5)),
        (Split(parts=4, axis=0), [(8, 5)], (2, 5)),
        (Split(parts=4, axis=0), [(None, 5)], (None, 5)),
        (Softmax(axis=0), [(None, 5)], (None, 5)),
    ],
    ids=str,
)
def test_shapes(op: Op, shapes: list[Shape], expected: Shape) -> None:
    assert op.shape(*shapes) == expected


@pytest.mark.parametrize(
    ("op", "shapes", "sentence", "remedy"),
    [
        (Add(), [(8, 8, 4)], "needs a second input or a number, got 8x8x4 alone", "`add: 2.0`"),
        (Maximum(), [(8, 8, 4)], "needs a second input or a number, got 8x8x4 alone", "`maximum: [one, other]`"),
        (Add(), [(8, 8, 4), (8, 8, 3)], "needs equal shapes, got 8x8x4 and 8x8x3", "make their channels equal"),
        (Average(), [(8, 8, 4), (7, 8, 4)], "needs equal shapes, got 8x8x4 and 7x8x4", "heights and widths"),
        (
            Subtract(),
            [(8, 8, 4), (8,)],
            "needs equal shapes, or size 1 where they differ, got 8x8x4 and 8",
            "bring them to the same axes",
        ),
        (
            Multiply(),
            [(8, 8, 4), (1, 1, 3), (4,)],
            "needs equal shapes, or size 1 where they differ, got 8x8x4, 1x1x3 and 4",
            "bring them to the same axes",
        ),
        (
            Concat(axis=0),
            [(2, 8, 4), (3, 8, 5)],
            "needs inputs equal in all but axis 0, got 2x8x4 and 3x8x5",
            "make their heights and widths equal",
        ),
        (
            Concat(axis=1),
            [(2, 8, 4), (2, 3, 5)],
            "needs inputs equal in all but axis 1, got 2x8x4 and 2x3x5",
            "make their heights and widths equal",
        ),
        (Concat(axis=2), [(8, 4), (8, 4)], "needs an axis 2, got 8x4", "from -2 to 1; the batch is not counted"),
        (Concat(), [(), ()], "needs an axis -1, got scalar", "its input has no axes"),
        (Split(parts=2, axis=-3), [(8, 4)], "needs an axis -3, got 8x4", "from -2 to 1; the batch is not counted"),
        (Split(parts=3, axis=0), [(8, 3)], "needs an axis 0 that 3 divides, got 8x3", "8 is divided by 2, 4, 8"),
        (Split(parts=3, axis=1), [(9, 4)], "needs channels that 3 divides, got 9x4", "4 is divided by 2, 4"),
        (Softmax(axis=1), [(10,)], "needs an axis 1, got 10", "from -1 to 0; the batch is not counted"),
        (LogSoftmax(), [(8, None)], "needs a known number of channels, got 8x?", "as a number, not null"),
        (L2Normalize(axis=3), [(8, 8, 3)], "needs an axis 3, got 8x8x3", "from -3 to 2; the batch is not counted"),
        (Clip(range=(6.0, 0.0)), [(8,)], "needs the smaller number first, got [6, 0]", "`clip: [low, high]`"),
        (
            Maxout(units=3),
            [(8, 8, 4)],
            "needs channels that are a multiple of its 3 units, got 8x8x4",
            "make 6 channels before it",
        ),
        (PRelu(), [(8, None)], "needs a known number of channels, got 8x?", "as a number, not null"),
        (Gdn(), [(8, None)], "needs a known number of channels, got 8x?", "as a number, not null"),
        (
            SpatialSoftmax(),
            [(8, 4)],
            "needs height x width x channels, got 8x4",
            "2 axes of positions; its input has 1",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_fit_is_said_with_a_remedy(op: Op, shapes: list[Shape], sentence: str, remedy: str) -> None:
    with pytest.raises(WrongShape) as problem:
        op.shape(*shapes)
    assert str(problem.value) == sentence
    assert remedy in (problem.value.help or "")


def test_numbers_of_several_types_are_not_joined() -> None:
    assert Add().dtype("float16", "float16") == "float16"
    for op in (Add(), Concat()):
        with pytest.raises(WrongShape, match="needs inputs of one type of numbers, got float32 and float16"):
            op.dtype("float32", "float16", "float32")


def test_activations_take_every_floating_type_and_no_whole_numbers() -> None:
    assert [Silu().dtype(name) for name in FLOATS] == list(FLOATS)
    with pytest.raises(WrongShape, match="needs numbers of type float32, float16, bfloat16 or float64, got uint8"):
        Relu().dtype("uint8")
    assert OneHot(classes=3).dtype("int64") == "float32"


def test_learned_numbers_are_one_a_channel_or_one_in_all() -> None:
    for op, leaf, first in ((PRelu(), "alpha", 0.25), (Gain(initial=1e-6), "gamma", 1e-6)):
        (each,), (one,) = op.variables((8, 8, 4)), op.replace(of="tensor").variables((8, 8, 4))
        assert (each.name, each.shape, one.name, one.shape) == (leaf, (4,), leaf, ())
        assert each.initializer.values() == one.initializer.values() == {"value": first}


def test_variables_have_the_names_of_tf_slim() -> None:
    assert [(v.name, v.shape) for v in Gdn().variables((8, 8, 4))] == [
        ("reparam_beta", (4,)),
        ("reparam_gamma", (4, 4)),
    ]
    assert [(v.name, v.shape) for v in SpatialSoftmax().variables((8, 8, 4))] == [("temperature", ())]


def test_an_activation_with_weights_follows_a_layer() -> None:
    op = Conv2D(filters=8, kernel=(3, 3), activation=PRelu())
    assert isinstance(op.activation, PRelu)
    names = set(builtin().groups["activation"])
    assert {"silu", "gelu", "mish", "prelu", "crelu", "maxout", "gdn", "clip", "threshold"} <= names
    assert not names & {"gain", "softmax", "log_softmax", "scale_gradient", "identity"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("swish", "silu"),
        ("SiLU", "silu"),
        ("scale", "gain"),
        ("layer_scale", "gain"),
        ("LogSoftmax", "log_softmax"),
        ("SpatialDropout2D", "dropout"),
        ("stochastic_depth", "drop_path"),
        ("unit_norm", "l2_normalize"),
        ("one_hot_encoding", "one_hot"),
        ("clip_by_value", "clip"),
    ],
)
def test_names_of_other_tools_are_answered(theirs: str, ours: str) -> None:
    assert closest(theirs, builtin().ops) == ours


def test_dropout_is_of_values_unless_channels_are_meant() -> None:
    assert Dropout(rate=0.5).drawn(3) == (True, True, True)
    assert Dropout(rate=0.5, of="channels").drawn(3) == (False, False, True)
