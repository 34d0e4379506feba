"""The commands, one module each; a command imports what it needs inside its own function."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from archspec import __version__
from archspec.diagnostics import Stop, stop
from archspec.terminal import visible, write_what_streams_have

GROUPS: dict[str, dict[str, str]] = {
    "run": {
        "train": "train a network, on one rank or many",
        "eval": "measure a trained network on a data set",
        "predict": "say what is in pictures",
        "init": "write a spec for a folder of pictures",
        "checkpoint": "trained weights as files: inspect, convert, diff",
    },
    "write and review, without TensorFlow": {
        "lint": "check specs, with file:line:column for every finding",
        "fmt": "lay specs out in the canonical way",
        "summary": "a row for each layer: output shape, parameters, cost",
        "explain": "where each value comes from, and what it overrode",
        "doc": "all ops, losses, optimizers, …, or all about one of them",
        "new": "copy a network of the zoo into a file of your own, to change it",
        "models": "the networks that come with it: size, cost, accuracy",
        "schema": "the JSON Schema of specs, for editors",
    },
    "operate": {
        "doctor": "whether TensorFlow and Horovod are there and work",
    },
}
"""Every command with one line of help, by what it is for."""

_USAGE = "archspec COMMAND …"

_FEW_COLLECTIONS = 100_000
"""New objects after which Python looks for garbage in cycles, in commands that end soon: usually not at all."""

COMMANDS = {name: help for group in GROUPS.values() for name, help in group.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 fine, 1 findings or failure, 2 wrong usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    write_what_streams_have()
    try:
        _check_alone()
        parsed = _parsed(words)
        return int(parsed.run(parsed))
    except Stop as problem:
        from archspec.rendering import report

        report(problem.diagnostics, problem.sources)
        return problem.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    except OSError as problem:
        if problem.errno not in (errno.EPIPE, errno.EIO):
            return _bug(problem)
        # Whoever read our output has gone; Python must not complain when it closes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as problem:
        return _bug(problem)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints about a word do not send it to the terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))


def _check_alone() -> None:
    """Raises Stop where PyPI's other `archspec` lies in the same folder: each has overwritten files of the other."""
    package = os.path.dirname(os.path.dirname(__file__))
    if os.path.isfile(os.path.join(package, "cpu", "detect.py")):
        message = f"the package archspec of PyPI, which detects processors, is mixed with this one in {package}"
        help = "pip uninstall both, archspec and archspec-tf, and give each an environment of its own, as pipx does"
        raise stop("AS760", message, help=help)


def _parsed(words: list[str]) -> argparse.Namespace:
    """The arguments of the command that the words ask for; exits for --help and --version, and for wrong usage."""
    everywhere = _Parser(prog="archspec", usage=_USAGE, add_help=False, allow_abbrev=False)
    known, rest = _common(everywhere).parse_known_args(words)
    _to_environment(known)
    parser = _Parser(
        prog="archspec",
        usage=_USAGE,
        description=_wrapped("Convolutional networks as YAML specs: checked, explained, compiled, trained."),
        epilog=f"{_command_list()}\n\nexample:\n  archspec train specs/inception_v3.yaml\n\n"
        "`archspec COMMAND --help` shows what a command takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"archspec {__version__}")
    commands: Any = _common(parser).add_subparsers(prog="archspec", metavar="COMMAND", help=argparse.SUPPRESS)
    asked = next((word for word in rest if not word.startswith("-")), None)
    if asked is None:
        parser.parse_args(rest)
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    if asked not in COMMANDS:
        from difflib import get_close_matches

        close = get_close_matches(asked, COMMANDS, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(COMMANDS)}"
        parser.error(f"there is no command {asked}; {hint}")
    if asked not in GROUPS["run"]:
        # Nearly all that is imported and compiled stays until the end: looking through it took a tenth of lint's time.
        gc.set_threshold(_FEW_COLLECTIONS)
    # Only the command that is asked for is imported; the others are a line of help.
    import_module(f"archspec.cli.{asked}").add(commands)
    command = _common(commands.choices[asked])
    command.description = _wrapped(command.description or "")
    rest.remove(asked)
    # Options may stand between the arguments: `explain SPEC --set a=1 LAYER`.
    return command.parse_intermixed_args(rest)


def _wrapped(text: str) -> str:
    """A description in the width of the terminal; examples below it keep their lines, so argparse wraps nothing."""
    return textwrap.fill(text, shutil.get_terminal_size().columns - 2)


def _common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser with the options of every command, which may stand before and behind the command's name."""
    choices = ["auto", "always", "never"]
    about = "colours in what is printed (default: auto, on a terminal without NO_COLOR)"
    parser.add_argument("--color", choices=choices, default=argparse.SUPPRESS, help=about)
    about = "show the Python traceback of a bug in archspec"
    parser.add_argument("--traceback", action="store_true", default=argparse.SUPPRESS, help=about)
    return parser


def _to_environment(known: argparse.Namespace) -> None:
    """Hands the options of every command on as the variables that our own renderer, rich, and other ranks read."""
    if hasattr(known, "traceback"):
        os.environ["ARCHSPEC_TRACEBACK"] = "1"
    color = getattr(known, "color", "auto")
    if color == "always":
        os.environ.pop("NO_COLOR", None)
        os.environ["FORCE_COLOR"] = "1"
    elif color == "never":
        os.environ.pop("FORCE_COLOR", None)
        os.environ["NO_COLOR"] = "1"


def _command_list() -> str:
    width = max(map(len, COMMANDS))
    return "\n\n".join(
        "\n".join([f"{title}:", *(f"  {name.ljust(width)}  {help}" for name, help in group.items())])
        for title, group in GROUPS.items()
    )


def _bug(problem: Exception) -> int:
    import traceback

    if os.environ.get("ARCHSPEC_TRACEBACK"):
        traceback.print_exc()
    last = traceback.extract_tb(problem.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"
    print(f"archspec failed: {type(problem).__name__}: {visible(str(problem))} (at {place})", file=sys.stderr)
    print(
        "  help: this is a bug in archspec; run again with --traceback and report what it prints",
        file=sys.stderr,
    )
    return 1
