"""Ops from which others are made: functions, reductions, products of matrices, means over a grid, parts of a size."""

from __future__ import annotations

from archspec.compiler.language.ops.adaptive_pool import AdaptiveAvgPool2D
from archspec.compiler.language.ops.conv import Conv1D
from archspec.compiler.language.ops.functions import Abs, Cos, Exp, Log, Pow, Sin
from archspec.compiler.language.ops.merge import Divide
from archspec.compiler.language.ops.noise import UniformNoise
from archspec.compiler.language.ops.reduce import ReduceMax, ReduceMean, ReduceMin, ReduceSum
from archspec.compiler.language.ops.several import Split
from tests.cases.ops.case import LINE, MAP, Case

CASES = (
    Case(Exp()),
    Case(Log()),
    Case(Log(epsilon=0.1), ((7,),)),
    Case(Abs()),
    Case(Sin()),
    Case(Sin(frequency=3.0), ((7,),)),
    Case(Cos(frequency=0.5), (LINE,)),
    Case(Pow(exponent=2.0)),
    Case(Pow(exponent=0.5, epsilon=0.01)),
    Case(Pow(exponent=-1.0, epsilon=0.5), ((7,),)),
    Case(Divide(), (MAP, (1, 1, 4))),
    Case(Divide(number=8.0), ((7,),)),
    Case(ReduceMean(axes=(-1,), keep=True)),
    Case(ReduceMean(axes=(0, 1))),
    Case(ReduceSum(axes=(1,)), (LINE,)),
    Case(ReduceMax(axes=(-1,))),
    Case(ReduceMax(axes=(0,), keep=True), (LINE,)),
    Case(ReduceMin(axes=(1, 0), keep=True)),
    Case(AdaptiveAvgPool2D(size=(3, 2))),
    Case(AdaptiveAvgPool2D(size=(4, 3))),
    Case(UniformNoise(most=0.5)),
    Case(Split(parts=(1, 3))),
    Case(Split(parts=(2, -1, 5), axis=0), (LINE,)),
    Case(Conv1D(filters=3, kernel=(3,), rate=(2,), padding="causal"), (LINE,)),
    Case(Conv1D(filters=3, kernel=(4,), stride=(3,), padding="causal"), (LINE,)),
)
