"""`archspec predict`: what a trained network says of pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.cli.eval import add_checkpoint
from archspec.cli.of_run import checkpoint_of, program_of
from archspec.cli.program import add_spec, add_until, check_endpoint
from archspec.diagnostics import Diagnostic, Note, Stop, stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program
    from archspec.runtime.answers import Facts, Writer
    from archspec.runtime.inputs.pictures import Batch
    from archspec.runtime.predict import Answer, Predictor

_SHOWN = 20
"""How many pictures that cannot be read are named before the rest is counted."""


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "predict",
        help="say what is in pictures",
        description="Runs a trained network on picture files, folders or patterns of them, prepared as the spec's eval "
        "section says; on one .npy file of inputs (float32, batch x height x width x channels) or .npz with an array "
        "for each input; or on a table (.csv, .tsv) where the spec's data is one. Prints the most probable classes as "
        "they come. A run's folder in the place of SPEC brings spec, settings, names of classes and best checkpoint. "
        "Pictures that cannot be read are named at the end, with exit code 1.",
        epilog="examples:\n"
        "  archspec predict runs/flowers rose.jpg tulip.jpg\n"
        "  archspec predict runs/flowers pictures/ --top 1 --format csv > flowers.csv\n"
        "  archspec predict specs/inception_v3.yaml --checkpoint inception_v3.ckpt --labels imagenet.txt 'cats/*.jpg'\n"
        "  archspec predict specs/lenet.yaml --checkpoint runs/lenet in.npy --endpoints all --output out.npz\n"
        "  archspec predict runs/reviews new_reviews.tsv --output answers.csv\n"
        "  archspec predict runs/flowers --until PreLogits rose.jpg --output out.npz",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser, "a spec's file, FILE#VARIANT, or the folder of a run")
    add_until(parser)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="pictures, folders or patterns of them; or one .npy, .npz, .csv or .tsv",
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write there instead: .csv, .jsonl or .json; or .npz, the end points as arrays in the order of the inputs",
    )
    parser.add_argument(
        "--endpoints", metavar="all|NAME,…", help="what an .npz holds (default: the outputs, and what is measured)"
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="classes to print for each input (default: 5)")
    parser.add_argument("--labels", metavar="FILE", help="names of the classes, one a line, or `class:name`")
    parser.add_argument(
        "--format", choices=["text", "json", "jsonl", "csv"], help="how to print it (default: text, or as FILE ends)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints or writes what the network says of every input; 1 where some could not be read."""
    check_arguments(arguments)
    program = program_of(arguments)
    outputs = chosen_endpoints(program, arguments.endpoints)
    from archspec.runtime import predict

    classes = predict.scores_endpoint(program)
    where = checkpoint_of(arguments, program)
    names = class_names(program, arguments, where, classes)
    asked = Asked(arguments, program, where, outputs, classes, names)
    predictor, batches = asked.prepared()
    answers = (answer for names, batch in batches for answer in predictor.answers(names, batch))
    asked.write(answers)
    if asked.bad:
        raise _bad_pictures(asked.bad)
    return 0


