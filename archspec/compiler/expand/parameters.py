"""The values of hyperparameters and of a block's parameters, checked, with where they came from."""

from __future__ import annotations

from collections.abc import Callable

from archspec.compiler.language.expression import Environment, NotKnown, Value
from archspec.compiler.language.provenance import Candidate, Resolved, Values
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import shown
from archspec.compiler.resolve import Broken, Frames, Resolver, Said, origin_of, quiet
from archspec.compiler.spec.records import Parameter
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Span

_FITS: dict[str, Callable[[object], bool]] = {
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
    said: dict[str, list[Said]],
    environment: Environment,
    span: Span | None,
    resolver: Resolver,
) -> Values:
    """Every parameter's value: the first that is said for it, or its default, an expression over earlier ones.

    `span` is the call's place; hyperparameters have none.

    Raises Broken after reporting all that is wrong.
    """
    found: Values = {}
    broken = False
    # One dict that grows, so that many parameters stay cheap: a value is read as soon as it is said.
    values = dict(environment.values)
    base = values if environment.hyperparameters is None else environment.base
    inner = Environment(values, environment.functions, environment.tensor, base)
    for parameter in parameters:
        candidates = list(said.get(parameter.name, ()))
        if parameter.default is not None:
            candidates.append(Said(parameter.default, inner, "default", f"the default of {what}"))
        candidates = [each for candidate in candidates for each in resolver.layered(candidate)]
        try:
            found[parameter.name] = _value(what, parameter, candidates, span, resolver)
            values[parameter.name] = found[parameter.name].value
        except (Broken, NotKnown):
            broken = True
    if broken:
        raise Broken
    return found


def _value(what: str, parameter: Parameter, candidates: list[Said], span: Span | None, resolver: Resolver) -> Resolved:
    if not candidates:
        help = f"write `{parameter.name}: …`" if span is not None else f"write `{{type: {parameter.kind}, default: …}}`"
        message = f"{what} needs `{parameter.name}`" if span is not None else f"`{parameter.name}` has no default"
        resolver.findings.add("AS103", message, span or parameter.span, help=help)
        raise Broken
    winner = candidates[0]
    value = resolver.value(winner.node, winner.environment)
    _check(what, parameter, value, winner.node.span, resolver)
    lost = tuple(Candidate(quiet(c), origin_of(c)) for c in candidates[1:])
    return Resolved(float(value) if parameter.kind == "float" else value, origin_of(winner), lost)


def _check(what: str, parameter: Parameter, value: Value, span: Span, resolver: Resolver) -> None:
    must = ""
    # Where the default is null, null stays allowed.
    nullable = isinstance(parameter.default, Scalar) and parameter.default.value is None
    if not _FITS[parameter.kind](value) and not (nullable and value is None):
        must = _WORDS[parameter.kind]
    elif parameter.one_of and value not in parameter.one_of:
        must = f"one of {', '.join(map(str, parameter.one_of))}"
    elif parameter.minimum is not None and isinstance(value, (int, float)) and value < parameter.minimum:
        must = f"at least {parameter.minimum:g}"
    elif parameter.maximum is not None and isinstance(value, (int, float)) and value > parameter.maximum:
        must = f"at most {parameter.maximum:g}"
    if must:
        resolver.findings.add("AS210", f"`{parameter.name}` of {what} must be {must}, got {shown(value)}", span)
        raise Broken


def scoped(block: str, name: str, frames: Frames, resolver: Resolver) -> list[Said]:
    """What the scopes around a call say for a block's parameter, the nearest first."""
    found = []
    for frame in reversed(frames):
        for default in frame.scope.defaults:
            if default.target.text == block and default.field.text == name:
                resolver.reached.add(default.field.span)
                found.append(Said(default.value, frame.environment, "scope", frame.scope.where))
    return found


def unknown_argument(what: str, key: Scalar, parameters: tuple[Parameter, ...], resolver: Resolver) -> None:
    """Report an argument that the block does not take."""
    names = [parameter.name for parameter in parameters]
    help = nearest(key.text, names) or f"it takes {', '.join(names) or 'no parameters'}"
    resolver.findings.add("AS101", f"{what} has no parameter `{key.text}`", key.span, help=help)
