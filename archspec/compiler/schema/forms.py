"""Schemas of forms: their fields, and a form as a value (`relu`, `{truncated_normal: 0.1}`)."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from archspec.compiler.language.fields import REQUIRED, Field, Form
from archspec.compiler.language.registry import Forms, Registry
from archspec.compiler.schema.pieces import (
    EXPRESSION,
    NULL,
    TEXT,
    Json,
    chosen,
    described,
    either,
    listing,
    mapping,
    named,
    opened,
    ref,
)

_BLOCK: Json = {"description": "the name of a block with one input; every other key is one of its parameters", **TEXT}
WHEN: Json = {"description": "a condition; where it is false this is left out", "type": ["boolean", "string"]}


def form_definitions(registry: Registry) -> dict[str, Json]:
    """`scope.X`: fields of X; `form.X`: X as a value; `family.F`: any form of F; `form-of.F`: that, as a mapping."""
    found: dict[str, Json] = {}
    mapped, following = _mapped(registry), _following(registry)
    for family, forms in sorted(registry.families.items()):
        beside = {"when": WHEN} if family == "section" else {}
        found.update({f"scope.{registry.key(cls)}": _fields(cls, beside) for cls in forms.values()})
        if family not in ("op", "section"):
            keys = {name: registry.key(cls) for name, cls in forms.items()}
            found.update(_family(family, forms, keys, named_ones=family in mapped))
    for group, ops in registry.groups.items():
        found[f"scope.{group}"] = _group(ops)
        if group in following:
            keys = {name: name for name in ops}
            found.update(_family(group, ops, keys, named_ones=False, or_block=True))
    found["form.block"] = mapping({"block": _BLOCK}, additionalProperties=True)
    return found


def _mapped(registry: Registry) -> set[str]:
    """The families whose forms stand in a mapping from names, and can have a condition there."""
    fields = (declared for cls in registry.forms for declared in cls.FIELDS.values())
    return {declared.type.family for declared in fields if declared.type.many == "map"}


def _following(registry: Registry) -> set[str]:
    """The groups of ops that can be the value of another op's field."""
    return {group for op in registry.ops.values() for group in getattr(op, "ALLOWED", {}).values()}


def _fields(cls: type[Form], beside: Json) -> Json:
    fields = {name: value(cls, declared) for name, declared in cls.FIELDS.items()}
    return mapping({**fields, **beside}, description=summary(cls))


def _group(ops: Forms) -> Json:
    """The fields of all the ops of a group."""
    keys = dict.fromkeys(key for op in ops.values() for key in op.FIELDS)
    having = {key: [name for name, op in ops.items() if key in op.FIELDS] for key in keys}
    properties = {
        key: either(*(ref(f"scope.{name}", "properties", key) for name in found)) for key, found in having.items()
    }
    return mapping(properties, description=f"fields of {', '.join(ops)}")


def value(cls: type[Form], declared: Field) -> Json:
    """The schema of a field's value."""
    if not declared.type.family:
        plain = declared.schema()
        text = plain.pop("description")
        return described(text, {**opened(plain), **_default(declared)})
    family = getattr(cls, "ALLOWED", {}).get(declared.name, declared.type.family)
    wrap = {"": lambda schema: schema, "list": listing, "map": named}[declared.type.many]
    schema = wrap(ref(f"family.{family}"))
    return described(declared.doc, either(schema, NULL) if declared.type.optional else schema)


def _default(declared: Field) -> Json:
    plain = declared.default is not REQUIRED and isinstance(declared.default, (bool, int, float, str))
    return {"default": declared.default} if plain else {}


def _family(
    family: str, forms: Forms, keys: Mapping[str, str], named_ones: bool, or_block: bool = False
) -> dict[str, Json]:
    if forms.keys() == {family}:
        # The only kind there is goes without saying: `width: {times: 0.5}`.
        short = [main_value(forms[family], family)] if forms[family].MAIN else []
        return {f"family.{family}": either(ref(f"scope.{family}"), *short)}
    beside = {"when": WHEN} if named_ones else {}
    kinds = {name: ref(f"form.{key}") for name, key in (*keys.items(), *([("block", "block")] if or_block else []))}
    number = [{"type": "number"}] if "fixed" in forms else []
    return {
        f"family.{family}": either({"enum": list(forms)}, EXPRESSION, *number, ref(f"form-of.{family}")),
        f"form-of.{family}": chosen(f"one {family}", kinds, tuple(beside)),
        **{f"form.{keys[name]}": _form(cls, keys[name], beside) for name, cls in forms.items()},
    }


def _form(cls: type[Form], key: str, beside: Json) -> Json:
    fields = {cls.NAME: main_value(cls, key), **field_references(cls, key), **beside}
    return mapping(fields, description=summary(cls), **said_once(cls))


def main_value(cls: type[Form], key: str) -> Json:
    """What can stand behind the own name of a form with this key: its main value, or nothing."""
    main = cls.MAIN
    return either(ref(f"scope.{key}", "properties", main.name), NULL) if main else NULL


def said_once(cls: type[Form]) -> Json:
    """What refuses a main value that is said behind the form's name and under its own as well."""
    main = cls.MAIN
    if main is None or main.name == cls.NAME:
        return {}
    # Behind an op of several inputs these may stand, and the main value then under its own name.
    inputs = ["array", "object"] if getattr(cls, "ARITY", (1, 1)) != (1, 1) else []
    said = {cls.NAME: {"not": {"type": ["null", *inputs]}}}
    return {"not": {"required": [cls.NAME, main.name], "properties": said}}


def field_references(cls: type[Form], key: str) -> Json:
    """A reference to the schema of every field of a form with this key."""
    return {name: ref(f"scope.{key}", "properties", name) for name in cls.FIELDS}


def summary(cls: type[Form]) -> str:
    """The first line of the class's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]
