"""`archspec train`: train a spec's network, on one rank or many."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.cli.of_run import data_of, program_of, run_of
from archspec.cli.program import add_spec, quoting, settings
from archspec.diagnostics import stop
from archspec.run_folder.record import Handover, default_folder

if TYPE_CHECKING:
    from archspec.compiler.program import Program
    from archspec.runtime.train import Outcome


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "train",
        help="train a network, on one rank or many",
        description="Trains a spec's network as its train section says, and writes checkpoints, metrics.jsonl and "
        "TensorBoard events into a run's folder. Ctrl-C saves and ends; --resume goes on at the very next example. "
        "Under horovodrun, or with --np, the ranks share each batch and average their gradients.",
        epilog="examples:\n"
        "  archspec train specs/inception_v3.yaml\n"
        "  archspec train specs/lenet.yaml --data mnist/ --epochs 5 --run runs/lenet\n"
        "  archspec train --resume runs/lenet\n"
        "  horovodrun -np 8 -H a:4,b:4 archspec train specs/inception_v3.yaml --data 'imagenet/train-*'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser, "a spec's file, FILE#VARIANT, or with --resume the folder of a run")
    parser.add_argument("--data", metavar="NAME|DIR", help="other data than the spec's: `sample`, a folder, a pattern")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, metavar="N", help="train so many steps")
    length.add_argument("--epochs", type=float, metavar="N", help="train so many passes over the data")
    parser.add_argument(
        "--batch", type=int, metavar="N", help="examples in a step, over all ranks (default: the spec's)"
    )
    parser.add_argument("--run", dest="run_folder", metavar="DIR", help="the run's folder (default: runs/NAME)")
    parser.add_argument("--resume", action="store_true", help="go on from the run's newest checkpoint")
    parser.add_argument("--deterministic", action="store_true", help="every bit the same each time; slower")
    parser.add_argument("--save-every", type=int, metavar="N", help="steps between checkpoints (default: the spec's)")
    evaluation = parser.add_mutually_exclusive_group()
    evaluation.add_argument(
        "--eval-every", type=int, metavar="N", help="steps between evaluations (default: the spec's)"
    )
    evaluation.add_argument("--no-eval", action="store_true", help="do not evaluate, neither on the way nor at the end")
    parser.add_argument("--np", type=int, metavar="N", help="launch so many ranks on this machine, with horovodrun")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trains, and prints how it ended on the first rank."""
    _check(arguments)
    origin = _run_to_resume(arguments)
    program = _adjusted(program_of(arguments), arguments, origin.length if origin is not None else {})
    if arguments.np is not None and "HOROVOD_SIZE" not in os.environ:
        return _launched(arguments.np, program)
    from archspec.compiler.language.values import Duration
    from archspec.runtime import distribute
    from archspec.runtime.run import Given
    from archspec.runtime.train import Options, train

    distribute.start()
    folder = Path(arguments.run_folder or (arguments.spec if origin is not None else default_folder(program.name)))
    options = Options(
        run=folder,
        data=data_of(arguments),
        resume=arguments.resume,
        deterministic=arguments.deterministic,
        evaluate=not arguments.no_eval,
        save=None if arguments.save_every is None else Duration(arguments.save_every, "steps"),
        score=None if arguments.eval_every is None else Duration(arguments.eval_every, "steps"),
        form=arguments.format,
        given=Given(settings(arguments.set), arguments.data, _length(arguments)),
    )
    with quoting(program):
        outcome = train(program, options)
    if distribute.rank() > 0:
        # The first rank speaks for all; horovodrun would end it in mid-sentence if another failed before.
        return 0
    show(outcome, options.run, arguments)
    return 1 if outcome.stopped_by else 0


def _check(arguments: argparse.Namespace) -> None:
    for name in ("steps", "epochs", "batch", "np", "save_every", "eval_every"):
        value = getattr(arguments, name)
        if value is not None and value <= 0:
            flag = f"--{name.replace('_', '-')}"
            raise stop("AS902", f"{flag} {value:g} is not more than 0", help=f"write {flag} 1 or more", exit_code=2)


