"""`archspec eval`: what a trained network gets right on a data set."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from archspec.cli.of_run import checkpoint_of, data_of, program_of
from archspec.cli.program import add_spec, quoting
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.language.forms.sections import Evaluate
    from archspec.compiler.program import Program
    from archspec.runtime.evaluate import Scores
    from archspec.runtime.score import Scoring


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "eval",
        help="measure a trained network on a data set",
        description="Runs a trained network over the data of the spec's eval section, once, and prints its metrics and "
        "losses. A run's folder in the place of SPEC brings its spec, settings and data, and its best checkpoint. The "
        "data may be divided over many ranks; the result is the same.",
        epilog="examples:\n"
        "  archspec eval runs/lenet\n"
        "  archspec eval specs/lenet.yaml --checkpoint runs/lenet/checkpoints/step-00001000\n"
        "  archspec eval specs/mobilenet_v1.yaml --checkpoint mobilenet_v1_1.0_224.ckpt --data photos/ --format json\n"
        "  horovodrun -np 4 archspec eval specs/inception_v3.yaml --checkpoint runs/inception_v3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser, "a spec's file, FILE#VARIANT, or the folder of a run")
    add_checkpoint(parser)
    parser.add_argument("--data", metavar="NAME|DIR", help="other data than the spec's: `sample`, or a folder")
    parser.add_argument("--split", default="eval", help="train, validation or test (default: the one for evaluation)")
    parser.add_argument("--batch", type=int, metavar="N", help="examples in a step (default: the spec's)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Registers where trained weights come from."""
    parser.add_argument(
        "--checkpoint",
        metavar="DIR|FILE",
        help="a run's folder (its newest checkpoint), one of its checkpoints/step-…, or a TF-Slim .ckpt; by default "
        "the best of the run that is SPEC",
    )
    parser.add_argument("--raw-weights", action="store_true", help="the weights themselves, not their moving averages")


def run(arguments: argparse.Namespace) -> int:
    """Prints the scores, on the first rank."""
    if arguments.batch is not None and arguments.batch < 1:
        raise stop("AS922", f"--batch {arguments.batch} is less than one example", help="write --batch 32", exit_code=2)
    program = program_of(arguments)
    if program.eval is None:
        remedy = "add an eval section: its data, steps and metrics; one whose `when` is false is left out"
        raise stop("AS607", f"{arguments.spec} has no eval section, which says how to evaluate", help=remedy)
    from archspec.runtime import distribute
    from archspec.runtime.score import score

    distribute.start()
    with quoting(program), distribute.together():
        where = checkpoint_of(arguments, program)
        scoring, trained = prepared(program, program.eval, where, arguments)
        scores = score(scoring)
    if distribute.rank() == 0:
        facts = {"spec": arguments.spec, "checkpoint": where, "step": trained}
        facts |= {"data": scoring.data.name, "split": scoring.data.split, "examples": scores.examples}
        show(facts, scores, arguments.format)
    return 0


def prepared(
    program: Program, section: Evaluate, where: str, arguments: argparse.Namespace
) -> tuple[Scoring, int | None]:
    """(the network with its weights and its data, the training step of the weights); raises Stop."""
    from archspec.rendering import report
    from archspec.runtime import distribute
    from archspec.runtime.data.open import section_data
    from archspec.runtime.data.views import numbered_as
    from archspec.runtime.fit import check_fit
    from archspec.runtime.labels import classes_of_run
    from archspec.runtime.lower import lower
    from archspec.runtime.measures import measured_graph, measures
    from archspec.runtime.memory import check_memory
    from archspec.runtime.restore import restore
    from archspec.runtime.score import Scoring

    check_memory(program, training=False)
    wanted = measures(program)
    network = lower(measured_graph(program, wanted))
    step = restore(network, where, averaged=not arguments.raw_weights)
    with distribute.first_alone():
        data = section_data(program, "eval", data_of(arguments), arguments.split, whole=arguments.data is not None)
    names = classes_of_run(where)
    if names is not None and data.class_feature is not None:
        data = numbered_as(data, {data.class_feature: names}, where)
    warnings = check_fit(program, data, section, {name: each.form for name, each in wanted.items()})
    if distribute.rank() == 0:
        report([*data.warnings, *(warnings if names is None else [])], program.sources)
    return Scoring(network, wanted, section, data, arguments.batch or section.batch), step


def show(facts: dict[str, Any], scores: Scores, form: str) -> None:
    """Prints what was found, as a table of numbers or as JSON."""
    if form == "json":
        print(json.dumps({**facts, "images_per_second": round(scores.rate, 2), "metrics": scores.values}, indent=2))
        return
    width = max(map(len, scores.values))
    for name, value in scores.values.items():
        print(f"{name:{width}}  {value:.4f}")
    trained = "" if facts["step"] is None else f", weights of step {facts['step']}"
    print(f"{facts['examples']} examples of {facts['data']} ({facts['split']}), {scores.rate:.1f} images/s{trained}")
    sys.stdout.flush()
