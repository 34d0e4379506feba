"""What may have been meant by a name that is not known."""

from __future__ import annotations

import pytest

from archspec.compiler.language.fields import FAMILIES
from archspec.compiler.language.suggestions import _ELSEWHERE, closest, nearest
from archspec.compiler.spec.layers import COMMON

CONVOLUTION = ["filters", "kernel", "stride", "padding", "rate", "norm", "activation", "initializer", "l2"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("kernal", "kernel"),
        ("KERNEL", "kernel"),
        ("kernel_size", "kernel"),
        ("num_outputs", "filters"),
        ("normalizer_fn", "norm"),
        ("normalizer", "norm"),
        ("activation_fn", "activation"),
        ("weights_initializer", "initializer"),
        ("weight_decay", "l2"),
        ("dilation_rate", "rate"),
        ("init", None),
        ("zebra", None),
        ("", None),
    ],
)
def test_closest_name_of_a_convolution(name: str, found: str | None) -> None:
    assert closest(name, CONVOLUTION) == found


def test_the_beginning_of_one_name_is_enough() -> None:
    assert closest("he", ["he_normal", "glorot_uniform"]) == "he_normal"
    assert closest("conv", ["conv_a", "conv_b"]) in ("conv_a", "conv_b")
    assert closest("x", ["x_1", "x_2"]) is None


def test_a_name_is_offered_only_where_it_is() -> None:
    assert closest("num_outputs", ["units", "bias"]) == "units"
    assert closest("num_outputs", ["rate"]) is None
    assert nearest("Conv2D", ["conv2d", "dense"]) == "did you mean `conv2d`?"


def test_every_name_that_is_offered_for_one_of_other_tools_is_in_the_language() -> None:
    forms = [form for family in FAMILIES.values() for form in family.values()]
    language = {form.NAME for form in forms} | {name for form in forms for name in form.FIELDS} | set(COMMON)
    assert {name for names in _ELSEWHERE.values() for name in names} <= language
    assert all(name == name.lower().replace("_", "") for name in _ELSEWHERE)
    # `normal` is a draw of ours, and for initializers what others call the truncated one.
    assert not (_ELSEWHERE.keys() - {"normal"}) & language
