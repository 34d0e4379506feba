"""Sequences: attention, recurrent ops, and learnt tensors that are added or put before one."""

from __future__ import annotations

from archspec.compiler.language.ops.attention import Attention
from archspec.compiler.language.ops.learned import AddLearned, Learned, PrependLearned
from archspec.compiler.language.ops.recurrent import GRU, LSTM
from tests.cases.ops.case import LINE, MAP, Case

_WINDOWS = (2, 3, 6, 4)

CASES = (
    Case(Attention(heads=2), (LINE,)),
    Case(Attention(heads=3, key_size=2, value_size=5, units=7, bias=False, output_bias=False), (LINE,)),
    Case(Attention(heads=2, dropout_rate=0.25, causal=True), (LINE,)),
    Case(Attention(heads=2, units=6), (LINE, (5, 3))),
    Case(Attention(heads=2, masked=True), (LINE, (11,))),
    Case(Attention(heads=2, masked=True, causal=True), (MAP, (9, 8))),
    Case(Attention(heads=2, masked=True), (LINE, (5, 3), (5,))),
    Case(Attention(heads=4), (MAP,)),
    Case(Attention(heads=1), ((2, 1, 2, 3, 4),)),
    Case(Attention(heads=2, window=(2, 3)), ((6, 4),)),
    Case(Attention(heads=2, window=(2, 3), rolled=(1, 1)), (_WINDOWS,)),
    Case(Attention(heads=1, window=(3, 2), rolled=(2, 0), bias=False), (_WINDOWS,)),
    Case(LSTM(units=3), (LINE,)),
    Case(LSTM(units=2, bidirectional=True, bias=False), (LINE,)),
    Case(GRU(units=3), (LINE,)),
    Case(GRU(units=2, bidirectional=True, reset_after=False), (LINE,)),
    Case(GRU(units=2, bias=False), ((2, 3),)),
    Case(Learned(sizes=(3, 2)), (LINE,)),
    Case(AddLearned(), (LINE,)),
    Case(AddLearned(sizes=(9, 1, 4))),
    Case(AddLearned(sizes=(1, 4)), (LINE,)),
    Case(PrependLearned(), (LINE,)),
    Case(PrependLearned(count=3), (LINE,)),
)
