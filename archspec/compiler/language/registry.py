"""The registry: every form that a spec can name, by family and name. It is made once, handed on, and never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from types import ModuleType

from archspec.compiler.language.fields import Form
from archspec.compiler.language.forms import (
    data,
    draws,
    initializers,
    kinds,
    matrix_initializers,
    metrics,
    optimizers,
    schedules,
    sections,
    width,
)
from archspec.compiler.language.forms.losses import classes, numbers, own, vectors
from archspec.compiler.language.forms.preprocess import color, geometry
from archspec.compiler.language.op import Op
from archspec.compiler.language.ops import (
    activation,
    adaptive_pool,
    attention,
    batch_norm,
    cast,
    conv,
    dense,
    depthwise,
    dropout,
    embedding,
    example_norm,
    functions,
    gates,
    gdn,
    global_pool,
    larger,
    learned,
    merge,
    moved,
    noise,
    norm,
    one_hot,
    pad,
    pool,
    products,
    recurrent,
    reduce,
    reshape,
    several,
    softmax,
    transposed,
)
from archspec.compiler.language.packages import brought_by, faults, forms_in
from archspec.compiler.language.suggestions import nearest
from archspec.dataclass import dataclass, field

_WINDOWS = (conv, depthwise, pool, global_pool, adaptive_pool, transposed, larger, pad)
_NORMS = (norm, batch_norm, example_norm, gdn)
_SEQUENCES = (embedding, one_hot, attention, learned, recurrent)
_MOVES = (reshape, moved, several, cast)
_DISTURBED = (dropout, noise)
_PRODUCTS = (dense, products, reduce)
_OPS = (activation, gates, functions, *_WINDOWS, *_PRODUCTS, *_DISTURBED, merge, *_NORMS, *_MOVES, softmax, *_SEQUENCES)
_FORMS = (
    initializers,
    matrix_initializers,
    width,
    draws,
    kinds,
    data,
    classes,
    numbers,
    vectors,
    own,
    metrics,
    schedules,
    optimizers,
    geometry,
    color,
    sections,
)
_LIBRARIES = frozenset({"nn", "torch", "tf", "keras", "slim", "layers", "F", "tfl", "timm", "flax", "caffe"})
"""How other libraries' names begin, where somebody writes `nn.Conv2d`."""
BUILT_IN: tuple[ModuleType, ...] = (*_OPS, *_FORMS)
"""The modules of archspec's own forms."""

Forms = Mapping[str, type[Form]]
"""Forms by name."""


@dataclass(frozen=True, eq=False)
class Registry:
    """Forms by family ("op", "initializer", "loss", …) and name.

    `packages` are those whose forms were looked for; `problems` says why some cannot be used, as the end of a sentence.
    """

    modules: tuple[ModuleType, ...]
    families: Mapping[str, Forms]
    packages: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    """Packages that are not installed."""

    @cached_property
    def ops(self) -> Mapping[str, type[Op]]:
        """Every op by name."""
        return {name: cls for name, cls in self.families.get("op", {}).items() if issubclass(cls, Op)}

    @cached_property
    def groups(self) -> Mapping[str, Mapping[str, type[Op]]]:
        """The ops of every group that a scope may name."""
        names = dict.fromkeys(group for op in self.ops.values() for group in op.GROUPS)
        return {group: {name: op for name, op in self.ops.items() if group in op.GROUPS} for group in names}

    @cached_property
    def forms(self) -> tuple[type[Form], ...]:
        """Every form of every family."""
        return tuple(cls for forms in self.families.values() for cls in forms.values())

    @cached_property
    def by_name(self) -> Forms:
        """The form that a name alone means: the op, where a preprocess step is called as it is."""
        return {cls.NAME: cls for cls in sorted(self.forms, key=lambda cls: cls.FAMILY == "op")}

    @cached_property
    def by_key(self) -> Forms:
        """Every form by a key that no other has: its name, or with its family before it (`preprocess.pad`)."""
        return {self.key(cls): cls for cls in self.forms}

    def key(self, cls: type[Form]) -> str:
        """The key of a form."""
        return cls.NAME if self.by_name.get(cls.NAME) is cls else f"{cls.FAMILY}.{cls.NAME}"

    @cached_property
    def fields(self) -> frozenset[str]:
        """The name of every field that some form has."""
        return frozenset(name for cls in self.forms for name in cls.FIELDS)

    def members(self, family: str) -> Forms:
        """The forms of a family, or the ops of a group (`activation`) where a field holds an op of that group."""
        found = self.families.get(family)
        return found if found is not None else self.groups.get(family, {})

    def targets(self, name: str) -> tuple[type[Form], ...]:
        """The forms that a scope means by a name: the form that has it, or the members of a group."""
        found = self.by_name.get(name)
        return tuple(self.groups.get(name, {}).values()) if found is None else (found,)

    def with_packages(self, names: Iterable[str]) -> Registry:
        """The registry that has the forms of these installed packages too."""
        packages = self.packages.union(names)
        return self if packages == self.packages else _made(self.modules, packages)

    def why_not(self, name: str, thing: str) -> tuple[str, str]:
        """Why there is no `acme.twice`, as the end of a sentence, and the remedy; empty if no package is at fault."""
        package, _, last = name.partition(".")
        operations = thing not in (*self.families, "form")
        what = "operations of other packages" if operations else "what other packages bring"
        help = f"a dot marks {what}: install or repair that package"
        if package in self.absent:
            known = self.ops if operations else self.by_name if thing == "form" else self.members(thing)
            theirs = nearest(last.rpartition(".")[2], known) if package in _LIBRARIES else None
            help = theirs or help
            return f": no installed package brings the {'operations' if operations else 'forms'} of `{package}`", help
        return (f": {self.problems[package]}", help) if package in self.problems else ("", "")


def builtin() -> Registry:
    """The registry of archspec's own forms."""
    return _made(BUILT_IN, frozenset())


def made_of(modules: Iterable[ModuleType], packages: Iterable[str] = ()) -> Registry:
    """The registry of the forms that are defined in modules, and of those that installed packages bring."""
    return _made(tuple(modules), frozenset(packages))


@cache
def _made(modules: tuple[ModuleType, ...], packages: frozenset[str]) -> Registry:
    brought = {package: brought_by(package) for package in sorted(packages)}
    absent = frozenset(package for package, found in brought.items() if not found.installed)
    if packages and packages == absent:
        return Registry(modules, _made(modules, frozenset()).families, packages, {}, absent)
    own = [cls for module in modules for cls in forms_in(module) if cls.__module__ == module.__name__]
    families: dict[str, dict[str, type[Form]]] = {}
    _enter(own, families)
    problems: dict[str, str] = {}
    for package, found in brought.items():
        problem = found.problem or next(faults(package, found.forms, families), "")
        if problem:
            problems[package] = problem
        else:
            _enter(found.forms, families)
    return Registry(modules, families, packages, problems, absent)


def _enter(forms: Iterable[type[Form]], families: dict[str, dict[str, type[Form]]]) -> None:
    for cls in forms:
        families.setdefault(cls.FAMILY, {})[cls.NAME] = cls
