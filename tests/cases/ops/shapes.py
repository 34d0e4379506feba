"""Ops that move numbers to other places, matrix products, and ops with several outputs."""

from __future__ import annotations

from archspec.compiler.language.ops.dense import Dense
from archspec.compiler.language.ops.embedding import Embedding
from archspec.compiler.language.ops.reshape import Flatten, Reshape, Shift, Squeeze
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
    Case(Flatten()),
    Case(Flatten(), ((7,),)),
    Case(Squeeze(), ((1, 1, 5),)),
    Case(Shift()),
    Case(Shift(amount=3)),
)
