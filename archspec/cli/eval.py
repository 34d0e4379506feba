"""`archspec eval`: what a trained network gets right on a data set."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from archspec.cli.program import add_spec, compiled
from archspec.diagnostics import stop
from archspec.rendering import show as show_findings

if TYPE_CHECKING:
    from archspec.compiler.language.forms.sections import Evaluate
    from archspec.compiler.program import Program
    from archspec.runtime.data.dataset import Dataset
    from archspec.runtime.evaluate import Scores


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "eval",
        help="measure a trained network on a data set",
        description="Runs a trained network over the data of the spec's eval section, once, and prints its metrics and "
        "the mean cross entropy. The data may be divided over many ranks; the result is the same.",
        epilog="examples:\n"
        "  archspec eval specs/lenet.yaml --checkpoint runs/lenet\n"
        "  archspec eval specs/mobilenet_v1.yaml --checkpoint mobilenet_v1_1.0_224.ckpt --data photos/ --format json\n"
        "  horovodrun -np 4 archspec eval specs/inception_v3.yaml --checkpoint runs/inception_v3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
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
        required=True,
        metavar="DIR|FILE",
        help="a run's folder (its newest checkpoint), one of its checkpoints/step-…, or a TF-Slim .ckpt",
    )
    parser.add_argument("--raw-weights", action="store_true", help="the weights themselves, not their moving averages")


def run(arguments: argparse.Namespace) -> int:
    """Prints the scores, on the first rank."""
    if arguments.batch is not None and arguments.batch < 1:
        raise stop("AS922", f"--batch {arguments.batch} is less than one example", help="write --batch 32", exit_code=2)
    program = compiled(arguments)
    if program.eval is None:
        remedy = "add an eval section: its data, the steps from image to input, and metrics"
        raise stop("AS607", f"{arguments.spec} has no eval section, which says how to evaluate", help=remedy)
    from archspec.runtime import distribute

    distribute.start()
    with distribute.together():
        data, scores, trained = measured(program, program.eval, arguments)
    if distribute.rank() == 0:
        facts = {"spec": arguments.spec, "checkpoint": arguments.checkpoint, "step": trained}
        facts |= {"data": data.name, "split": data.split, "examples": scores.examples}
        show(facts, scores, arguments.format)
    return 0


def measured(program: Program, section: Evaluate, arguments: argparse.Namespace) -> tuple[Dataset, Scores, int | None]:
    """(the data, what was found, the training step of the weights)."""
    from archspec.runtime import distribute
    from archspec.runtime.data.labels import check_labels
    from archspec.runtime.data.open import open_data
    from archspec.runtime.evaluate import classes, inference_graph, measures
    from archspec.runtime.labels import classes_of_run, in_order_of
    from archspec.runtime.lower import lower
    from archspec.runtime.restore import restore
    from archspec.runtime.score import score

    wanted = measures(program)
    graph = inference_graph(program.graph, [measure.endpoint for measure in wanted.values()])
    network = lower(graph)
    step = restore(network, arguments.checkpoint, averaged=not arguments.raw_weights)
    with distribute.first_alone():
        source = section.data or (program.train.data if program.train is not None else None)
        whole = arguments.data is not None or section.data is not None
        base = os.path.dirname(program.file)
        data = open_data(source, arguments.data, arguments.split, base=base, whole=whole)
        names = classes_of_run(arguments.checkpoint)
        data = in_order_of(data, names, arguments.checkpoint) if names is not None else data
    if distribute.rank() == 0:
        show_findings(data.warnings, "text", sys.stderr)
    for measure in wanted.values():
        check_labels(data, classes(graph, measure.endpoint))
    return data, score(network, wanted, section, data, arguments.batch or section.batch), step


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
