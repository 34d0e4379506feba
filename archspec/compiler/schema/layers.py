"""Schemas of layers: one op each, dispatched on its key; sequences, branches, blocks, scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archspec.compiler.language.op import Op
from archspec.compiler.language.registry import Registry
from archspec.compiler.schema.forms import WHEN, field_references, main_value, said_once, summary
from archspec.compiler.schema.pieces import (
    EXPRESSION,
    TEXT,
    Json,
    by_type,
    chosen,
    described,
    either,
    listing,
    mapping,
    named,
    opened,
    ref,
)

_ITEM = {**named(ref("layer")), "minProperties": 1, "maxProperties": 1}
_TABLE = either(TEXT, listing(listing({})), named(either(listing({}), EXPRESSION)))
_SCOPES = either(TEXT, ref("scope"), listing(either(TEXT, ref("scope"))))

_COMMON: Json = {
    "from": described("what goes in, by name", either(TEXT, listing(TEXT), named(TEXT))),
    "when": WHEN,
    "else": described("what stands here where `when` is false", either(TEXT, ref("sequence"), ref("layer.any"))),
    "repeat": described("how many copies; $i counts them", opened({"type": "integer", "minimum": 0})),
    "table": described("a copy for each row: a table's name, rows under a header, or columns", _TABLE),
    "defaults": described("scoped defaults for what is inside: scopes, or their names", _SCOPES),
    "endpoint": described("a second name of the output", TEXT),
    "share": described("the layer whose variables are used", TEXT),
    "name": described("what stands for this layer in names of variables", TEXT),
    "output_stride": described("stride from which layers inside dilate", opened({"type": "integer", "minimum": 1})),
}

_PARAMETER = mapping(
    {
        "type": described("what it holds", {"enum": ["int", "float", "bool", "str", "list", "any"]}),
        "default": described("its value where none is given", {}),
        "one_of": described("the values allowed", listing({})),
        "min": described("the least value", {"type": "number"}),
        "max": described("the largest value", {"type": "number"}),
        "about": described("what it means", TEXT),
    }
)

PARAMETERS = named(either({"type": ["string", "number", "boolean", "null"]}, listing({}), ref("parameter")))

_BLOCK: Json = {
    "parameters": described("its parameters: a type, a default, or a mapping", PARAMETERS),
    "inputs": described("names of its inputs in order; one with ? may be left out", either(TEXT, listing(TEXT))),
    "outputs": described("its outputs by name", named(TEXT)),
    "defaults": described("scoped defaults inside the block", _SCOPES),
}

_COMPOSED: dict[str, Json] = {
    "layers": {"layers": ref("sequence")},
    "block": {"block": described("a block's name; every other key is one of its parameters", TEXT)},
    "network": {
        "network": described("another spec, as a layer", TEXT),
        "set": described("its hyperparameters", {"type": "object"}),
        "until": described("the end point after which it is cut", TEXT),
        "variant": described("which of its variants", TEXT),
    },
}


def layer_definitions(registry: Registry) -> dict[str, Json]:
    """`layer`, in every form it has; `scope`, and what these are made of."""
    ops = registry.ops
    return {
        "expression": {"type": "string", "pattern": r"\$", "description": "an expression: $name or $(…)"},
        "layer": by_type({"enum": list(ops)}, object=ref("layer.any"), array=ref("sequence")),
        "sequence": described("layers one after the other", listing(ref("item"))),
        "item": by_type({"enum": list(ops)}, object=_ITEM),
        "layer.any": _any("one layer", "layer", ops),
        "block": _any("a layer with parameters", "body", ops, tuple(_BLOCK)),
        "common": mapping(_COMMON),
        "parameter": _PARAMETER,
        "scope": _scope(registry),
        **{f"layer.{name}": _layer(name, ops) for name in (*_COMPOSED, *ops)},
        **{f"body.{name}": _layer(name, ops, body=True) for name in (*_COMPOSED, *ops)},
    }


def _any(description: str, kind: str, ops: Iterable[str], beside: tuple[str, ...] = ()) -> Json:
    choices = {name: ref(f"{kind}.{name}") for name in ("block", *ops, "layers", "network")}
    return chosen(description, choices, (*_COMMON, *beside))


def _layer(name: str, ops: Mapping[str, type[Op]], body: bool = False) -> Json:
    common = {key: ref("common", "properties", key) for key in _COMMON}
    own = _COMPOSED[name] if name in _COMPOSED else _operation(ops[name])
    text = "" if name in _COMPOSED else summary(ops[name])
    free = {"additionalProperties": True} if name == "block" else {}
    once = said_once(ops[name]) if name in ops else {}
    return mapping(
        {**own, **common, **(_BLOCK if body else {})}, **free, **once, **({"description": text} if text else {})
    )


def _operation(op: type[Op]) -> Json:
    inputs = [listing(TEXT), named(ref("layer"))] if op.ARITY != (1, 1) else []
    return {op.NAME: either(*inputs, main_value(op, op.NAME)), **field_references(op, op.NAME)}


def _scope(registry: Registry) -> Json:
    """Keyed by form or group; any other key can be a block's name."""
    forms = (cls for _, forms in sorted(registry.families.items()) for cls in forms.values())
    names = (cls.NAME for cls in forms if registry.by_name[cls.NAME] is cls)
    targets = {name: ref(f"scope.{name}") for name in (*names, *registry.groups)}
    free = named(either({"type": ["string", "number", "boolean", "null"]}, listing({}), {"type": "object"}))
    return mapping(targets, additionalProperties=free, description="defaults by operation, group, block or other form")
