"""Ops that slide a window: convolutions, pools, and those that make maps larger."""

from __future__ import annotations

from archspec.compiler.language.ops.conv import Conv1D, Conv2D, DepthwiseConv2D, SeparableConv2D
from archspec.compiler.language.ops.larger import Conv2DTranspose, Upsample
from archspec.compiler.language.ops.pool import AvgPool2D, GlobalAvgPool, GlobalMaxPool1D, MaxPool1D, MaxPool2D
from tests.cases.ops.case import LINE, Case

CASES = (
    Case(Conv2D(filters=5, kernel=(3, 3))),
    Case(Conv2D(filters=5, kernel=(1, 1), bias=False)),
    Case(Conv2D(filters=5, kernel=(1, 7), l2=0.1)),
    Case(Conv2D(filters=5, kernel=(3, 2), stride=(2, 2))),
    Case(Conv2D(filters=5, kernel=(3, 3), stride=(2, 1), padding="valid")),
    Case(Conv2D(filters=5, kernel=(7, 7), stride=(2, 2), padding="symmetric"), ((20, 19, 3),)),
    Case(Conv2D(filters=5, kernel=(4, 3), stride=(3, 3), padding="symmetric")),
    Case(Conv2D(filters=5, kernel=(1, 1), stride=(2, 2), padding="symmetric")),
    Case(Conv2D(filters=5, kernel=(3, 3), padding="symmetric")),
    Case(Conv2D(filters=5, kernel=(3, 3), padding="symmetric", rate=(2, 2))),
    Case(Conv2D(filters=5, kernel=(3, 3), rate=(2, 2))),
    Case(Conv2D(filters=5, kernel=(3, 3), padding="valid", rate=(2, 3))),
    Case(Conv1D(filters=5, kernel=(3,)), (LINE,)),
    Case(Conv1D(filters=5, kernel=(4,), stride=(2,), padding="valid"), (LINE,)),
    Case(Conv1D(filters=5, kernel=(3,), rate=(2,), bias=False), (LINE,)),
    Case(Conv1D(filters=5, kernel=(5,), stride=(2,), padding="symmetric"), (LINE,)),
    Case(MaxPool1D(kernel=(3,), stride=(2,), padding="same"), (LINE,)),
    Case(MaxPool1D(kernel=(2,), stride=(2,), padding="valid"), (LINE,)),
    Case(GlobalMaxPool1D(), (LINE,)),
    Case(Conv2DTranspose(filters=5, kernel=(5, 5), stride=(2, 2))),
    Case(Conv2DTranspose(filters=5, kernel=(3, 2), stride=(2, 1), padding="valid")),
    Case(Conv2DTranspose(filters=2, kernel=(2, 2), stride=(3, 3), padding="valid", bias=False)),
    Case(Upsample(factor=(2, 3))),
    Case(Upsample(factor=(2, 2), method="bilinear")),
    Case(DepthwiseConv2D(kernel=(3, 3))),
    Case(DepthwiseConv2D(kernel=(3, 5), stride=(2, 2), multiplier=3)),
    Case(DepthwiseConv2D(kernel=(3, 3), stride=(2, 2), padding="symmetric", bias=False)),
    Case(DepthwiseConv2D(kernel=(3, 3), rate=(2, 2), padding="valid")),
    Case(SeparableConv2D(filters=5, kernel=(3, 3), multiplier=2)),
    Case(SeparableConv2D(filters=5, kernel=(5, 3), stride=(2, 2), bias=False)),
    Case(SeparableConv2D(filters=5, kernel=(3, 3), rate=(2, 2))),
    Case(MaxPool2D(kernel=(3, 3), stride=(2, 2), padding="same")),
    Case(MaxPool2D(kernel=(2, 3), stride=(2, 1), padding="valid")),
    Case(MaxPool2D(kernel=(1, 1), stride=(2, 2), padding="same")),
    Case(AvgPool2D(kernel=(3, 3), stride=(1, 1), padding="same")),
    Case(AvgPool2D(kernel=(5, 5), stride=(3, 3), padding="valid")),
    Case(GlobalAvgPool()),
    Case(GlobalAvgPool(keep=True)),
)
