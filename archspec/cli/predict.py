"""`archspec predict`: what a trained network says of pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.cli.eval import add_checkpoint
from archspec.cli.program import add_spec, add_until, check_endpoint, compiled
from archspec.diagnostics import stop

if TYPE_CHECKING:
    import numpy as np

    from archspec.compiler.program import Program
    from archspec.runtime.predict import Guess


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "predict",
        help="say what is in pictures",
        description="Runs a trained network on picture files, prepared as the spec's eval section says, or on one .npy "
        "file of inputs (float32, batch x height x width x channels), and prints the most probable classes.",
        epilog="examples:\n"
        "  archspec predict specs/flowers.yaml --checkpoint runs/flowers rose.jpg tulip.jpg\n"
        "  archspec predict specs/inception_v3.yaml --checkpoint inception_v3.ckpt --labels imagenet.txt cat.jpg\n"
        "  archspec predict specs/lenet.yaml --checkpoint runs/lenet in.npy --endpoints all --output out.npz\n"
        "  archspec predict specs/flowers.yaml --checkpoint runs/flowers --until PreLogits rose.jpg --output out.npz",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
    add_until(parser)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="picture files, or one .npy file")
    add_checkpoint(parser)
    parser.add_argument(
        "--output", metavar="FILE.npz", help="write the end points as arrays, in the order of the inputs"
    )
    parser.add_argument(
        "--endpoints", metavar="all|NAME,…", help="what --output holds (default: logits, predictions and the output)"
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="classes to print for each input (default: 5)")
    parser.add_argument("--labels", metavar="FILE", help="names of the classes, one a line, or `class:name`")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the classes of every input, and writes the arrays."""
    check_arguments(arguments)
    program = compiled(arguments)
    outputs = chosen_endpoints(program, arguments.endpoints)
    from archspec.runtime import predict

    classes = predict.scores_endpoint(program)
    names = class_names(program, arguments, classes)
    found, inputs = predicted(program, arguments, list(dict.fromkeys([*outputs, *([classes] if classes else [])])))
    if arguments.output:
        predict.write_arrays(arguments.output, {name: found[name] for name in outputs})
    guesses = predict.most_probable(program, classes, found[classes], arguments.top) if classes else []
    show(inputs, guesses, names, found, arguments)
    return 0


def check_arguments(arguments: argparse.Namespace) -> None:
    """Raise Stop for arguments that can't be meant, before anything is computed."""
    arrays = [path for path in arguments.inputs if path.endswith(".npy")]
    if arrays and len(arguments.inputs) > 1:
        remedy = "give picture files, or one .npy file"
        raise stop("AS923", f"{arrays[0]} is not the only input", help=remedy, exit_code=2)
    if arguments.top < 1:
        raise stop("AS922", f"--top {arguments.top} is less than one class", help="write --top 5", exit_code=2)
    if arguments.endpoints and not arguments.output:
        raise stop("AS924", "--endpoints says what --output holds", help="add --output out.npz", exit_code=2)
    if arguments.output and not Path(arguments.output).absolute().parent.is_dir():
        raise stop(
            "AS727", f"{arguments.output} can't be written: its folder is not there", help="make the folder first"
        )


def chosen_endpoints(program: Program, argument: str | None) -> list[str]:
    """The end points by name, of `all`, a list with commas, or the ones that matter; raises Stop for one not there."""
    from archspec.runtime.predict import main_endpoints

    if argument is None:
        return main_endpoints(program)
    known = list(program.graph.endpoints | program.graph.heads)
    names = known if argument == "all" else [name.strip() for name in argument.split(",")]
    for name in names:
        check_endpoint(program, name)
    return list(dict.fromkeys(names))


def class_names(program: Program, arguments: argparse.Namespace, endpoint: str | None) -> dict[int, str]:
    """{class: name}, of --labels or the checkpoint's run; empty where there are none."""
    from archspec.runtime.evaluate import classes
    from archspec.runtime.labels import labels_of_run, read_labels

    path = Path(arguments.labels) if arguments.labels else labels_of_run(arguments.checkpoint)
    return read_labels(path, classes(program.graph, endpoint)) if path and endpoint else {}


def predicted(
    program: Program, arguments: argparse.Namespace, endpoints: list[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """({end point: array}, names of the examples)."""
    from archspec.runtime import predict
    from archspec.runtime.evaluate import inference_graph
    from archspec.runtime.lower import lower
    from archspec.runtime.restore import restore

    if len(program.graph.inputs) > 1:
        message = f"{program.name} has the inputs {', '.join(program.graph.inputs)}, and predict feeds images alone"
        raise stop("AS715", message, help="use a spec with one input")
    graph = inference_graph(program.graph, endpoints)
    network = lower(graph)
    [first, *_] = arguments.inputs
    if first.endswith(".npy"):
        array = predict.read_array(first, graph)
        names = [f"{first}[{i}]" for i in range(len(array))]
        batches = predict.split(array)
    else:
        names, batches = arguments.inputs, predict.read_images(arguments.inputs, program)
    restore(network, arguments.checkpoint, averaged=not arguments.raw_weights)
    return predict.predict(network, batches, endpoints), names


def show(
    inputs: list[str],
    guesses: list[list[Guess]],
    names: dict[int, str],
    found: dict[str, np.ndarray],
    arguments: argparse.Namespace,
) -> None:
    """Prints the most probable classes of each input; without classes, the shapes of the arrays."""
    if arguments.format == "json":
        print(
            json.dumps(
                [facts(*pair, names) for pair in zip(inputs, guesses or [[]] * len(inputs), strict=True)], indent=2
            )
        )
        return
    for name, best in zip(inputs, guesses, strict=False):
        print(name)
        for guess in best:
            label = names.get(guess.number)
            print(f"  {guess.probability:.4f}  {f'{label} ({guess.number})' if label else f'class {guess.number}'}")
    if not guesses:
        for name, array in found.items():
            print(f"{name}  {'x'.join(map(str, array.shape))}")


def facts(name: str, best: list[Guess], names: dict[int, str]) -> dict[str, Any]:
    """One input and its classes, for JSON."""
    top = [{"class": g.number, "label": names.get(g.number), "probability": g.probability} for g in best]
    return {"input": name, "top": top}
