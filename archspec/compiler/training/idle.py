"""Keys of a training that would do nothing."""

from __future__ import annotations

from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings


def check_without_evaluation(train: Train, evaluate: Evaluate | None, places: Places, findings: Findings) -> None:
    """Report what a training would do by its evaluations, where it has none."""
    if evaluate is not None:
        return
    help = "add an `eval` section with metrics, or take it out"
    if train.best is not None:
        message = f"there is no metric `{train.best}`, since there is no `eval` section"
        findings.add("AS618", message, places.of("train.best"), help=help)
    if train.early_stopping is not None:
        message = "`early_stopping` would do nothing, since there is no `eval` section"
        findings.add("AS119", message, places.of("train.early_stopping"), help=help)
