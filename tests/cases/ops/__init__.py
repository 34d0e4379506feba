"""The conformance table: every op, with the inputs to try it on. What is not in this table fails the tests."""

from __future__ import annotations

from tests.cases.ops import computed, elementwise, norms, sequences, shapes, windows
from tests.cases.ops.case import Case

CASES: tuple[Case, ...] = (
    *elementwise.CASES,
    *computed.CASES,
    *windows.CASES,
    *norms.CASES,
    *shapes.CASES,
    *sequences.CASES,
)
