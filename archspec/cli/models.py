"""`archspec models`: the networks that come with archspec, without TensorFlow."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.reference.models import Model

SORTS = ("name", "size", "macs", "accuracy")

_FEW = 12
"""Networks for which it is also said where their weights are."""


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "models",
        help="the networks that come with archspec",
        description="Lists the networks of the zoo: the input's size, parameters, multiply-accumulates of one example, "
        "top-1 accuracy on ImageNet as published, and the license of the weights that are published. With WORD those "
        "whose name or description has it, and where their weights are. Each is named zoo:NAME in every other command.",
        epilog="examples:\n  archspec models\n  archspec models resnet --sort accuracy\n"
        "  archspec models --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("word", nargs="?", metavar="WORD", help="a part of a name or description")
    about = "by name, by parameters or macs from the smallest, or by top-1 from the best (default: name)"
    parser.add_argument("--sort", choices=SORTS, default="name", help=about)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the list; raises Stop where no network fits the word."""
    from archspec.reference.models import models
    from archspec.terminal import as_json

    every = models()
    word: str = (arguments.word or "").lower().removeprefix("zoo:")
    chosen = [model for model in every if word in f"{model.name} {model.about}".lower()]
    if not chosen:
        help = _remedy(word, [model.name for model in every])
        raise stop("AS908", f"no network of the zoo has `{word}` in its name or description", help=help, exit_code=2)
    chosen = _sorted(chosen, arguments.sort)
    if arguments.format == "json":
        print(as_json([_record(model) for model in chosen]))
    else:
        _print_text(chosen, bool(word))
    return 0


def _remedy(word: str, names: list[str]) -> str:
    """What to ask instead: the name that is near, or the names that begin as the word does."""
    from archspec.compiler.language.suggestions import nearest

    beginnings = (word[:length] for length in range(len(word) - 1, 3, -1))
    shorter = next((start for start in beginnings if any(start in name for name in names)), None)
    return nearest(word, names) or (f"ask for {shorter}" if shorter else "`archspec models` lists all")


def _sorted(models: list[Model], by: str) -> list[Model]:
    """The networks in order; those without the number stand last."""
    if by == "size":
        return sorted(models, key=lambda model: model.params)
    if by == "macs":
        return sorted(models, key=lambda model: (model.macs is None, model.macs or 0))
    if by == "accuracy":
        return sorted(models, key=lambda model: -(model.top_1 or 0.0))
    return models


def _record(model: Model) -> dict[str, Any]:
    record = {name: getattr(model, name) for name in type(model).__slots__}
    return {name: value if value != "" else None for name, value in record.items()}


def _print_text(models: list[Model], chosen: bool) -> None:
    from archspec.cli.summary import short
    from archspec.cli.table import print_table, room, wrapped

    rows: list[tuple[str, ...]] = [("network", "input", "params", "macs", "top-1", "weights")]
    for model in models:
        macs = "?" if model.macs is None else short(model.macs)
        top_1 = "" if model.top_1 is None else f"{model.top_1:.1f}"
        rows.append((model.name, _first(model.input), short(model.params), macs, top_1, model.license))
    print_table(rows, room())
    published = [model for model in models if model.weights]
    if chosen and published and len(models) <= _FEW:
        for model in published:
            # An address is one word, to be copied.
            print(f"{model.name}:\n  {model.weights}")
    elif published:
        print(wrapped("`archspec models WORD` says where weights are; `archspec summary zoo:NAME` shows a network"))
    sys.stdout.flush()


def _first(inputs: str) -> str:
    """The first input, and how many there are besides."""
    first, *others = inputs.split(", ")
    return f"{first} +{len(others)}" if others else first
