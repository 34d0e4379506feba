"""`archspec explain`: where each value comes from, which line won, and which lost."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from archspec.cli.lookup import choose, inside, known_values
from archspec.cli.program import add_spec, compiled

if TYPE_CHECKING:
    from archspec.compiler.language.provenance import Candidate, Origin, Resolved, Values
    from archspec.compiler.program import Program

_INDENT = "    "


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "explain",
        help="where each value comes from, and what it overrode",
        description="Shows values with the line that said them. With LAYER all fields of a layer; with LAYER.FIELD one "
        "field with every candidate that lost, nearest first; LAYER may be a pattern, or a section such as "
        "train.optimizer. Without it the hyperparameters and the sections.",
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
    """Prints the values."""
    program = compiled(arguments)
    known = known_values(program)
    chosen, full = choose(known, arguments.what, program)
    if arguments.format == "json":
        print(json.dumps({name: _record(resolved) for name, resolved in chosen.items()}, indent=1, default=str))
        return 0
    if not chosen:
        print(_nothing(program, arguments.what))
        return 0
    width = max(len(name) for name in chosen)
    for name in _parents_first(chosen):
        _print(name, width, chosen[name], full)
    return 0


def _nothing(program: Program, what: str | None) -> str:
    """The sentence about what is there and has no values."""
    if what is None:
        return f"{program.file} has no hyperparameters and no train or eval section; name a layer"
    node = program.graph.nodes.get(program.graph.endpoints.get(what, what))
    kind = f"ends in {node.path}, {node.op.NAME}," if node is not None and node.path != what else ""
    kind = kind or (f"is {node.op.NAME}" if node is not None else "is an input")
    more = f"; look inside with '{what}/*'" if inside(what, program) else ""
    return f"{what} {kind} and has no fields of its own{more}"


def _parents_first(names: Values) -> list[str]:
    """The names in their order, but a form before its own fields."""
    ordered: dict[str, None] = {}
    for name in names:
        parents = [name[:at] for at, letter in enumerate(name) if letter == "."]
        ordered |= dict.fromkeys([*(parent for parent in parents if parent in names), name])
    return list(ordered)


def _print(name: str, width: int, resolved: Resolved, full: bool) -> None:
    value = f"{name.ljust(width)}  {_shown(resolved.value)}"
    if not full:
        over = f"; over {', '.join(dict.fromkeys(_shown(c.value) for c in resolved.lost))}" if resolved.lost else ""
        print(_fitting(value, f"({_where(resolved.origin)}{over})"))
        return
    print(value)
    print(f"  from {_where(resolved.origin)}")
    _quote(resolved.origin)
    for step in resolved.steps:
        print(f"  then {step}")
    for candidate in resolved.lost:
        print(f"  over {_shown(candidate.value)} from {_where(candidate.origin)}")


def _fitting(value: str, origin: str) -> str:
    """The value and its origin on one line; on a terminal with too little room, the origin on lines of its own."""
    line, room = f"{value}  {origin}", shutil.get_terminal_size().columns
    if len(line) <= room or not sys.stdout.isatty():
        return line
    return f"{value}\n{textwrap.fill(origin, room, initial_indent=_INDENT, subsequent_indent=_INDENT)}"


def _where(origin: Origin) -> str:
    written = f", written {origin.written}" if origin.written else ""
    place = f" at {origin.span}" if origin.span is not None and origin.kind != "set" else ""
    return f"{origin.where}{place}{written}"


def _quote(origin: Origin) -> None:
    from archspec.rendering import source_line

    line = source_line(origin.span) if origin.span is not None else None
    if line is not None:
        print(f"    {line.strip()}")


def _shown(value: object) -> str:
    """A value as a spec writes it."""
    from archspec.compiler.language.fields import Form

    if isinstance(value, Form):
        said = {name: part for name, part in value.values().items() if part != value.FIELDS[name].default}
        main = value.main()
        if not said:
            return value.NAME
        first = f"{value.NAME}: {_shown(said.pop(main.name))}" if main and main.name in said else value.NAME
        return f"{{{', '.join([first, *(f'{name}: {_shown(part)}' for name, part in said.items())])}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_shown(part)}' for name, part in value.items())}}}"
    if isinstance(value, tuple) and len(value) == 2 and all(type(part) is int for part in value):
        return f"{value[0]}x{value[1]}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _record(resolved: Resolved) -> dict[str, Any]:
    lost = [{"value": _plain(c.value), **_origin(c)} for c in resolved.lost]
    return {"value": _plain(resolved.value), **_origin(resolved), "steps": list(resolved.steps), "lost": lost}


def _origin(said: Resolved | Candidate) -> dict[str, Any]:
    origin = said.origin
    span = origin.span if origin.kind != "set" else None
    place = (
        {"file": span.file, "line": span.line, "column": span.column}
        if span
        else {"file": None, "line": None, "column": None}
    )
    return {"kind": origin.kind, "where": origin.where, **place, "written": origin.written or None}


def _plain(value: object) -> object:
    return (
        value
        if isinstance(value, (bool, int, float, str, list, dict, type(None)))
        else list(value)
        if isinstance(value, tuple)
        else str(value)
    )
