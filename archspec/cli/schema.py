"""`archspec schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from archspec.diagnostics import Diagnostic


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "schema",
        help="the JSON Schema of specs, for editors",
        description="Prints the JSON Schema that an editor completes and checks specs with: the published one "
        "(schemas/archspec-1.schema.json), and the forms that installed packages bring.",
        epilog="examples:\n  archspec schema > .archspec.schema.json\n"
        "  then, as the first line of a spec: # yaml-language-server: $schema=.archspec.schema.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the schema; 1 where the forms of a package could not be loaded."""
    from archspec.compiler.language.packages import installed
    from archspec.compiler.language.registry import builtin
    from archspec.compiler.schema import as_text
    from archspec.rendering import report

    registry = builtin().with_packages(installed())
    sys.stdout.write(as_text(registry))
    report([Diagnostic("AS104", problem) for problem in registry.problems.values()])
    return 1 if registry.problems else 0
