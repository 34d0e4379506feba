"""A run's folder in the place of a spec: its spec, settings and data, and the checkpoint that is meant."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from archspec.cli.program import compiled, settings
from archspec.diagnostics import stop
from archspec.run_folder.record import Handover, handover, is_run

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def run_of(arguments: argparse.Namespace) -> Handover | None:
    """What the run in the place of SPEC hands over; None where SPEC is a spec. Raises Stop where it is damaged."""
    return handover(arguments.spec) if is_run(arguments.spec) else None


def program_of(arguments: argparse.Namespace) -> Program:
    """The program of a spec or of a run, with the --set values of both; raises Stop.

    Paths in a run's spec count from where that stood when the run began.
    """
    from dataclasses import replace

    found = run_of(arguments)
    if found is None:
        return compiled(arguments)
    given = found.settings | settings(arguments.set)
    pairs = [f"{name}={value}" for name, value in given.items()]
    program = compiled(argparse.Namespace(**{**vars(arguments), "spec": found.spec, "set": pairs}))
    return replace(program, file=found.origin or program.file)


def data_of(arguments: argparse.Namespace) -> str | None:
    """--data, or else that of the run in the place of SPEC."""
    found = run_of(arguments) if arguments.data is None else None
    return found.data if found is not None else arguments.data


def checkpoint_of(arguments: argparse.Namespace, program: Program) -> str:
    """--checkpoint, or else the best one of the run in the place of SPEC, its newest where none is the best."""
    if arguments.checkpoint is not None:
        return str(arguments.checkpoint)
    if not is_run(arguments.spec):
        help = (
            f"say where its weights are: --checkpoint runs/{program.name}; or name the run's folder instead of a spec"
        )
        raise stop("AS926", f"{arguments.spec} is a spec, which has no weights", help=help, exit_code=2)
    from archspec.runtime import checkpoint
    from archspec.runtime.measures import best_of

    best = best_of(program)
    found = checkpoint.best_of(arguments.spec, best) if best is not None else None
    return str(found if found is not None else arguments.spec)
