"""`archspec lint`: everything that is wrong with specs, without TensorFlow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archspec.diagnostics import Findings, stop

_SUFFIXES = (".yaml", ".yml")


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "lint",
        help="check specs, with file:line:column for every finding",
        description="Compiles each spec, in every variant, and checks its schema, scopes, expressions, shapes, "
        "expectations and the lint rules. Nothing in a spec is executed. Exit code 1 if there is a finding.",
        epilog="examples:\n  archspec lint specs/\n  archspec lint specs/inception_v3.yaml --format json\n"
        "  cat net.yaml | archspec lint -",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="spec files, folders, or - for standard input")
    parser.add_argument("--format", choices=["text", "json", "github"], default="text", help="default: text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings."""
    from archspec.compiler.build import check_file
    from archspec.compiler.rules import check_rules
    from archspec.rendering import show

    findings, files, programs = Findings(), 0, 0
    for path in spec_files(arguments.paths):
        text = sys.stdin.read() if path == "-" else None
        compiled = check_file("stdin" if path == "-" else path, findings=findings, text=text)
        for program in compiled:
            findings.extend(check_rules(program))
        files, programs = files + 1, programs + len(compiled)
    show(findings.items, arguments.format, sys.stdout)
    if arguments.format == "text":
        sys.stdout.flush()
        print(_summary(files, programs, len(findings.items)), file=sys.stderr if findings.items else sys.stdout)
    return 1 if findings.items else 0


def _summary(files: int, programs: int, findings: int) -> str:
    networks = f", {_count(programs, 'network')}" if programs > files else ""
    return f"{_count(files, 'spec')}{networks}: {_count(findings, 'finding') if findings else 'no findings'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def spec_files(paths: list[str]) -> Iterator[str]:
    """The spec files that arguments name, folders searched for *.yaml; raises Stop for one that is not there."""
    for path in paths:
        file = path.partition("#")[0]
        if path == "-" or Path(file).is_file():
            yield path
        elif Path(path).is_dir():
            found = sorted(str(p) for p in Path(path).rglob("*") if p.suffix in _SUFFIXES and p.is_file())
            if not found:
                raise stop("AS905", f"{path} holds no spec", help="specs are files named *.yaml", exit_code=2)
            yield from found
        else:
            raise stop("AS905", f"there is no file or folder {path}", help="check the path", exit_code=2)
