"""What layers are called: their names with expressions evaluated, and numbers for those that have none."""

from __future__ import annotations

import re
from collections import Counter

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.names import bare, joined
from archspec.compiler.language.expression import WrongExpression, split
from archspec.compiler.resolve import Resolver
from archspec.compiler.spec.records import Call, Join, Layer
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Findings

_NAME = re.compile(r"(\([\w-]+\)|[\w-]+)(/(\([\w-]+\)|[\w-]+))*")
_LONGEST = 200
"""Letters in the name of one layer."""


def labels(layers: tuple[Layer, ...]) -> list[str]:
    """The names of a sequence's layers as they are written; a bare operation is called by its kind, then kind_1, …

    What has a name keeps it: an unnamed layer takes none that a named one in its sequence has, or may get.
    """
    written = {layer.name.text for layer in layers if layer.name is not None}
    patterns = [re.compile(_pattern(name)) for name in written if "$" in name]
    numbers: Counter[str] = Counter()
    return [layer.name.text if layer.name is not None else _free(layer, written, patterns, numbers) for layer in layers]


def _free(layer: Layer, written: set[str], patterns: list[re.Pattern[str]], numbers: Counter[str]) -> str:
    kind = kind_of(layer)
    while True:
        number = numbers[kind]
        numbers[kind] += 1
        name = f"{kind}_{number}" if number else kind
        if any(pattern.fullmatch(name) for pattern in patterns):
            name = f"{kind}__{number}"
        if name not in written:
            return name


def _pattern(name: str) -> str:
    """What a name with expressions in it can become, where these are counters."""
    try:
        parts = split(name)
    except WrongExpression:
        return re.escape(name)
    return "".join("_?[0-9]*" if is_code else re.escape(text) for is_code, text in parts)


def kind_of(layer: Layer) -> str:
    """The operation of an unnamed layer."""
    return layer.body.op.text if isinstance(layer.body, (Call, Join)) else "layers"


def name_of(layer: Layer, label: str, context: Context, resolver: Resolver) -> str | None:
    """The layer's name, its expressions evaluated; None after reporting what is wrong with it."""
    if layer.name is None:
        return label
    name = resolver.text(layer.name, context.environment)
    if name is None or _is_name(name):
        return name
    _refuse(name, layer.name, resolver.findings)
    return None


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _refuse(name: str, node: Scalar, findings: Findings) -> None:
    help = "use letters, digits, _ and -; / between levels, ( ) around a silent one"
    message = f"`{name}` cannot be the name of a layer"
    if len(name) > _LONGEST:
        message, help = f"a layer's name has at most {_LONGEST} letters, this one has {len(name):,}", "shorten it"
    findings.add("AS118", message, node.span, help=help)


def variable_path(name: str, own: str | None, context: Context) -> tuple[str, str | None]:
    """The prefix of a layer's variables, and the line of `names` that gave it.

    The rule, `name:` on the layer (`own`), or the document's `names`, which goes by path.
    """
    if context.renames:
        path = context.own_path(joined(context.path, name))
        for key in (path, bare(path)):
            if key in context.renames:
                return _renamed(name, context.renames[key], context), key
    return joined(context.variable_path, own if own is not None else bare(name)), None


def _renamed(name: str, new: str, context: Context) -> str:
    if "/" in new:
        return joined(context.variable_path.removesuffix(context.own_bare()).strip("/"), new)
    return joined(context.variable_path, joined(bare(name).rpartition("/")[0], new))
