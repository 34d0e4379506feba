"""`archspec lint`: everything that is wrong with specs, without TensorFlow."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archspec.diagnostics import Findings, stop

_SUFFIXES = (".yaml", ".yml")
_FORMATS = ["text", "json", "github", "sarif"]
_STDIN = "stdin"


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
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how to print findings (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings."""
    from archspec.compiler.program import check_file
    from archspec.compiler.rules import check_rules

    findings, files, programs = Findings(), 0, 0
    sources: dict[str, str] = {}
    for path in spec_files(arguments.paths):
        files += 1
        if path == "-" and not _read_stdin(sources, findings):
            continue
        name = _STDIN if path == "-" else path
        compiled = check_file(name, findings=findings, text=sources.get(name))
        for program in compiled:
            findings.extend(check_rules(program))
        programs += len(compiled)
    _print(findings, arguments.format, {**findings.sources, **sources})
    if arguments.format == "text":
        sys.stdout.flush()
        print(_summary(files, programs, len(findings.items)), file=sys.stderr if findings.items else sys.stdout)
    return 1 if findings.items else 0


def _read_stdin(sources: dict[str, str], findings: Findings) -> bool:
    """Puts the text of standard input among the sources; False, with a finding, where it is no text."""
    from archspec.compiler.syntax.reading import LARGEST, decoded

    # No letter takes more than four bytes, so that a text cut off here is over the limit of letters.
    text = decoded(sys.stdin.buffer.read(4 * LARGEST + 1), _STDIN, findings)
    if text is not None:
        sources[_STDIN] = text
    return text is not None


def _print(findings: Findings, style: str, sources: dict[str, str]) -> None:
    from archspec.rendering import in_order, show

    if style == "sarif":
        from archspec.cli.sarif import as_sarif

        print(json.dumps(as_sarif(in_order(findings.items)), indent=1, ensure_ascii=False))
    else:
        show(findings.items, style, sys.stdout, sources)


def _summary(files: int, programs: int, findings: int) -> str:
    networks = f", {_count(programs, 'network')}" if programs > files else ""
    return f"{_count(files, 'spec')}{networks}: {_count(findings, 'finding') if findings else 'no findings'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def spec_files(paths: list[str]) -> Iterator[str]:
    """The spec files that arguments name, folders searched for *.yaml; raises Stop for one that is not there."""
    for path in paths:
        file = path.partition("#")[0]
        if path == "-" or file.startswith("zoo:") or os.path.isfile(file):
            yield path
        elif os.path.isdir(path):
            found = sorted(str(p) for p in Path(path).rglob("*") if p.suffix in _SUFFIXES and p.is_file())
            if not found:
                raise stop("AS905", f"{path} holds no spec", help="specs are files named *.yaml", exit_code=2)
            yield from found
        else:
            raise stop("AS905", f"there is no file or folder {path}", help="check the path", exit_code=2)
