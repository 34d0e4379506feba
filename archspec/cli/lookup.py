"""Which values of a program a user means by a layer, a field, a pattern, an end point or a section."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archspec.compiler.language.suggestions import closest
from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.language.provenance import Values
    from archspec.compiler.program import Program


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
        sections = ("hyperparameters.", "precision", "train.", "eval.")
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
    layer, dot, field = what.partition(".")
    for other in (_unbare(layer, known), _meant(layer, program)):
        if other != layer and any(name.startswith(f"{other}.{field}") for name in known):
            return choose(known, f"{other}{dot}{field}", program)
    if dot or (layer not in program.graph.endpoints and layer not in program.graph.nodes):
        raise _unknown(what, known, program)
    return {}, False


def _meant(name: str, program: Program) -> str:
    """The layer that an end point is another name for; the name itself where it is a scope's."""
    node = program.graph.nodes.get(program.graph.endpoints.get(name, name))
    return name if node is None or inside(name, program) else node.layer


def inside(name: str, program: Program) -> bool:
    """Whether there are nodes below a name, silent parts written or not."""
    return any(path.startswith(f"{name}/") or _bare(path).startswith(f"{name}/") for path in program.graph.nodes)


def _has_parts(name: str, values: Values) -> bool:
    return any(other.startswith(f"{name}.") for other in values)


def _matches(name: str, pattern: str) -> bool:
    layer, _, field = name.partition(".")
    wanted, dot, part = pattern.partition(".")
    if not ("*" in pattern or "?" in pattern) or (dot and not fnmatchcase(field, part)):
        return False
    return fnmatchcase(layer, wanted) or fnmatchcase(_bare(layer), wanted)


def _unbare(layer: str, known: Values) -> str:
    """The path of the one layer with values that is so called without the silent parts of its path, else the name."""
    paths = {path for path in (name.partition(".")[0] for name in known) if _bare(path) == layer}
    return paths.pop() if len(paths) == 1 else layer


def _bare(path: str) -> str:
    return "/".join(part for part in path.split("/") if not part.startswith("("))


def _unknown(what: str, known: Values, program: Program) -> Exception:
    names = list(dict.fromkeys([*known, *(name.partition(".")[0] for name in known), *program.graph.endpoints]))
    from difflib import get_close_matches

    # Paths are alike by nature, so several may be meant: all of the nearest are named.
    near = [one] if (one := closest(what, names)) else get_close_matches(what, names, n=3, cutoff=0.8)
    help = f"did you mean {' or '.join(near)}?" if near else "`archspec summary` lists the layers"
    called = f"is called {what}" if what else "has an empty name"
    return stop("AS906", f"nothing in {program.file} {called}", help=help, exit_code=2)
