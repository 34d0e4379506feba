"""Learning rates and durations against the length of the training."""

from __future__ import annotations

from archspec.compiler.language.forms.schedules import Piecewise
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.values import Duration
from archspec.compiler.training.optimizers import path_of
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings

_OF_STEPS = ("steps", "epochs", "percent")
"""Units that a number of steps can be made of, so that every rank and every machine has the same."""


def check_length(train: Train, places: Places, findings: Findings) -> None:
    """Report schedules whose values do not fit together, or that change after the training has ended."""
    for name, optimizer in train.all_optimizers.items():
        path = f"{path_of(train, name)}.rate"
        complaint = optimizer.rate.complaint()
        if complaint is not None:
            message = f"the schedule `{optimizer.rate.NAME}` {complaint}"
            help = "there is a boundary between each two rates, later ones behind earlier ones"
            findings.add("AS602", message, places.of(f"{path}.boundaries"), help=help)
        elif isinstance(optimizer.rate, Piecewise):
            _check_boundaries(optimizer.rate, path, train, places, findings)
        for key, value in optimizer.rate.values().items():
            for duration in value if isinstance(value, tuple) else (value,):
                if isinstance(duration, Duration):
                    _check_unit(f"{path}.{key}", duration, _OF_STEPS, places, findings)
    _check_unit("train.save", train.save, ("steps", "epochs", "minutes"), places, findings)


def check_every(evaluate: Evaluate, places: Places, findings: Findings) -> None:
    """Report a time between evaluations in a unit that steps are not counted in."""
    if evaluate.every is not None:
        _check_unit("eval.every", evaluate.every, _OF_STEPS, places, findings)


def _check_boundaries(rate: Piecewise, path: str, train: Train, places: Places, findings: Findings) -> None:
    """Report a boundary that the training never comes to, where both are said in the same unit."""
    length = {"steps": train.steps, "epochs": train.epochs, "percent": 100.0}
    for boundary in rate.boundaries:
        end = length.get(boundary.unit)
        if end is not None and boundary.amount >= end:
            whole = f"{end:g} {boundary.unit}"
            message = f"the rate changes after {boundary}, and the training ends after {whole}"
            help = "a plain number is steps; write `30 epochs` for epochs"
            findings.add("AS614", message, places.of(f"{path}.boundaries"), help=help)
            return


def _check_unit(key: str, duration: Duration, allowed: tuple[str, ...], places: Places, findings: Findings) -> None:
    if duration.unit not in allowed:
        message = f"`{key.rpartition('.')[2]}` cannot be in {duration.unit}"
        findings.add("AS614", message, places.of(key), help=f"write it in {', '.join(allowed)}")
