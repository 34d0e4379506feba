"""The arguments that choose a spec, and the program compiled from them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from archspec.diagnostics import Findings, stop

if TYPE_CHECKING:
    from archspec.compiler.build import Program


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Registers SPEC and --set."""
    parser.add_argument("spec", metavar="SPEC", help="a spec's file, or FILE#VARIANT")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set a hyperparameter; may be repeated"
    )


def compiled(arguments: argparse.Namespace) -> Program:
    """The program of SPEC with its --set values; raises Stop with everything that is wrong with them."""
    from archspec.compiler.build import compile_file

    findings = Findings()
    program = compile_file(arguments.spec, settings=settings(arguments.set), findings=findings)
    findings.stop_on_errors()
    assert program is not None
    return program


def settings(pairs: list[str]) -> dict[str, str]:
    """{name: value} of NAME=VALUE pairs, the last of a name; raises Stop where one is not a pair."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise stop("AS921", f"--set {pair} is not NAME=VALUE", help="write --set depth_multiplier=0.5", exit_code=2)
        found[name.strip()] = value
    return found
