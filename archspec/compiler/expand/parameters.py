"""The values of hyperparameters and of a block's parameters, checked, with where they came from."""

from __future__ import annotations

from collections.abc import Callable

from archspec.compiler.language.expression import UNKNOWN, Environment, Value
from archspec.compiler.language.provenance import Candidate, Resolved, Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Resolver, Written, origin_of, quiet, tensors_read
from archspec.compiler.spec.records import Parameter
from archspec.compiler.syntax.nodes import Scalar
from archspec.dataclass import replace
from archspec.diagnostics import Span

_KINDS: dict[str, Callable[[object], bool]] = {
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "float": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "str": lambda v: isinstance(v, str),
    "list": lambda v: isinstance(v, list),
    "any": lambda v: True,
}
_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text", "list": "a list"}


def bind(
    what: str,
    parameters: tuple[Parameter, ...],
    written: dict[str, list[Written]],
    environment: Environment,
    span: Span | None,
    resolver: Resolver,
) -> Values:
    """The value of every parameter that has no error: the first that is written, or its default.

    A default is an expression over earlier parameters. `span` is the call's place; hyperparameters have none.
    """
    found: Values = {}
    # One dict that grows, so that many parameters stay cheap: a value is read as soon as it is there.
    values = dict(environment.values)
    base = values if environment.hyperparameters is None else environment.base
    inner = replace(environment, values=values, hyperparameters=base)
    for parameter in parameters:
        candidates = list(written.get(parameter.name, ()))
        if parameter.default is not None:
            candidates.append(Written(parameter.default, inner, "default", f"the default of {what}"))
        candidates = [each for candidate in candidates for each in resolver.layered(candidate)]
        resolved = _value(what, parameter, candidates, span, resolver)
        if resolved is not None:
            found[parameter.name] = resolved
        values[parameter.name] = UNKNOWN if resolved is None else resolved.value
    return found


def plain_values(parameters: tuple[Parameter, ...], bound: Values) -> dict[str, Value]:
    """The value of every parameter as expressions see it: UNKNOWN where it has an error."""
    return {p.name: bound[p.name].value if p.name in bound else UNKNOWN for p in parameters}


def _value(
    what: str, parameter: Parameter, candidates: list[Written], span: Span | None, resolver: Resolver
) -> Resolved | None:
    if not candidates:
        help = f"write `{parameter.name}: …`" if span is not None else f"write `{{type: {parameter.kind}, default: …}}`"
        message = f"{what} needs `{parameter.name}`" if span is not None else f"`{parameter.name}` has no default"
        resolver.findings.add("AS103", message, span or parameter.span, help=help)
        return None
    winner = candidates[0]
    value = resolver.value(winner.node, winner.environment)
    if value is UNKNOWN or not _fits(what, parameter, value, winner, resolver):
        return None
    lost = tuple(Candidate(quiet(c), origin_of(c)) for c in candidates[1:])
    return Resolved(value if value is None or parameter.kind != "float" else float(value), origin_of(winner), lost)


def _fits(what: str, parameter: Parameter, value: Value, written: Written, resolver: Resolver) -> bool:
    must = ""
    # Where the default is null, null stays allowed.
    nullable = isinstance(parameter.default, Scalar) and parameter.default.value is None
    if not _KINDS[parameter.kind](value) and not (nullable and value is None):
        must = _WORDS[parameter.kind]
    elif parameter.one_of and value not in parameter.one_of:
        must = f"one of {', '.join(map(str, parameter.one_of))}"
    elif parameter.minimum is not None and isinstance(value, (int, float)) and value < parameter.minimum:
        must = f"at least {parameter.minimum:g}"
    elif parameter.maximum is not None and isinstance(value, (int, float)) and value > parameter.maximum:
        must = f"at most {parameter.maximum:g}"
    if must:
        message = f"`{parameter.name}` of {what} must be {must}, got {shown(value)}"
        notes = tensors_read(written.node, written.environment)
        resolver.findings.add("AS210", message, written.node.span, *notes)
    return not must


def unknown_argument(what: str, key: Scalar, parameters: tuple[Parameter, ...], resolver: Resolver) -> None:
    """Report an argument that the block does not take."""
    names = [parameter.name for parameter in parameters]
    help = nearest(key.text, names) or f"it takes {', '.join(names) or 'no parameters'}"
    resolver.findings.add("AS101", f"{what} has no parameter `{key.text}`", key.span, help=help)
