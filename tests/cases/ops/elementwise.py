"""Ops that work element by element or join tensors: activations, sums and products, dropouts."""

from __future__ import annotations

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
from archspec.compiler.language.ops.dropout import Dropout, DropPath
from archspec.compiler.language.ops.merge import Add, Concat, Multiply
from tests.cases.ops.case import MAP, Case

CASES = (
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
    Case(Dropout(rate=0.4)),
    Case(Dropout(rate=0.0), ((7,),)),
    Case(Dropout(rate=1.0), ((7,),)),
    Case(DropPath(rate=0.4)),
)
