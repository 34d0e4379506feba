"""Whether a batch has as many examples as what draws it, and what compares within it, want."""

from __future__ import annotations

from archspec.compiler.language.forms.sections import Train
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings, Note


def check_batch(train: Train, places: Places, findings: Findings) -> None:
    """Report batches drawn by class that are of another size, and losses that have nothing to compare in a batch."""
    drawn = train.data.batches
    if drawn is not None and drawn.classes * drawn.examples != train.batch:
        whole = drawn.classes * drawn.examples
        message = (
            f"`batch` is {train.batch}, and {drawn.classes} classes with {drawn.examples} examples each are {whole}"
        )
        note = Note("they are drawn here", places.of("train.data.batches"))
        findings.add("AS624", message, places.of("train.batch"), note, help=f"write `batch: {whole}`")
    for name, loss in train.losses.items():
        if train.batch < loss.LEAST:
            message = f"the loss `{name}` compares {loss.LEAST} examples of a batch, and `batch` is {train.batch}"
            findings.add("AS624", message, places.of("train.batch"), help=f"write {loss.LEAST} or more")
