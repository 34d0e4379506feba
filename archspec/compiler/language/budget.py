"""How much work one spec may ask for: counted, not timed, so that every spec ends soon and everywhere alike."""

from __future__ import annotations

from archspec.dataclass import dataclass
from archspec.diagnostics import Findings, Span

LIMIT = 1_250_000
"""Steps in one spec, all variants together; a step is about a microsecond's work."""

OPERATOR = 3
"""Steps for a name, number or operator of an expression that is evaluated."""

COPY = 60
"""Steps for a copy of a layer, also for one that `when` leaves out."""

CALL = 100
"""Steps for a call of a block, beside what is in it."""

PARAMETER = 10
"""Steps for a parameter of a block, each time that the block is called."""

SCOPE = 10
"""Steps for a scope around a layer: each form in it looks there for its defaults."""

SETTING = 60
"""Steps for a value in the sections that training and evaluation read."""

NODE = 60
"""Steps for a node of the graph."""

FINDING = 1_000
"""Steps for a mistake, so that a spec with thousands of one kind ends early."""

GUESS = 4
"""Steps for every known name that an unknown one is compared with."""

VARIANT = 1_000
"""Steps for compiling one variant."""

LETTERS = 4
"""Letters or items of a value that is made for one step."""


@dataclass(slots=True)
class Budget:
    """What is left of the steps."""

    left: int = LIMIT
    reported: bool = False

    @property
    def exhausted(self) -> bool:
        """Whether the work has to end here."""
        return self.left < 0

    def spend(self, steps: int) -> bool:
        """Take some steps; whether they were there."""
        self.left -= steps
        return self.left >= 0

    def charge(self, steps: int, span: Span | None, findings: Findings) -> bool:
        """Take some steps for what stands at a place; False, with a finding, where they are not there."""
        if not self.spend(steps):
            self.report(span, findings)
        return not self.exhausted

    def report(self, span: Span | None, findings: Findings) -> None:
        """Say once where the budget ran out."""
        if not self.reported:
            self.reported = True
            help = "look at `repeat`, at tables, at functions that call others twice, and at the number of variants"
            findings.add("AS321", f"the spec asks for more than {LIMIT:,} steps of work", span, help=help)
