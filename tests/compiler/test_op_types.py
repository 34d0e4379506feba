"""Types of numbers: which an op takes, in which it computes, and that its page says both."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.language.op import ANY_DTYPE, FLOATS, Op, WrongShape, wide
from archspec.compiler.language.ops.attention import Attention
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.cast import Cast
from archspec.compiler.language.ops.conv import Conv2D, Conv3D
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.learned import Learned
from archspec.compiler.language.ops.softmax import Softmax
from archspec.compiler.language.registry import builtin
from archspec.reference.entry import entry

DOCS = Path(__file__).parents[2] / "docs/ops"
OPS = list(builtin().ops.values())


@pytest.mark.parametrize("cls", OPS, ids=lambda cls: cls.NAME)
def test_an_ops_page_says_what_numbers_it_takes_and_what_it_computes_in_float32(cls: type[Op]) -> None:
    said = entry(cls, builtin()).facts["dtype"]
    page = (DOCS / f"{cls.__module__.rpartition('.')[2]}.md").read_text()
    section = page.split(f"\n## {cls.NAME}\n")[1].split("\n## ")[0]
    assert f"- dtype: {said}\n" in section
    assert all(dtype in said for dtype in cls.DTYPES) or (cls.DTYPES == ANY_DTYPE and "any type" in said)
    assert ("all in float32" in said) == cls.FULL_PRECISION
    assert not cls.FLOAT32_PARTS or cls.FLOAT32_PARTS in said


@pytest.mark.parametrize("cls", OPS, ids=lambda cls: cls.NAME)
def test_what_computes_takes_16_bits(cls: type[Op]) -> None:
    """No kernel that is missing keeps an op from a network in 16 bits."""
    assert {"float16", "bfloat16"} <= set(cls.DTYPES) or not set(FLOATS) & set(cls.DTYPES)


def test_16_bits_are_computed_in_float32_where_precision_is_needed() -> None:
    for dtype in FLOATS:
        assert Dense(units=3).computes_in(dtype) == dtype
        assert Softmax().computes_in(dtype) == wide(dtype)
    assert [wide(dtype) for dtype in FLOATS] == ["float32", "float32", "float32", "float64"]


def test_inputs_of_several_types_need_a_cast() -> None:
    with pytest.raises(WrongShape, match="needs inputs of one type of numbers, got bfloat16 and float32") as problem:
        Attention(heads=2).dtype("bfloat16", "float32")
    assert problem.value.help == "put `cast: bfloat16` before the others"


def test_whole_numbers_are_cast_before_they_are_computed_with() -> None:
    with pytest.raises(
        WrongShape, match="needs numbers of type float32, float16, bfloat16 or float64, got uint8"
    ) as it:
        Conv2D(filters=3, kernel=(3, 3)).dtype("uint8")
    assert it.value.help == "give the input `dtype: float32`, or put `cast: float32` before it"
    assert [Cast(to=to).dtype(given) for given in ANY_DTYPE for to in FLOATS] == list(FLOATS) * len(ANY_DTYPE)


def test_a_learned_tensor_has_the_type_of_the_fractions_beside_it() -> None:
    op = Learned(sizes=(3,))
    assert [op.dtype(given) for given in ("bfloat16", "float64", "uint8")] == ["bfloat16", "float64", "float32"]


def test_float64_without_a_kernel_is_said() -> None:
    with pytest.raises(WrongShape, match="needs numbers of type float32, float16 or bfloat16, got float64"):
        BatchNorm().dtype("float64")
    for op, values in (
        (Conv2D(filters=4, kernel=(3, 3), groups=2), "2 and 1x1"),
        (Conv3D(filters=4, kernel=(3, 3, 3), rate=(1, 2, 2)), "1 and 1x2x2"),
    ):
        with pytest.raises(WrongShape, match="has no gradient in float64 with groups or a rate above 1") as problem:
            op.dtype("float64")
        assert str(problem.value).endswith(f"got {values}")
    assert Conv2D(filters=4, kernel=(3, 3)).dtype("float64") == "float64"
