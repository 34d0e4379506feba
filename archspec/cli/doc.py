"""`archspec doc`: what there is, and the reference of one op, loss, optimizer, …, without TensorFlow."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from archspec.diagnostics import stop

if TYPE_CHECKING:
    from archspec.compiler.language.fields import Form
    from archspec.compiler.language.registry import Registry


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "doc",
        help="what there is, and all about one of them",
        description="Prints the reference of NAME: what it is, its fields with types, units, defaults and limits, what "
        "it does to a shape, its variables, and an example. NAME is an op, loss, metric, optimizer, schedule, "
        "preprocess step, source of data, initializer or kind of feature; that of a family or a group (loss, norm) "
        "lists its members. Without NAME everything is listed, a line each. The same stands in docs/.",
        epilog="examples:\n  archspec doc\n  archspec doc conv2d\n  archspec doc optimizer\n"
        "  archspec doc random_resized_crop --format json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="what to look up, or a family or group to list")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints a reference or a list; raises Stop where nothing has that name."""
    from archspec.compiler.language.registry import builtin

    name: str | None = arguments.name
    registry = builtin()
    if name is not None and "." in name:
        registry = registry.with_packages([name.partition(".")[0]])
    if name is not None and name in registry.by_name:
        _print_all([forms[name] for forms in registry.families.values() if name in forms], registry, arguments.format)
    else:
        _print_list(_chosen(name, registry), arguments.format)
    return 0


def _print_all(classes: list[type[Form]], registry: Registry, format: str) -> None:
    """The references of the forms that have one name: a preprocess step may be called as an op is."""
    from archspec.cli.doc_text import one
    from archspec.reference.entry import as_record, entry
    from archspec.terminal import as_json

    found = [entry(cls, registry) for cls in classes]
    if format == "json":
        records = [as_record(each) for each in found]
        print(as_json(records[0] if len(records) == 1 else records))
    else:
        sys.stdout.write("\n\n".join("\n".join(one(each)) for each in found) + "\n")


def _print_list(families: dict[str, dict[str, type[Form]]], format: str) -> None:
    from archspec.cli.doc_text import listed
    from archspec.compiler.schema.forms import summary
    from archspec.terminal import as_json

    lines = {family: {name: summary(cls) for name, cls in forms.items()} for family, forms in families.items()}
    if format == "json":
        print(as_json(lines))
    else:
        sys.stdout.write("\n".join(listed(lines)) + "\n")


def _chosen(name: str | None, registry: Registry) -> dict[str, dict[str, type[Form]]]:
    """The forms to list, by family; ops by the file that they stand in. Raises Stop for a name that nothing has."""
    if name is None:
        listed = {**_by_module(registry), **registry.families}
        del listed["op"]
        return {family: dict(forms) for family, forms in listed.items()}
    if name == "op":
        return _by_module(registry)
    members = registry.members(name)
    if not members:
        raise _unknown(name, registry)
    return {name: dict(members)}


def _by_module(registry: Registry) -> dict[str, dict[str, type[Form]]]:
    found: dict[str, dict[str, type[Form]]] = {}
    for name, cls in registry.ops.items():
        found.setdefault(f"op: {cls.__module__.rpartition('.')[2]}", {})[name] = cls
    return found


def _unknown(name: str, registry: Registry) -> Exception:
    from archspec.compiler.language.suggestions import nearest

    reason, remedy = registry.why_not(name, "form")
    known = [*registry.by_name, *registry.families, *registry.groups]
    alike = [other for other in registry.by_name if len(name) > 2 and name.lower() in other]
    help = remedy or nearest(name, known) or (f"there are {', '.join(alike)}" if alike else _other_word(name, registry))
    message = f"there is no op, loss or other form called `{name}`{reason}"
    return stop("AS907", message, help=help or "`archspec doc` lists all that there is", exit_code=2)


_MOST_NAMED = 6
"""Forms that a remedy names."""


def _other_word(name: str, registry: Registry) -> str | None:
    """What a word is that is no form: a field of some, or a key of layers and sections."""
    from archspec.compiler.language.suggestions import closest
    from archspec.compiler.schema import published
    from archspec.compiler.spec.layers import COMMON, OPERATIONS

    if name in (*COMMON, *OPERATIONS, *published(registry)["properties"]):
        return f"`{name}` is a word of the language: docs/language.md explains it"
    found = closest(name, sorted(registry.fields))
    if found is None:
        return None
    of = [cls.NAME for cls in registry.by_name.values() if found in cls.FIELDS]
    more = f" and {len(of) - _MOST_NAMED} more" if len(of) > _MOST_NAMED else ""
    return f"`{found}` is a field of {', '.join(of[:_MOST_NAMED])}{more}"