@dataclass
class Asked:
    """What is to be predicted, from which weights; `bad` are the inputs that could not be read."""

    arguments: argparse.Namespace
    program: Program
    checkpoint: str
    outputs: list[str]
    classes: str | None
    names: dict[int, str]

    def __post_init__(self) -> None:
        self.bad: list[Stop] = []
        self.count = 0

    def prepared(self) -> tuple[Predictor, Iterable[Batch]]:
        """(the network with its weights, its inputs); raises Stop."""
        from archspec.runtime.inputs.given import batches_of
        from archspec.runtime.lower import lower
        from archspec.runtime.measures import inference_graph
        from archspec.runtime.predict import Predictor
        from archspec.runtime.restore import restore

        ends = list(dict.fromkeys([*self.outputs, *([self.classes] if self.classes else [])]))
        graph = inference_graph(self.program.graph, ends).fed_only()
        batches, self.count = batches_of(self.arguments.inputs, self.program, graph, self.bad.append)
        network = lower(graph)
        restore(network, self.checkpoint, averaged=not self.arguments.raw_weights)
        return Predictor(self.program, network, ends, self.classes, self.arguments.top), batches

    def facts(self) -> Facts:
        """What is said of each answer: names of classes, and the outputs beside the classes."""
        from archspec.runtime.answers import Facts

        named = self.program.graph.outputs
        others = [name for name in self.outputs if name in named and named[name] != self._scored()]
        return Facts(self.names, others)

    def _scored(self) -> str:
        from archspec.runtime.ends import node_path

        return node_path(self.program.graph, self.classes) if self.classes else ""

    def write(self, answers: Iterator[Answer]) -> None:
        """Hand each answer to all that take it, with a bar on a terminal."""
        from archspec.runtime.passing import Passing

        with ExitStack() as stack:
            writers = self._writers(stack)
            bar = stack.enter_context(Passing(self.count, "predicting", shown=self._is_bar_free()))
            for answer in answers:
                for writer in writers:
                    writer.write(answer)
                bar.advance(1)
            for writer in writers:
                writer.finish()

    def _is_bar_free(self) -> bool:
        """Whether a bar would stand among nothing else on the terminal."""
        return bool(self.arguments.output) or not sys.stdout.isatty()

    def _writers(self, stack: ExitStack) -> list[Writer]:
        from archspec.runtime.answers import ARRAYS, WRITERS, ArraysWriter, whole_file

        path, facts = self.arguments.output, self.facts()
        if path is None or path.endswith(ARRAYS):
            printed: list[Writer] = [WRITERS[self.arguments.format or "text"](sys.stdout, facts)]
            return printed if path is None else [*printed, ArraysWriter(path, self.outputs)]
        form = self.arguments.format or Path(path).suffix[1:]
        return [WRITERS[form](stack.enter_context(whole_file(path, "w")), facts)]


def check_arguments(arguments: argparse.Namespace) -> None:
    """Raise Stop for arguments that can't be meant, before anything is computed."""
    whole = [path for path in arguments.inputs if path.endswith((".npy", ".npz", ".csv", ".tsv"))]
    if whole and len(arguments.inputs) > 1:
        remedy = "give pictures, or one file of arrays, or one table"
        raise stop("AS923", f"{whole[0]} is not the only input", help=remedy, exit_code=2)
    if arguments.top < 1:
        raise stop("AS922", f"--top {arguments.top} is less than one class", help="write --top 5", exit_code=2)
    if arguments.endpoints and not (arguments.output or "").endswith(".npz"):
        message = "--endpoints says what an .npz file of --output holds"
        raise stop("AS924", message, help="add --output out.npz", exit_code=2)
    if arguments.output is not None:
        _check_output(arguments.output, arguments.format)


def _check_output(path: str, form: str | None) -> None:
    if not Path(path).absolute().parent.is_dir():
        raise stop("AS727", f"{path} can't be written: its folder is not there", help="make the folder first")
    if Path(path).suffix not in (".npz", ".csv", ".jsonl", ".json") and form is None:
        help = "name it .csv, .jsonl, .json or .npz, or say --format"
        raise stop("AS636", f"{path} does not say in which format", help=help, exit_code=2)


def _bad_pictures(bad: list[Stop]) -> Stop:
    """The finding about all pictures that were left out."""
    found = [diagnostic for problem in bad for diagnostic in problem.diagnostics]
    if len(found) == 1:
        return bad[0]
    notes = [Note(f"{each.code} {each.message}") for each in found[:_SHOWN]]
    if len(found) > _SHOWN:
        notes.append(Note(f"and {len(found) - _SHOWN} more"))
    from archspec.files.kinds import READABLE

    help = f"the others are answered; {READABLE}: convert or repair these, or leave them out"
    return Stop(Diagnostic("AS637", f"{len(found)} pictures cannot be read", notes=tuple(notes), help=help))


def chosen_endpoints(program: Program, argument: str | None) -> list[str]:
    """The end points by name, of `all`, a list with commas, or the ones that matter; raises Stop for one not there."""
    from archspec.runtime.predict import main_endpoints

    if argument is None:
        return main_endpoints(program)
    known = list(program.graph.endpoints | program.graph.heads | program.graph.outputs)
    names = known if argument == "all" else [name.strip() for name in argument.split(",")]
    for name in names:
        check_endpoint(program, name)
    return list(dict.fromkeys(names))


def class_names(program: Program, arguments: argparse.Namespace, where: str, endpoint: str | None) -> dict[int, str]:
    """{class: name}, of --labels or the checkpoint's run; empty where there are none."""
    from archspec.runtime.labels import labels_of_run, read_labels
    from archspec.runtime.measures import classes

    path = Path(arguments.labels) if arguments.labels else labels_of_run(where)
    return read_labels(path, classes(program.graph, endpoint)) if path and endpoint else {}
