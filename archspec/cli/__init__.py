"""The commands, one module each; a command imports what it needs inside its own function."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from archspec import __version__
from archspec.diagnostics import Stop

COMMANDS: dict[str, str] = {
    "lint": "check specs, with file:line:column for every finding",
    "fmt": "lay specs out in the canonical way",
    "summary": "a row for each layer: output shape, parameters, cost",
    "explain": "where each value comes from, and what it overrode",
    "train": "train a network, on one rank or many",
    "eval": "measure a trained network on a data set",
    "predict": "say what is in pictures",
    "doctor": "show which TensorFlow and Horovod are there and whether they work",
}
"""Every command with one line of help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 fine, 1 findings or failure, 2 wrong usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parser(words).parse_args(words)
        return int(parsed.run(parsed))
    except Stop as problem:
        from archspec.rendering import report

        report(problem.diagnostics)
        return problem.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain when it closes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit:
        raise
    except Exception as problem:
        return _bug(problem)


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="archspec",
        description="Convolutional networks as YAML specs: checked, explained, compiled into TensorFlow, trained.",
        epilog="example:\n  archspec train specs/inception_v3.yaml\n\n"
        "`archspec COMMAND --help` shows what a command takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"archspec {__version__}")
    commands: Any = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    asked = next((word for word in words if not word.startswith("-")), None)
    if asked is not None and asked not in COMMANDS:
        close = get_close_matches(asked, COMMANDS, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(COMMANDS)}"
        parser.error(f"there is no command {asked}; {hint}")
    for name, help in COMMANDS.items():
        # Only the command that is asked for is imported; the others are a line of help.
        if name == asked:
            import_module(f"archspec.cli.{name}").add(commands)
        else:
            commands.add_parser(name, help=help)
    return parser


def _bug(problem: Exception) -> int:
    if os.environ.get("ARCHSPEC_TRACEBACK"):
        traceback.print_exc()
    last = traceback.extract_tb(problem.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"
    print(f"archspec failed: {type(problem).__name__}: {problem} (at {place})", file=sys.stderr)
    print(
        "  help: this is a bug in archspec; run again with ARCHSPEC_TRACEBACK=1 and report what it prints",
        file=sys.stderr,
    )
    return 1
