"""Learning rates and durations against the length of the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from archspec.compiler.language.forms.schedules import Exponential, Piecewise, Schedule
from archspec.compiler.language.forms.sections import Evaluate, Train
from archspec.compiler.language.values import Duration
from archspec.compiler.training.optimizers import path_of
from archspec.compiler.training.places import Places
from archspec.diagnostics import Diagnostic, Findings

_OF_STEPS = ("steps", "epochs", "percent")
"""Units that a number of steps can be made of, so that every rank and every machine has the same."""


def check_length(train: Train, places: Places, findings: Findings) -> None:
    """Report schedules whose values do not fit together, or that change after the training has ended."""
    lengths = _known(train)
    for name, optimizer in train.all_optimizers.items():
        path, rate = f"{path_of(train, name)}.rate", optimizer.rate
        # Of steps and epochs it is not known which end first.
        complaint = rate.complaint() or _falling(rate, lengths if len(lengths) < 3 else {})
        if complaint is not None:
            message = f"the schedule `{rate.NAME}` {complaint}"
            help = "there is a boundary between each two rates, later ones behind earlier ones"
            findings.add("AS602", message, places.of(f"{path}.boundaries"), help=help)
        else:
            for key, message in _missed(rate, lengths):
                help, place = "a plain number is steps; write `30 epochs` for epochs", places.of(f"{path}.{key}")
                if isinstance(rate, Exponential) and key == "every":
                    # A pace, and no moment: the beginning of a long training has the rate that it should have.
                    findings.add("AS623", message, place, help=help, severity="warning")
                else:
                    findings.add("AS614", message, place, help=help)
        for key, value in rate.values().items():
            for duration in value if isinstance(value, tuple) else (value,):
                if isinstance(duration, Duration):
                    _check_unit(f"{path}.{key}", duration, _OF_STEPS, places, findings)
    _check_unit("train.save", train.save, ("steps", "epochs", "minutes"), places, findings)


def check_every(train: Train | None, evaluate: Evaluate, places: Places, findings: Findings) -> None:
    """Report a time between evaluations in a unit that is not one of steps; warn of one longer than the training."""
    if evaluate.every is None:
        return
    _check_unit("eval.every", evaluate.every, _OF_STEPS, places, findings)
    end = _known(train).get(evaluate.every.unit) if train is not None else None
    if end is not None and evaluate.every.amount > end and places.values["eval.every"].origin.kind != "default":
        message = f"the time between evaluations is {evaluate.every}, and {_ending(end, evaluate.every.unit)}"
        help = "write a shorter time, or null for an evaluation at the end alone"
        findings.add("AS623", message, places.of("eval.every"), help=help, severity="warning")


def late_changes(train: Train, steps: int, steps_per_epoch: float, places: Places) -> Iterator[Diagnostic]:
    """Warnings about schedules that change after the training has ended, or out of order, where its length is known."""
    lengths = {"steps": float(steps), "epochs": steps / steps_per_epoch, "percent": 100.0}
    for name, optimizer in train.all_optimizers.items():
        path = f"{path_of(train, name)}.rate"
        found = list(_missed(optimizer.rate, lengths))
        falling = _falling(optimizer.rate, lengths)
        if falling is not None and not found:
            found = [("boundaries", f"the schedule `{optimizer.rate.NAME}` {falling}")]
        for key, message in found:
            help = "train longer, or shorten the schedule; in `percent` it fits every length"
            yield Diagnostic("AS623", message, places.of(f"{path}.{key}"), help=help, severity="warning")


def _known(train: Train) -> dict[str, float]:
    """What the spec says of the training's length, by unit: it does not go on beyond any of these."""
    lengths = {"steps": train.steps, "epochs": train.epochs, "percent": 100.0}
    return {unit: float(length) for unit, length in lengths.items() if length is not None}


def _ending(end: float, unit: str) -> str:
    return f"the training ends after {end:g} {unit}"


def _missed(rate: Schedule, lengths: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """(field, sentence) of what a schedule would do after the training has ended, by the lengths that are known."""
    warmup = rate.warmup
    if warmup is not None and warmup.amount > lengths.get(warmup.unit, warmup.amount):
        yield "warmup", f"the rate grows over {warmup}, and {_ending(lengths[warmup.unit], warmup.unit)}"
    for key, durations in rate.changes().items():
        late = [each for each in durations if each.unit in lengths and each.amount >= lengths[each.unit]]
        if late:
            yield key, f"the rate changes after {late[0]}, and {_ending(lengths[late[0].unit], late[0].unit)}"


def _falling(rate: Schedule, lengths: Mapping[str, float]) -> str | None:
    """A complaint about the first boundary that comes before the one in front of it, in whatever units the two are."""
    if not isinstance(rate, Piecewise):
        return None
    parts = [(each, each.amount / lengths[each.unit]) for each in rate.boundaries if each.unit in lengths]
    for (before, one), (after, other) in pairwise(parts):
        if one >= other:
            return f"has the boundary {after} after {before}, which comes later; they must ascend"
    return None


def _check_unit(key: str, duration: Duration, allowed: tuple[str, ...], places: Places, findings: Findings) -> None:
    if duration.unit not in allowed:
        message = f"`{key.rpartition('.')[2]}` cannot be in {duration.unit}"
        findings.add("AS614", message, places.of(key), help=f"write it in {', '.join(allowed)}")