def _run_to_resume(arguments: argparse.Namespace) -> Handover | None:
    """What the run in the place of SPEC hands over, None where it is a spec; raises Stop for a run without --resume."""
    found = run_of(arguments)
    if found is not None and not arguments.resume:
        help = f"go on with it: archspec train --resume {arguments.spec}; or name a spec to start another run"
        raise stop("AS634", f"{arguments.spec} is a run, and has begun already", help=help, exit_code=2)
    return found


def _length(arguments: argparse.Namespace) -> dict[str, float]:
    """The length and batch that the command line says."""
    found = {name: getattr(arguments, name) for name in ("steps", "epochs", "batch")}
    return {name: value for name, value in found.items() if value is not None}


def _adjusted(program: Program, arguments: argparse.Namespace, before: Mapping[str, float]) -> Program:
    """The program with the length and batch of the command line, or else those of the command that began the run."""
    from archspec.dataclass import replace

    now = _length(arguments)
    if now.keys() & {"steps", "epochs"}:
        before = {name: value for name, value in before.items() if name == "batch"}
    found: dict[str, float | None] = {**before, **now}
    if program.train is None or not found:
        return program
    if found.keys() & {"steps", "epochs"}:
        found = {"steps": None, "epochs": None, **found}
    return replace(program, train=program.train.replace(**found))


def _launched(ranks: int, program: Program) -> int:
    """The exit code of horovodrun around this command."""
    from archspec.cli.launch import launch

    batch = program.train.batch if program.train is not None else ranks
    if batch % ranks:
        message = f"a batch of {batch} cannot be divided evenly over {ranks} ranks"
        raise stop("AS742", message, help="change --np or --batch", exit_code=2)
    words = sys.argv[1:]
    return launch(ranks, [word for i, word in enumerate(words) if not _is_np(word, words[i - 1] if i else "")])


def _is_np(word: str, before: str) -> bool:
    return word == "--np" or word.startswith("--np=") or before == "--np"


def show(outcome: Outcome, folder: Path, arguments: argparse.Namespace) -> None:
    """Prints how training ended, and how to go on."""
    scores = outcome.scores
    if arguments.format == "json":
        found: dict[str, Any] = {"step": outcome.step, "steps": outcome.total, "run": str(folder), **_last(outcome)}
        found |= {"stopped_by": outcome.stopped_by or None, "ended_early": outcome.early or None}
        found |= {"eval": scores.values if scores else None}
        print(json.dumps(found))
        return
    if outcome.stopped_by:
        print(f"stopped by {outcome.stopped_by} at step {outcome.step} of {outcome.total}; go on with:")
        print(f"  {_command_to_go_on()}")
        return
    if outcome.start == outcome.step:
        how = "--set train.early_stopping=null" if outcome.early else "--steps or --epochs"
        print(f"{folder} has made {outcome.step} of {outcome.total} steps already; {how} trains longer")
    else:
        steps = f"{outcome.step} step{'' if outcome.step == 1 else 's'}"
        print(f"trained {steps}, loss {outcome.numbers['loss']:.4f}; the run is in {folder}")
    if outcome.early:
        print(f"ended early, at step {outcome.step} of {outcome.total}: {outcome.early}")
    if scores is not None:
        named = ", ".join(f"{name} {value:.4f}" for name, value in scores.values.items())
        print(f"evaluated on {outcome.evaluated}: {named}")


def _command_to_go_on() -> str:
    """What was typed, with --resume."""
    from archspec.launched import RANKS
    from archspec.runtime import distribute

    words = [os.environ.get("ARCHSPEC_COMMAND", "archspec")]
    words += [*(word for word in sys.argv[1:] if word != "--resume"), "--resume"]
    if RANKS in os.environ:
        words += ["--np", os.environ[RANKS]]
    elif distribute.size() > 1:
        words = ["horovodrun", "-np", str(distribute.size()), *words]
    return shlex.join(words)


def _last(outcome: Outcome) -> dict[str, Any]:
    return {name: value for name, value in outcome.numbers.items() if name != "step"}
