"""Learning rates and durations against the length of the training."""

from __future__ import annotations

from archspec.compiler.language.forms.schedules import Piecewise
from archspec.compiler.language.forms.sections import Train
from archspec.compiler.language.values import Duration
from archspec.compiler.training.optimizers import path_of
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings


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
    _check_unit("save", train.save, ("steps", "epochs", "minutes"), places, findings)


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
        message = f"`{key}` cannot be in {duration.unit}"
        findings.add("AS614", message, places.of(f"train.{key}"), help=f"write it in {', '.join(allowed)}")
