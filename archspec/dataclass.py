"""`dataclass`, `field` and `replace` as in the standard library's `dataclasses`, for classes that are made quickly.

The standard decorator compiles about six methods of every class at each start of the program; for our 75 classes that
took longer than all else of their modules. Here `__init__` alone is compiled, and not before a class has its first
instance; the other methods are a few functions that the classes share. To a type checker these are the standard
library's own, and `dataclasses.fields`, `replace` and `asdict` take the objects. What no class here uses (inherited
fields, `kw_only`, `InitVar`) is left out.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]

_MISSING: Any = object()


class _Field:
    """How one field is made, shown and compared; `default` and `default_factory` are _MISSING where there is none."""

    __slots__ = ("compare", "default", "default_factory", "init", "repr")

    def __init__(self, default: Any, default_factory: Any, init: bool, repr: bool, compare: bool) -> None:
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare


def _declare(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    init: bool = True,
    repr: bool = True,
    compare: bool = True,
    hash: bool | None = None,
) -> Any:
    """Say more of a field than its default; only what is compared is hashed."""
    return _Field(default, default_factory, init, repr, compare)


def _decorate(
    cls: type | None = None, *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Any:
    """Give a class the fields that the annotations in its body declare."""
    if cls is None:
        return lambda cls: _decorate(cls, frozen=frozen, slots=slots, eq=eq, order=order)
    names = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 (inspect is slow to import)
    fields = {name: _declared(cls.__dict__.get(name, _MISSING)) for name in names}
    methods = {
        "__fields__": fields,
        "__dataclass_fields__": _StandardFields(),
        "__match_args__": tuple(name for name, declared in fields.items() if declared.init),
        "__init__": _compile_init,
        "__repr__": _repr,
        **(_comparing([name for name, declared in fields.items() if declared.compare], frozen, order) if eq else {}),
        **({"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}),
    }
    if slots:
        return _with_slots(cls, methods)
    for name, value in methods.items():
        setattr(cls, name, value)
    for name, declared in fields.items():
        if name in cls.__dict__ and declared.default is _MISSING:
            delattr(cls, name)
        elif declared.default is not _MISSING:
            setattr(cls, name, declared.default)
    return cls


def _declared(default: Any) -> _Field:
    return default if isinstance(default, _Field) else _Field(default, _MISSING, True, True, True)


def _with_slots(cls: type, methods: dict[str, Any]) -> type:
    """The class made anew, for slots cannot be added to one that is there."""
    left_out = {"__dict__", "__weakref__", *methods["__fields__"]}
    body = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    return type(cls.__name__, cls.__bases__, {**body, **methods, "__slots__": tuple(methods["__fields__"])})


def _compile_init(self: Any, *values: Any, **named: Any) -> None:
    """Stands for the `__init__` of a class until its first instance is made."""
    cls = type(self)
    cls.__init__ = _init_of(cls)
    cls.__init__(self, *values, **named)


def _init_of(cls: Any) -> Any:
    """The class's own `__init__`, compiled: a function that went through the fields would take twice as long."""
    known: dict[str, Any] = {"MISSING": _MISSING, "put": object.__setattr__}
    parameters, lines = ["self"], []
    for name, declared in cls.__fields__.items():
        value = name
        if declared.default_factory is not _MISSING:
            known[f"new_{name}"] = declared.default_factory
            value = f"new_{name}() if {name} is MISSING else {name}" if declared.init else f"new_{name}()"
        if declared.init:
            known[f"default_{name}"] = declared.default
            required = declared.default is _MISSING and declared.default_factory is _MISSING
            parameters.append(name if required else f"{name}=default_{name}")
        if declared.init or value != name:
            lines.append(_assignment(cls, name, value, known))
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    made: dict[str, Any] = {}
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"]), known, made)
    made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return made["__init__"]


def _assignment(cls: type, name: str, value: str, known: dict[str, Any]) -> str:
    """A line that sets a field: past `__setattr__` where that refuses, in a slot by the slot itself."""
    if cls.__setattr__ is not _refuse:
        return f"self.{name} = {value}"
    if name not in cls.__dict__.get("__slots__", ()):
        return f"put(self, {name!r}, {value})"
    known[f"set_{name}"] = cls.__dict__[name].__set__
    return f"set_{name}(self, {value})"


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, declared in self.__fields__.items() if declared.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, value: Any = None) -> None:
    raise AttributeError(f"{type(self).__name__} is immutable: `{name}` stays as it is")


def _comparing(names: list[str], frozen: bool, order: bool) -> dict[str, Any]:
    """Methods that compare objects of one class by these fields; what can change has no hash."""
    compared = attrgetter(*names) if names else lambda self: ()

    def equal(self: Any, other: Any) -> Any:
        return compared(self) == compared(other) if type(self) is type(other) else NotImplemented

    def before(self: Any, other: Any) -> Any:
        return compared(self) < compared(other) if type(self) is type(other) else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    return {"__eq__": equal, "__hash__": hashed if frozen else None, **({"__lt__": before} if order else {})}


class _StandardFields:
    """What the standard library's functions look for on a class, made when they do."""

    def __get__(self, instance: object, cls: Any) -> dict[str, Any]:
        import dataclasses

        words = ("default", "default_factory", "init", "repr", "compare")
        fields = []
        for name, declared in cls.__fields__.items():
            said = {word: getattr(declared, word) for word in words if getattr(declared, word) is not _MISSING}
            fields.append((name, object, dataclasses.field(**said)))
        standard: Any = dataclasses.make_dataclass(cls.__name__, fields)
        return dict(standard.__dataclass_fields__)


def _replace(instance: Any, /, **changes: Any) -> Any:
    """A copy with some fields changed."""
    for name, declared in instance.__fields__.items():
        if declared.init and name not in changes:
            changes[name] = getattr(instance, name)
    return type(instance)(**changes)


if not TYPE_CHECKING:
    dataclass, field, replace = _decorate, _declare, _replace
