"""`archspec fmt`: specs in their canonical layout, comments kept."""

from __future__ import annotations

import argparse
import difflib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

from archspec.cli.files import add_exclude, left_out_sentence, named_files
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span, Stop, stop
from archspec.terminal import visible


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "fmt",
        help="lay specs out in the canonical way",
        description="Rewrites specs in their canonical layout: a layer and a branch to a line, at most 140 columns, "
        "spaces, indentation, quotes and blank lines settled. Comments, meaning, and the choice between flow and block "
        "style stay. A file is replaced whole or not at all. Exit code 1 if a file cannot be read or written, or, with "
        "--check, if one is laid out otherwise.",
        epilog="examples:\n  archspec fmt specs/\n  archspec fmt --check specs/\n  archspec fmt --diff net.yaml\n"
        "  archspec fmt - < net.yaml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="SPEC", help="spec files, folders, or - for standard input")
    add_exclude(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    formats = ["text", "json", "github"]
    parser.add_argument("--format", choices=formats, help="how --check lists files (default: text)")
    parser.set_defaults(run=run)


@dataclass
class _Outcome:
    """What became of the files: those laid out otherwise, and what is wrong."""

    changed: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


def run(arguments: argparse.Namespace) -> int:
    """Lays the files out, or tells which would change."""
    if arguments.format and not arguments.check:
        raise stop("AS910", "--format is for --check", help="add --check", exit_code=2)
    outcome = _Outcome()
    named = named_files(arguments.paths, arguments.exclude, outcome.findings)
    for path in dict.fromkeys(path.partition("#")[0] for path in named.paths):
        try:
            _lay_out(path, arguments, outcome)
        except Stop as problem:
            # The other files are laid out all the same.
            outcome.findings.extend(problem.diagnostics)
            outcome.findings.sources.update(problem.sources)
    failed = bool(outcome.findings.errors)
    _tell(outcome, arguments)
    if named.left_out and arguments.format in (None, "text"):
        print(left_out_sentence(named.left_out).removeprefix("; "), file=sys.stderr)
    return 1 if failed or (arguments.check and outcome.changed) else 0


def _lay_out(path: str, arguments: argparse.Namespace, outcome: _Outcome) -> None:
    from archspec.compiler.format import laid_out

    name = "stdin" if path == "-" else path
    data = _content(path)
    after = laid_out(data, name)
    shown_only = arguments.check or arguments.diff
    if path == "-" and not shown_only:
        sys.stdout.buffer.write(after.encode())
        sys.stdout.buffer.flush()
    elif after.encode() != data:
        if arguments.diff:
            _show_difference(data, after, name)
        if not shown_only:
            _write(Path(path).resolve(), after)
        outcome.changed.append(name)


def _content(path: str) -> bytes:
    """The bytes of a file or of standard input; raises Stop where they cannot be read."""
    from archspec.compiler.syntax.reading import LARGEST, read_bytes

    if path == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    findings = Findings()
    data = read_bytes(path, findings)
    findings.stop_on_errors()
    assert data is not None
    return data


def _show_difference(data: bytes, after: str, name: str) -> None:
    before = data.decode("utf-8").splitlines(keepends=True)
    for line in difflib.unified_diff(before, after.splitlines(keepends=True), name, f"{name} (canonical)"):
        # What a patch program reads keeps its letters; a terminal is shown them.
        text = visible(line.removesuffix("\n")) if sys.stdout.isatty() else line.removesuffix("\n")
        sys.stdout.write(f"{text}\n" if line.endswith("\n") else f"{text}\n\\ No newline at end of file\n")


def _tell(outcome: _Outcome, arguments: argparse.Namespace) -> None:
    from archspec.rendering import report, show

    if arguments.format in ("json", "github"):
        for name in outcome.changed:
            help = f"run `archspec fmt {name}`"
            place = Span(name, 1, 1, 1, 1)
            outcome.findings.add(
                "AS912", f"{name} is not in its canonical layout", place, help=help, severity="warning"
            )
        show(outcome.findings.items, arguments.format, sys.stdout, outcome.findings.sources)
        return
    if not arguments.diff:
        word = "would change" if arguments.check else "changed"
        sys.stdout.writelines(f"{word} {visible(name)}\n" for name in outcome.changed)
    report(outcome.findings.items, outcome.findings.sources)


def _write(path: Path, text: str) -> None:
    """Replace a file's content, whole or not at all, keeping its mode and owner; raises Stop where it cannot be."""
    unfinished = None
    try:
        # Replacing asks for rights to the folder alone; a file that is write-protected shall stay.
        with open(path, "rb+"):
            before = path.stat()
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = file.name
            file.write(text.encode())
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
            if os.geteuid() == 0:
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        os.replace(unfinished, path)
        unfinished = None
    except OSError as problem:
        help = "check the permissions of the file and its folder"
        raise stop("AS911", f"{path} cannot be written: {problem.strerror}", help=help) from None
    finally:
        if unfinished is not None:
            os.unlink(unfinished)
