"""What the walk says of a part, and needs to know of a node to say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from archspec.compiler.check.numbers import as_number
from archspec.compiler.check.subschemas import Part
from archspec.compiler.language.fields import Field
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import WrongValue
from archspec.compiler.syntax.lookalikes import described, lookalike, plain_letters
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar, plain
from archspec.compiler.syntax.scalars import core_value
from archspec.diagnostics import Span

WRITTEN = {
    ("properties", "archspec"): "1 is the only version of the language that this archspec reads",
    ("properties", "inputs", "additionalProperties"): "write `{shape: [height, width, channels]}`",
    ("properties", "layers"): "layers that run in order are a list: write `- name: {…}` for each",
    ("properties", "precision"): "float16 is no choice: it wants the loss scaled, where bfloat16 has float32's range",
    ("$defs", "block"): "write `{parameters: {…}, layers: [ … ]}`, or another operation in place of `layers`",
}
"""How a part is written, for those that are often written otherwise."""


NOTHING = "write null"
"""What to do about another language's word for it."""

_NOTHINGS = frozenset({"none", "nil", "nothing", "undefined", "null", "n/a", "false", "off", "no", ""})
_BOOLEANS = {
    **dict.fromkeys(("yes", "on", "true", "y"), "write true"),
    **dict.fromkeys(("no", "off", "false", "n", "none", "nil", "nothing"), "write false"),
}
"""What to do about other words for true and false; null is neither, where a field takes that too."""
_NUMERIC = frozenset({"int", "float", "Pair", "Triple", "Duration"})


_ITEMS = {"ints": "int", "floats": "float", "range": "float", "durations": "Duration"}
"""By the type of a list, that of its items."""
_RANGE = 2
"""Numbers in a range."""


def wrong_item(node: Node, declared: Field) -> Scalar | None:
    """The first item that makes a list of values wrong; None where it is the list itself."""
    kind = declared.type.text
    if not isinstance(node, Listing) or kind not in _ITEMS or (kind == "range" and len(node.items) != _RANGE):
        return None
    for item in node.items:
        try:
            declared.read([plain(item)] * len(node.items))
        except WrongValue:
            return item if isinstance(item, Scalar) else None
    return None


def is_nothing(node: Scalar) -> bool:
    """Whether a text is how other languages write null, or null in quotes."""
    return node.text.lower() in _NOTHINGS and node.value is not None


def thing_of(part: Part) -> str:
    """What a kind is called: an operation, or one of a family."""
    head, _, family = part.name.partition(".")
    return family if head == "form-of" else "operation"


def meant(name: str, known: Iterable[str]) -> str | None:
    """The question whether a name that is there was meant; with the name of a letter that only looks like another."""
    at = lookalike(name)
    if at is None:
        return nearest(name, known)
    found = nearest(plain_letters(name), known)
    return f"{found} Here is {described(name[at])}" if found else f"here is {described(name[at])}"


def unknown_code(part: Part, registry: Registry) -> tuple[str, str]:
    """The code for a key that is not known, and what such a key is called there."""
    if in_expectations(part):
        return "AS501", "key"
    if not part.path:
        return "AS101", "section"
    head, _, name = part.name.partition(".")
    return "AS101", "field" if head in ("scope", "form") or name in registry.ops else "key"


def in_expectations(part: Part) -> bool:
    """Whether a part is one of `expect`."""
    return "expect" in part.path


def has_expression(node: Node) -> bool:
    """Whether an expression stands somewhere in it."""
    if isinstance(node, Scalar):
        return isinstance(node.value, str) and "$" in node.value
    if isinstance(node, Listing):
        return any(has_expression(item) for item in node.items)
    return any(has_expression(value) for _, value in node.pairs)


def start_of(node: Mapping) -> Span:
    """The place of its first key, or its own."""
    return node.pairs[0][0].span if node.pairs else node.span


_LISTS = frozenset({"ints", "floats", "texts", "Tensors", "Features", "Patterns", "durations"})


def as_list(node: Node, declared: Field) -> str | None:
    """How one value is written that stands where a list of them belongs."""
    if not isinstance(node, Scalar) or declared.type.text not in _LISTS or is_nothing(node):
        return None
    for value in (node.value, core_value(node.text)):
        try:
            declared.read([value])
        except WrongValue:
            continue
        return f"write a list: [{node.text}]"
    return None


def nearly(node: Node, declared: Field) -> str | None:
    """What to write in place of a value, or of an item of a list of them, that is the right one in the wrong form."""
    if not isinstance(node, Scalar):
        return None
    kind = _ITEMS.get(declared.type.text, declared.type.text)
    if kind == "bool" and node.text.lower() in _BOOLEANS:
        return _BOOLEANS[node.text.lower()]
    if declared.type.optional and is_nothing(node):
        return NOTHING
    unquoted = core_value(node.text) if node.quoted else node.value
    try:
        declared.read([unquoted] if kind != declared.type.text else unquoted)
        return f"take the quotes away: {node.text}"
    except WrongValue:
        pass
    if isinstance(unquoted, float) and unquoted.is_integer() and abs(unquoted) < 2**53 and kind in ("int", "Duration"):
        return f"write {unquoted:.0f}"
    percent = re.fullmatch(r"([0-9.]+)\s*%", node.text.strip()) if kind == "Duration" else None
    if percent:
        return f"write {percent[1]} percent"
    number = as_number(node.text) if kind in _NUMERIC and isinstance(unquoted, str) else None
    if number is not None and kind in ("int", "Pair", "Triple"):
        number = number.replace(" / ", " // ")
    return f"write {number}" if number is not None else None


MOST_NAMED = 30
"""Names of kinds that a remedy lists; of more it says where they stand."""


def offered(name: str, known: list[str], thing: str, blocks: Set[str], or_none: bool) -> str:
    """What to do about a name that no kind of a thing has: the one that was meant, or what there is."""
    if name in blocks and thing in ("operation", "activation", "norm"):
        return f"write `block: {name}`" if thing == "operation" else f"write `{{block: {name}}}`"
    more = "; a block is called by `block:`" if thing == "operation" else ", or null for none" if or_none else ""
    listed = f"one of {', '.join(known)}" if len(known) <= MOST_NAMED else "`archspec doc` lists all that there are"
    return meant(name, known) or listed + more


def number_as_input(node: Node, what: str, registry: Registry) -> str | None:
    """How a number is written that stands among the inputs of an operation; `what` is an item of its list."""
    op = re.fullmatch(r"an item of `(\w+)`", what)
    if op is None or op[1] not in registry.ops or not isinstance(node, Scalar) or type(node.value) not in (int, float):
        return None
    return f"write `{{{op[1]}: {node.text}, from: x}}`; 1 - x is `multiply: -1`, and then `add: 1`"


def rewritten(choices: tuple[Part, ...], node: Node, thing: str = "") -> str | None:
    """How a text is written that is meant as null or as a number, where one of the choices takes that.

    `thing` is what the choices are kinds of; the activation that changes nothing is none.
    """
    types = {choice.schema.get("type") for choice in choices if isinstance(choice.schema.get("type"), str)}
    if not isinstance(node, Scalar):
        return None
    if "null" in types and (is_nothing(node) or (thing, node.text.lower()) == ("activation", "linear")):
        return NOTHING
    number = as_number(node.text) if types & {"number", "integer"} and isinstance(node.value, str) else None
    quoted = number is not None and node.quoted and number == node.text.strip()
    return f"take the quotes away: {number}" if quoted else f"write {number}" if number is not None else None
