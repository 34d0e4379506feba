"""`archspec new`: a network of the zoo as a file of one's own, to begin with."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from archspec.diagnostics import Findings, stop


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "new",
        help="copy a network of the zoo, to change it",
        description="Writes a network of the zoo into a file of your own: the whole spec, comments and all, with the "
        "values of the chosen variant set and what it extends written out. A file that is there already stays.",
        epilog="examples:\n  archspec new inception_v3\n  archspec new resnet_v1#resnet_v1_101 mine.yaml\n"
        "`archspec models` lists the networks.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="a network of the zoo: NAME or NAME#VARIANT")
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="where to write it (default: the network's name, .yaml)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Writes the spec, and says how to go on; raises Stop where it cannot."""
    from archspec import __version__
    from archspec.compiler.program import check_file
    from archspec.compiler.spec import zoo
    from archspec.reference.whole import whole_text
    from archspec.terminal import visible

    name = arguments.name.removeprefix(zoo.PREFIX)
    own, _, variant = name.partition("#")
    output = Path(arguments.file or f"{variant or own.removesuffix('.yaml')}.yaml")
    findings = Findings()
    first = f"# from {zoo.PREFIX}{name} of archspec {__version__}"
    text = whole_text(f"{zoo.PREFIX}{name}", str(output), first, findings)
    findings.stop_on_errors()
    assert text is not None
    check_file(str(output), findings=findings, text=text)
    if findings.errors:
        raise RuntimeError(f"the copy of {name} would not compile: {findings.errors[0].message}")
    _write(output, text, arguments.force)
    command = os.environ.get("ARCHSPEC_COMMAND", "archspec")
    print(visible(f"wrote {output}; see what is in it with: {command} summary {output}"))
    return 0


def _write(path: Path, text: str, force: bool) -> None:
    """Write the file; raises Stop where there is one and it is not to be written over, or it can't be written."""
    try:
        with open(path, "w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        help = "name another file, or write over it with --force"
        raise stop("AS940", f"there is a file {path} already", help=help, exit_code=2) from None
    except OSError as problem:
        help = "name a file in a folder that can be written to"
        raise stop("AS940", f"{path} cannot be written: {problem.strerror}", help=help, exit_code=2) from None
