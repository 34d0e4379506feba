"""Normalizations."""

from __future__ import annotations

from archspec.compiler.language.ops.norm import BatchNorm, L2Normalize, LocalResponseNorm
from tests.cases.ops.case import Case

CASES = (
    Case(L2Normalize(), ((6,),)),
    Case(L2Normalize()),
    Case(L2Normalize(axis=0)),
    Case(BatchNorm(decay=0.9)),
    Case(BatchNorm(decay=0.9, warmup=True)),
    Case(BatchNorm(scale=False, epsilon=0.01), ((6,),)),
    Case(BatchNorm(center=False, decay=0.5), ((1, 1, 4),)),
    Case(LocalResponseNorm(depth_radius=1, bias=2.0, alpha=0.5, beta=0.75)),
)
