"""Ops that move numbers to other places, matrix products, and ops with several outputs."""

from __future__ import annotations

from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.ops.moved import Roll, Shift, Slice, Transpose
from archspec.compiler.language.ops.products import MatMul
from archspec.compiler.language.ops.reshape import ExpandDims, Flatten, Reshape, Squeeze
from archspec.compiler.language.ops.several import Moments, Split
from tests.cases.ops.case import LINE, MAP, Case

CASES = (
    Case(Split(parts=2)),
    Case(Split(parts=3), ((6,),)),
    Case(Moments()),
    Case(Moments(), (LINE,)),
    Case(Embedding(units=3, words=7), ((5,),)),
    Case(Reshape(sizes=(3, 4, 2)), ((24,),)),
    Case(Dense(units=6), ((7,),)),
    Case(Dense(units=6, bias=False), (MAP,)),
    Case(MatMul(), (LINE, (4, 3))),
    Case(MatMul(transpose_second=True, scale=0.5), (LINE, (3, 4))),
    Case(MatMul(transpose_first=True), (LINE, (2, 11, 3))),
    Case(MatMul(transpose_first=True, transpose_second=True), ((3, 1, 5, 4), (2, 6, 5))),
    Case(MatMul(), (MAP, (9, 4, 3))),
    Case(Flatten()),
    Case(Flatten(), ((7,),)),
    Case(Squeeze(), ((1, 1, 5),)),
    Case(Squeeze(axis=1), ((3, 1, 5),)),
    Case(Squeeze(axis=-1), ((4, 1),)),
    Case(ExpandDims(axis=0)),
    Case(ExpandDims(axis=-1), (LINE,)),
    Case(Flatten(last=1)),
    Case(Flatten(first=1), (LINE,)),
    Case(Flatten(first=-3, last=-2), ((2, 3, 4, 5),)),
    Case(Reshape(sizes=(9, 8, 2, 2))),
    Case(Reshape(sizes=(-1, 4))),
    Case(Reshape(sizes=(6, -1, 2)), ((12, 2),)),
    Case(Transpose(axes=(1, 0, 2))),
    Case(Transpose(axes=(2, 0, 1))),
    Case(Transpose(axes=(1, 0)), (LINE,)),
    Case(Roll(by=(-2, 3))),
    Case(Roll(by=(4,)), (LINE,)),
    Case(Slice(begin=1, end=3)),
    Case(Slice(begin=-3, axis=0)),
    Case(Slice(begin=1, end=-1, step=3, axis=1)),
    Case(Shift()),
    Case(Shift(amount=3)),
)
