"""`archspec explain`: where each value comes from, which line won, and which lost."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from archspec.cli.lookup import choose, inside, known_values
from archspec.cli.program import add_spec, compiled
from archspec.diagnostics import Findings

if TYPE_CHECKING:
    from archspec.compiler.language.provenance import Candidate, Origin, Resolved, Values
    from archspec.compiler.program import Program


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "explain",
        help="where each value comes from, and what it overrode",
        description="Shows values with the line that said them. With LAYER all fields of a layer; with LAYER.FIELD one "
        "field with every candidate that lost, nearest first; LAYER may be a pattern, or a section such as "
        "train.optimizer. Without it the hyperparameters and the sections. Expectations that do not hold are reported "
        "after them, with exit code 1.",
        epilog="examples:\n  archspec explain specs/inception_v3.yaml Mixed_5b/Branch_1/Conv2d_0b_5x5\n"
        "  archspec explain specs/inception_v3.yaml Logits/Conv2d_1c_1x1.norm\n"
        "  archspec explain specs/inception_v3.yaml train.optimizer",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
    parser.add_argument("what", nargs="?", metavar="LAYER[.FIELD]", help="a layer, one of its fields, or a section")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the values; 1 where an expectation of the spec does not hold, which is reported after them."""
    from archspec.cli.explained import print_table, print_whole
    from archspec.rendering import report
    from archspec.terminal import as_json, visible

    unmet = Findings()
    program = compiled(arguments, unmet)
    chosen, whole = choose(known_values(program), arguments.what, program)
    if arguments.format == "json":
        print(as_json({name: _record(resolved) for name, resolved in chosen.items()}))
    elif not chosen:
        print(visible(_nothing(program, arguments.what)))
    elif whole:
        print_whole(_parents_first(chosen), program)
    else:
        print_table(_parents_first(chosen), program)
    sys.stdout.flush()
    report(unmet.items, unmet.sources)
    return 1 if unmet.items else 0


def _nothing(program: Program, what: str | None) -> str:
    """The sentence about what is there and has no values."""
    if what is None:
        return f"{program.file} has no hyperparameters and no train or eval section; name a layer"
    node = program.graph.nodes.get(program.graph.endpoints.get(what, what))
    kind = f"ends in {node.path}, {node.op.NAME}," if node is not None and node.path != what else ""
    kind = kind or (f"is {node.op.NAME}" if node is not None else "is an input")
    more = f"; look inside with '{what}/*'" if inside(what, program) else ""
    return f"{what} {kind} and has no fields of its own{more}"


def _parents_first(names: Values) -> Values:
    """The values in their order, but a form before its own fields."""
    ordered: dict[str, None] = {}
    for name in names:
        parents = [name[:at] for at, letter in enumerate(name) if letter == "."]
        ordered |= dict.fromkeys([*(parent for parent in parents if parent in names), name])
    return {name: names[name] for name in ordered}


def _record(resolved: Resolved) -> dict[str, Any]:
    from archspec.compiler.language.notation import as_data

    lost = [{"value": as_data(c.value), **_origin(c)} for c in resolved.lost]
    return {"value": as_data(resolved.value), **_origin(resolved), "steps": list(resolved.steps), "lost": lost}


def _origin(said: Resolved | Candidate) -> dict[str, Any]:
    origin = said.origin
    return {"kind": origin.kind, "where": origin.where, **_position(origin), "written": origin.written or None}


def _position(origin: Origin) -> dict[str, Any]:
    span = origin.span
    if span is None or origin.kind == "set":
        return {"file": None, "line": None, "column": None}
    return {"file": span.file, "line": span.line, "column": span.column}
