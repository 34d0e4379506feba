"""Lint rules, one to a file: what is allowed by the language and seldom meant."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.program import Program
from archspec.compiler.rules import (
    bias_before_norm,
    dead_layer,
    dropping_all,
    even_kernel,
    preprocess_size,
    rectified_logits,
    slow_norm,
    softmax_of_one,
    softmax_twice,
    stride_over_kernel,
    unused_taps,
)
from archspec.diagnostics import Diagnostic

RULES = (
    bias_before_norm,
    softmax_twice,
    dead_layer,
    even_kernel,
    stride_over_kernel,
    preprocess_size,
    unused_taps,
    softmax_of_one,
    slow_norm,
    rectified_logits,
    dropping_all,
)
"""Every rule: a module with CODE, NAME, BAD and GOOD examples, and check(program)."""


def check_rules(program: Program) -> Iterator[Diagnostic]:
    """What the rules find in a program."""
    for rule in RULES:
        yield from rule.check(program)
