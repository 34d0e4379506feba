"""Normalizations."""

from __future__ import annotations

from archspec.compiler.language.forms.initializers import Constant
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.example_norm import GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from archspec.compiler.language.ops.norm import L2Normalize, LocalResponseNorm
from tests.cases.ops.case import LINE, Case

CASES = (
    Case(L2Normalize(), ((6,),)),
    Case(L2Normalize()),
    Case(L2Normalize(axis=0)),
    Case(BatchNorm(decay=0.9)),
    Case(BatchNorm(decay=0.9, warmup=True)),
    Case(BatchNorm(scale=False, epsilon=0.01), ((6,),)),
    Case(BatchNorm(center=False, decay=0.5), ((1, 1, 4),)),
    Case(BatchNorm(decay=0.9, synchronized=True)),
    Case(BatchNorm(decay=0.9, renorm=True, synchronized=True, scale=False), ((6,),)),
    Case(BatchNorm(decay=0.9, renorm=True, r_min=0.9, r_max=1.5, d_max=0.1, warmup=True)),
    Case(LayerNorm()),
    Case(LayerNorm(over="all", epsilon=1e-12)),
    Case(LayerNorm(center=False, epsilon=0.1), ((6,),)),
    Case(LayerNorm(scale=False), (LINE,)),
    Case(InstanceNorm(gamma_initializer=Constant(value=0.0), gamma_l2=0.1)),
    Case(InstanceNorm(scale=False, center=False, epsilon=0.1), (LINE,)),
    Case(GroupNorm(groups=2)),
    Case(GroupNorm(groups=4), (LINE,)),
    Case(GroupNorm(groups=3, scale=False, epsilon=0.1), ((6,),)),
    Case(GroupNorm(groups=2), ((2, 3, 3, 4),)),
    Case(RMSNorm()),
    Case(RMSNorm(center=True, epsilon=0.1), ((6,),)),
    Case(LocalResponseNorm(depth_radius=1, bias=2.0, alpha=0.5, beta=0.75)),
)
