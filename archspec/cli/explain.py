"""`archspec explain`: where each value comes from, which line won, and which lost."""

from __future__ import annotations

import argparse
import json
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from archspec.cli.program import add_spec, compiled
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.build import Program
    from archspec.compiler.provenance import Candidate, Origin, Resolved, Values


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
    width = max(len(name) for name in chosen)
    for name, resolved in chosen.items():
        _print(name, width, resolved, full)
    return 0


def known_values(program: Program) -> Values:
    """Every value of the program by dotted name: `LAYER.FIELD`, `train.batch`, `hyperparameters.num_classes`."""
    found: Values = {f"hyperparameters.{name}": value for name, value in program.hyperparameters.items()}
    found |= program.values
    for path, values in program.calls.items():
        found |= {f"{path}.{name}": value for name, value in values.items()}
    for node in program.graph.nodes.values():
        # The norm and activation of a layer are among its own fields.
        if node.path == node.layer or not node.path.startswith(f"{node.layer}/"):
            found |= {f"{node.path}.{name}": value for name, value in node.values.items()}
    return found


def choose(known: Values, what: str | None, program: Program) -> tuple[Values, bool]:
    """The values that the user means, and whether it is one of which all is to be told; raises Stop."""
    if what is None:
        sections = ("hyperparameters.", "train.", "eval.")
        chosen = {name: value for name, value in known.items() if name.startswith(sections)}
        whole = [
            name
            for name, value in chosen.items()
            if isinstance(value.value, (tuple, dict)) and _has_parts(name, chosen)
        ]
        return {name: value for name, value in chosen.items() if name not in whole}, False
    if what in known:
        return {name: value for name, value in known.items() if name == what or name.startswith(f"{what}.")}, True
    chosen = {name: value for name, value in known.items() if name.startswith(f"{what}.") or _matches(name, what)}
    if chosen:
        return chosen, False
    bare = {_bare(name): value for name, value in known.items()}
    if what != _bare(what) or bare.keys() == known.keys():
        raise _unknown(what, known, program)
    return choose(bare, what, program)


def _has_parts(name: str, values: Values) -> bool:
    return any(other.startswith(f"{name}.") for other in values)


def _matches(name: str, pattern: str) -> bool:
    layer, _, field = name.partition(".")
    wanted, dot, part = pattern.partition(".")
    return ("*" in pattern or "?" in pattern) and fnmatchcase(layer, wanted) and (not dot or fnmatchcase(field, part))


def _bare(name: str) -> str:
    """The name without the silent parts of its path."""
    return "/".join(part for part in name.split("/") if not part.startswith("("))


def _unknown(what: str, known: Values, program: Program) -> Exception:
    names = list(dict.fromkeys([*known, *(name.partition(".")[0] for name in known), *program.graph.endpoints]))
    if what in program.graph.endpoints:
        help = f"it has no values of its own; look inside with '{what}/*'"
    else:
        close = get_close_matches(what, names, 1)
        help = f"did you mean {close[0]}?" if close else "`archspec summary` lists the layers"
    return stop("AS906", f"nothing in {program.file} is called {what}", help=help, exit_code=2)


def _print(name: str, width: int, resolved: Resolved, full: bool) -> None:
    value = f"{name.ljust(width)}  {_shown(resolved.value)}"
    if not full:
        print(f"{value}  ({_where(resolved.origin)})")
        return
    print(value)
    print(f"  from {_where(resolved.origin)}")
    _quote(resolved.origin)
    for step in resolved.steps:
        print(f"  then {step}")
    for candidate in resolved.lost:
        print(f"  over {_shown(candidate.value)} from {_where(candidate.origin)}")


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
    from archspec.compiler.fields import Form

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
