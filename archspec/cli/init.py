"""`archspec init`: a spec to begin with, for a folder of one's own pictures."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from archspec.diagnostics import stop


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "init",
        help="write a spec for a folder of pictures",
        description="Looks at a folder that has a folder of pictures for each class: counts classes and pictures, "
        "looks at their sizes, and writes a spec that fine-tunes a network on them, with split, batch, schedule and "
        "batch-norm decay that fit the number of steps; comments say why. A file that is there already stays.",
        epilog="examples:\n"
        "  archspec init flowers/\n"
        "  archspec init flowers/ --checkpoint mobilenet_v1_0.25_224.ckpt --output flowers.yaml\n"
        "  archspec init flowers/ --base zoo:inception_v3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="the folder with a folder of pictures for each class")
    parser.add_argument(
        "--base", default="zoo:mobilenet_v1#mobilenet_v1_025", metavar="SPEC", help="the network (default: %(default)s)"
    )
    parser.add_argument("--checkpoint", metavar="PATH", help="weights to start from: a run, or a TF-Slim .ckpt prefix")
    parser.add_argument("--output", metavar="FILE", help="where to write it (default: the folder's name, .yaml)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Writes the spec, and prints what was found and how to go on."""
    from archspec.cli.beginning import look, recipe, spec_text

    found = look(arguments.folder)
    output = Path(arguments.output or f"{Path(arguments.folder).resolve().name}.yaml")
    chosen = recipe(found)
    text = spec_text(found, chosen, arguments.base, arguments.checkpoint, output)
    _write(output, text)
    facts = {"spec": str(output), "images": found.images, "classes": list(found.classes), **chosen.facts()}
    if arguments.format == "json":
        print(json.dumps(facts, indent=2))
        return 0
    print(found.summary())
    print(f"wrote {output}; train it with:")
    print(f"  {os.environ.get('ARCHSPEC_COMMAND', 'archspec')} train {output}")
    return 0


def _write(path: Path, text: str) -> None:
    """Write a new file; raises Stop where there is one, or it can't be written."""
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        help = "name another file with --output, or take that one away"
        raise stop("AS940", f"there is a file {path} already", help=help, exit_code=2) from None
    except OSError as problem:
        help = "name a file in a folder that can be written to with --output"
        raise stop("AS940", f"{path} cannot be written: {problem.strerror}", help=help, exit_code=2) from None
