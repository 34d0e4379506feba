"""The conformance table: every op, with the inputs to try it on. What is not in this table fails the tests.

Shapes are without the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

from archspec.compiler.language.op import Op, Shape
from archspec.compiler.language.ops.activation import (
    Elu,
    HardSigmoid,
    HardSwish,
    Identity,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Softmax,
    Tanh,
)
from archspec.compiler.language.ops.conv import Conv1D, Conv2D, DepthwiseConv2D, SeparableConv2D
from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.dropout import Dropout, DropPath
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.ops.larger import Conv2DTranspose, Upsample
from archspec.compiler.language.ops.merge import Add, Concat, Multiply
from archspec.compiler.language.ops.norm import BatchNorm, L2Normalize, LocalResponseNorm
from archspec.compiler.language.ops.pool import AvgPool2D, GlobalAvgPool, GlobalMaxPool1D, MaxPool1D, MaxPool2D
from archspec.compiler.language.ops.reshape import Flatten, Reshape, Shift, Squeeze
from archspec.compiler.language.ops.several import Moments, Split

MAP = (9, 8, 4)
LINE = (11, 4)


@dataclass(frozen=True)
class Case:
    """An op and the shapes of its inputs."""

    op: Op
    inputs: tuple[Shape, ...] = (MAP,)

    def __str__(self) -> str:
        return f"{self.op.normalized(*self.inputs)!r}-{'-'.join('x'.join(map(str, shape)) for shape in self.inputs)}"


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
    Case(Split(parts=2)),
    Case(Split(parts=3), ((6,),)),
    Case(Moments()),
    Case(Moments(), (LINE,)),
    Case(Embedding(units=3, words=7), ((5,),)),
    Case(Conv2DTranspose(filters=5, kernel=(5, 5), stride=(2, 2))),
    Case(Conv2DTranspose(filters=5, kernel=(3, 2), stride=(2, 1), padding="valid")),
    Case(Conv2DTranspose(filters=2, kernel=(2, 2), stride=(3, 3), padding="valid", bias=False)),
    Case(Upsample(factor=(2, 3))),
    Case(Upsample(factor=(2, 2), method="bilinear")),
    Case(Reshape(sizes=(3, 4, 2)), ((24,),)),
    Case(L2Normalize(), ((6,),)),
    Case(L2Normalize()),
    Case(DepthwiseConv2D(kernel=(3, 3))),
    Case(DepthwiseConv2D(kernel=(3, 5), stride=(2, 2), multiplier=3)),
    Case(DepthwiseConv2D(kernel=(3, 3), stride=(2, 2), padding="symmetric", bias=False)),
    Case(DepthwiseConv2D(kernel=(3, 3), rate=(2, 2), padding="valid")),
    Case(SeparableConv2D(filters=5, kernel=(3, 3), multiplier=2)),
    Case(SeparableConv2D(filters=5, kernel=(5, 3), stride=(2, 2), bias=False)),
    Case(SeparableConv2D(filters=5, kernel=(3, 3), rate=(2, 2))),
    Case(Dense(units=6), ((7,),)),
    Case(Dense(units=6, bias=False), (MAP,)),
    Case(BatchNorm(decay=0.9)),
    Case(BatchNorm(decay=0.9, warmup=True)),
    Case(BatchNorm(scale=False, epsilon=0.01), ((6,),)),
    Case(BatchNorm(center=False, decay=0.5), ((1, 1, 4),)),
    Case(LocalResponseNorm(depth_radius=1, bias=2.0, alpha=0.5, beta=0.75)),
    Case(MaxPool2D(kernel=(3, 3), stride=(2, 2), padding="same")),
    Case(MaxPool2D(kernel=(2, 3), stride=(2, 1), padding="valid")),
    Case(MaxPool2D(kernel=(1, 1), stride=(2, 2), padding="same")),
    Case(AvgPool2D(kernel=(3, 3), stride=(1, 1), padding="same")),
    Case(AvgPool2D(kernel=(5, 5), stride=(3, 3), padding="valid")),
    Case(GlobalAvgPool()),
    Case(GlobalAvgPool(keep=True)),
    Case(Relu()),
    Case(Relu6()),
    Case(Elu()),
    Case(LeakyRelu(alpha=0.1)),
    Case(Sigmoid()),
    Case(Tanh()),
    Case(HardSigmoid()),
    Case(HardSwish()),
    Case(Softmax(), ((7,),)),
    Case(Softmax()),
    Case(Identity()),
    Case(Concat(), ((3, 2, 4), (3, 2, 1), (3, 2, 2))),
    Case(Concat(), (MAP,)),
    Case(Add(), (MAP, MAP, MAP)),
    Case(Multiply(), (MAP, (1, 1, 4))),
    Case(Multiply(), ((7,), (7,))),
    Case(Flatten()),
    Case(Flatten(), ((7,),)),
    Case(Squeeze(), ((1, 1, 5),)),
    Case(Shift()),
    Case(Shift(amount=3)),
    Case(Dropout(rate=0.4)),
    Case(Dropout(rate=0.0), ((7,),)),
    Case(Dropout(rate=1.0), ((7,),)),
    Case(DropPath(rate=0.4)),
)
