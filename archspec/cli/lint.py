"""`archspec lint`: everything that is wrong with specs, without TensorFlow."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from archspec.cli.files import Named, add_exclude, counted, left_out_sentence, named_files
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings

_FORMATS = ["text", "json", "github", "sarif"]
_STDIN = "stdin"


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "lint",
        help="check specs, with file:line:column for every finding",
        description="Compiles each spec, in every variant, and checks its schema, scopes, expressions, shapes, "
        "expectations and the lint rules. Nothing in a spec is executed. A file that is named is checked whatever it "
        "holds; of a folder, the YAML files that have the key `archspec`, without the folders of runs. Exit code 1 if "
        "there is a finding.",
        epilog="examples:\n  archspec lint specs/\n  archspec lint specs/inception_v3.yaml --format json\n"
        "  archspec lint . --exclude 'old_*'\n  cat net.yaml | archspec lint -",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="spec files, folders, or - for standard input")
    add_exclude(parser)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="how to print findings (default: text)")
    parser.set_defaults(run=run)


@dataclass
class _Outcome:
    """What was looked at, and what was found."""

    named: Named
    findings: Findings = field(default_factory=Findings)
    programs: int = 0
    sound: set[tuple[str, str]] = field(default_factory=set)
    """The specs of one file that have been compiled, by real path and variant: all that is to say of them is said."""


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings."""
    findings = Findings()
    outcome = _Outcome(named_files(arguments.paths, arguments.exclude, findings), findings)
    for path in outcome.named.paths:
        _check(path, outcome)
    _print(outcome, arguments.format)
    return 1 if findings.items else 0


def _check(path: str, outcome: _Outcome) -> None:
    from archspec.compiler.program import check_file
    from archspec.compiler.rules import check_rules
    from archspec.compiler.spec.alias import alias_of
    from archspec.compiler.spec.sources import Sources

    name, text = (_STDIN, _stdin(outcome.findings)) if path == "-" else (path, None)
    if path == "-" and text is None:
        return
    sources = Sources({name: text} if text is not None else {})
    if alias_of(name, sources) in outcome.sound:
        outcome.programs += 1
        return
    compiled = check_file(name, findings=outcome.findings, sources=sources)
    for program in compiled:
        outcome.findings.extend(check_rules(program))
        outcome.sound.add((os.path.realpath(name), program.variant))
    outcome.programs += len(compiled)


def _stdin(findings: Findings) -> str | None:
    """The text of standard input; None, with a finding, where it is no text."""
    from archspec.compiler.syntax.reading import LARGEST, decoded

    # No letter takes more than four bytes, so that a text cut off here is over the limit of letters.
    return decoded(sys.stdin.buffer.read(4 * LARGEST + 1), _STDIN, findings)


def _print(outcome: _Outcome, style: str) -> None:
    from archspec.rendering import as_record, show
    from archspec.terminal import as_json

    found = outcome.findings.items
    if style == "sarif":
        from archspec.cli.sarif import as_sarif

        print(as_json(as_sarif(found)))
    elif style == "json":
        print(as_json({**as_record(found), "specs": len(outcome.named.paths), "skipped": outcome.named.left_out}))
    else:
        show(found, style, sys.stdout, outcome.findings.sources)
    if style == "text":
        sys.stdout.flush()
        print(_summary(outcome), file=sys.stderr if found else sys.stdout)


def _summary(outcome: _Outcome) -> str:
    files, programs, found = len(outcome.named.paths), outcome.programs, len(outcome.findings.items)
    networks = f", {counted(programs, 'network')}" if programs > files else ""
    number = counted(found, "finding") if found else "no findings"
    return f"{counted(files, 'spec')}{networks}: {number}{left_out_sentence(outcome.named.left_out)}"
