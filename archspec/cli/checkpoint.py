"""`archspec checkpoint`: what is in a file of weights, the same weights as another kind of file, what differs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from archspec.cli.program import compiled, quoting
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program
    from archspec.runtime.weights.write import Written
    from archspec.weights.tensors import Tensors

_FILES = {"inspect": 1, "convert": 2, "diff": 2}


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "checkpoint",
        help="trained weights as files: inspect, convert, diff",
        description="Reads weights from a run, a TensorFlow checkpoint (V1 or V2), a frozen graph (.pb), .keras, "
        ".weights.h5, .safetensors and .npz, never from a pickle. `inspect FILE` lists the variables, and says which "
        "network of the zoo they look like; with --spec, what would become of each. `convert FROM TO` writes them as "
        "the kind of file that TO's ending names: NAME.ckpt, .keras, .weights.h5, .safetensors, or a run's folder. "
        "`diff A B` compares two, with exit code 1 where they differ.",
        epilog="examples:\n"
        "  archspec checkpoint inspect mobilenet_v1_1.0_224_frozen.pb\n"
        "  archspec checkpoint inspect inception_v3.ckpt --spec flowers.yaml\n"
        "  archspec checkpoint convert runs/lenet lenet.safetensors\n"
        "  archspec checkpoint convert mobilenet.weights.h5 mobilenet.ckpt --map keras_mobilenet\n"
        "  archspec checkpoint convert model.ckpt model.keras --spec specs/mobilenet_v1.yaml\n"
        "  archspec checkpoint diff runs/lenet lenet.safetensors --tolerance 1e-6",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=list(_FILES), help="what to do")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a run, a checkpoint, or a file of weights")
    parser.add_argument(
        "--spec", metavar="SPEC", help="the network that takes the weights, in names, shapes and number"
    )
    about = "set a hyperparameter of the spec, as num_classes=1001; may be repeated"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=about)
    about = "a map of other libraries' names to archspec's: a file, or one that comes with archspec"
    parser.add_argument("--map", metavar="FILE", help=about)
    about = "convert: the kind of TO, where its ending does not say it"
    parser.add_argument("--to", choices=["native", "tf", "keras", "h5", "safetensors"], help=about)
    parser.add_argument("--force", action="store_true", help="convert: write over what is there")
    about = "convert: the weights themselves, not their moving averages"
    parser.add_argument("--raw-weights", action="store_true", help=about)
    about = "diff: the largest difference of two numbers that counts as none (default: 0)"
    parser.add_argument("--tolerance", type=float, default=0.0, metavar="X", help=about)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Does what is asked; 1 where a comparison finds a difference."""
    wanted, given = _FILES[arguments.action], len(arguments.files)
    if wanted != given:
        message = (
            f"`checkpoint {arguments.action}` takes {wanted} file{'s' if wanted > 1 else ''}, and {given} are named"
        )
        help = {"inspect": "inspect FILE", "convert": "convert FROM TO", "diff": "diff A B"}[arguments.action]
        raise stop("AS927", message, help=f"write archspec checkpoint {help}", exit_code=2)
    if not arguments.tolerance >= 0:
        raise stop("AS927", f"--tolerance {arguments.tolerance:g} is no distance", help="write 1e-6", exit_code=2)
    if arguments.action == "inspect":
        return _inspect(arguments)
    return _convert(arguments) if arguments.action == "convert" else _diff(arguments)


def _program(arguments: argparse.Namespace) -> Program | None:
    if arguments.spec is None:
        if arguments.set:
            raise stop("AS927", "--set says a value of a spec, and no --spec is named", help="add --spec", exit_code=2)
        return None
    return compiled(arguments)


def _opened(where: str, names: str | None, program: Program | None) -> Tensors:
    """The weights of a file, by the names of a map where there is one; TensorFlow is imported where it must read."""
    from archspec.weights.name_map import renamed
    from archspec.weights.name_map_file import named_map
    from archspec.weights.read import read_file

    weights = read_file(where)
    if weights is None:
        from archspec.runtime.weights.read import open_weights

        weights = open_weights(where)
    return weights if names is None else renamed(weights, named_map(names).of(program.graph.name if program else None))


def _inspect(arguments: argparse.Namespace) -> int:
    from archspec.cli.weights import show_fates, show_weights
    from archspec.weights.fitting import fitted
    from archspec.weights.transfer import Selection
    from archspec.weights.zoo import looks_like

    program = _program(arguments)
    wish = program.train.initialize if program is not None and program.train is not None else None
    weights = _opened(arguments.files[0], arguments.map or (wish.map if wish is not None else None), program)
    if program is None:
        show_weights(weights, looks_like(weights), arguments.format)
        return 0
    selection = Selection(wish.only, wish.skip, wish.reinit, strict=True) if wish is not None else Selection()
    with quoting(program):
        found = fitted(program.graph, weights, selection)
    show_fates(weights, found, arguments.format)
    return 0


def _convert(arguments: argparse.Namespace) -> int:
    from archspec.cli.weights import show_conversion
    from archspec.runtime.weights.write import OF_NETWORK, kind_of, write

    source, to = arguments.files
    kind, program = kind_of(to, arguments.to), _program(arguments)
    if kind in OF_NETWORK and program is None:
        help = "name the spec of the network: --spec specs/mobilenet_v1.yaml"
        raise stop("AS927", f"{to} holds a network's variables as Keras keeps them, so its spec is needed", help=help)
    weights = _opened(source, arguments.map, program)
    chosen, left = _chosen(weights, program, not arguments.raw_weights)
    write(to, kind, chosen, arguments.force)
    show_conversion(weights, chosen, left, to, arguments.format)
    return 0


def _chosen(weights: Tensors, program: Program | None, averaged: bool) -> tuple[Written, list[str]]:
    """(the tensors to write, names of those that are left out): a network's variables, or all that are in the file."""
    import numpy as np

    from archspec.runtime.lower import lower
    from archspec.runtime.restore import load
    from archspec.runtime.weights.write import Written
    from archspec.weights.fitting import fitted

    if program is None:
        names = {name: weights.averaged(name) if averaged else name for name in weights.variables}
        tensors = {name: weights.read(source) for name, source in names.items()}
        return Written(tensors, weights.step), [n for n in weights.entries if n not in {*names, *names.values()}]
    with quoting(program):
        found = fitted(program.graph, weights, averaged=averaged)
    network = lower(program.graph)
    load(network, weights, found)
    tensors = {name: np.asarray(variable) for name, variable in network.table.items()}
    taken = {*found.sources, *found.sources.values()}
    return Written(tensors, weights.step, network), [name for name in weights.entries if name not in taken]


def _diff(arguments: argparse.Namespace) -> int:
    from archspec.cli.weights import show_comparison
    from archspec.weights.compare import compare

    first, second = arguments.files
    left = _opened(first, arguments.map, _program(arguments))
    right = _opened(second, None, None)
    found = compare(left, right, arguments.tolerance)
    show_comparison(left, right, found, arguments.format)
    return 0 if found.same else 1
