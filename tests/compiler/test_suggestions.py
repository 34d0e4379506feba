"""What may have been meant by a name that is not known."""

from __future__ import annotations

import pytest

from archspec.compiler.language.elsewhere import bare
from archspec.compiler.language.elsewhere import names as their_names
from archspec.compiler.language.expression import FUNCTIONS
from archspec.compiler.language.registry import builtin
from archspec.compiler.language.suggestions import closest, nearest
from archspec.compiler.spec.layers import COMMON
from archspec.compiler.spec.zoo import file_of
from archspec.diagnostics import Findings

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
    assert closest("conv", ["conv_a", "conv_b"]) is None
    assert closest("x", ["x_1", "x_2"]) is None


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("layer_norm", ["layers", "batch_norm"]),
        ("pad", ["add", "name"]),
        ("gelu", ["relu", "elu", "selu_x"]),
        ("sigmoid_cross_entropy", ["softmax_cross_entropy"]),
        ("random_vertical_flip", ["random_flip"]),
        ("center_crop", ["central_crop"]),
        ("conv3d", ["conv2d", "conv1d"]),
        ("conv1", ["conv2", "conv3"]),
        ("b", ["a", "c"]),
        ("adamw", ["adam"]),
        ("max_pool3d", ["max_pool2d"]),
        ("swish", ["hard_swish"]),
        ("LayerNormalization", ["BatchNormalization"]),
        ("global_max_pool", ["global_avg_pool"]),
        ("height", ["weight"]),
        ("left", ["right"]),
        ("maximum", ["minimum"]),
        ("block_x", ["block_a", "block_b"]),
        ("deconv2d", ["conv2d", "conv1d"]),
        ("he_uniform", ["he_normal", "uniform"]),
        ("softmin", ["softmax"]),
        ("batch_renorm", ["batch_norm"]),
        ("sgdw", ["sgd"]),
        ("elu6", ["elu", "relu6"]),
        ("tan", ["tanh"]),
        ("unsqueeze", ["squeeze"]),
        ("max_unpool2d", ["max_pool2d"]),
        ("momentum", ["moments"]),
    ],
)
def test_no_guess_is_better_than_a_wrong_one(name: str, names: list[str]) -> None:
    assert closest(name, names) is None


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("rleu", ["relu", "elu"], "relu"),
        ("rlu", ["relu", "elu", "tanh"], None),
        ("sofmax", ["softmax"], "softmax"),
        ("bathc_norm", ["batch_norm"], "batch_norm"),
        ("Batch-Norm", ["batch_norm"], "batch_norm"),
        ("dens", ["dense"], "dense"),
        ("conv", ["conv1d", "conv2d"], "conv2d"),
        ("maxpool", ["max_pool2d"], "max_pool2d"),
        ("center_crop", ["central_crop", "crop_or_pad"], "crop_or_pad"),
        ("deconv2d", ["conv2d", "conv2d_transpose"], "conv2d_transpose"),
        ("conv2d_t", ["conv2d", "conv2d_transpose"], "conv2d_transpose"),
        ("conv_transpose", ["conv2d", "conv2d_transpose"], "conv2d_transpose"),
        ("resnet_v1_51", ["resnet_v1_50", "resnet_v1_101"], None),
    ],
)
def test_a_slip_of_a_letter_or_two_is_answered(name: str, names: list[str], found: str | None) -> None:
    assert closest(name, names) == found


def test_a_name_is_offered_only_where_it_is() -> None:
    assert closest("num_outputs", ["units", "bias"]) == "units"
    assert closest("num_outputs", ["rate"]) is None
    assert nearest("Conv2D", ["conv2d", "dense"]) == "did you mean `conv2d`?"


def test_every_name_that_is_offered_for_one_of_other_tools_is_in_the_language() -> None:
    forms = builtin().by_name.values()
    language = {form.NAME for form in forms} | {name for form in forms for name in form.FIELDS} | set(COMMON)
    assert {name for names in their_names().values() for name in names} <= language | set(FUNCTIONS)
    assert all(name == bare(name) for name in their_names())
    # `normal` is a draw of ours, and for initializers what others call the truncated one; `scale` is a field of norms, and
    # as an operation what we call gain; `mean`, `power` and `size` are fields, and as operations reduce_mean and pow, of a convolution (darknet's) its kernel.
    assert not (their_names().keys() - {"normal", "scale", "mean", "power", "size"}) & language


def test_a_short_name_is_not_taken_for_another_that_shares_most_of_its_letters() -> None:
    assert closest("resnet", ["lenet", "alexnet"]) is None
    assert closest("kernal", ["kernel", "l2"]) == "kernel"


def test_a_family_of_the_zoo_is_answered_with_its_members() -> None:
    findings = Findings()
    assert file_of("zoo:inception", findings) is None
    (found,) = findings.items
    assert found.help is not None and found.help.startswith("there are inception_resnet_v2, inception_v1")
    assert "lenet" not in found.help
