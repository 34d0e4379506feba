"""What a document says, as immutable records; values stay nodes, so that each keeps its place."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.compiler.language.expression import Function
from archspec.compiler.language.op import Op
from archspec.compiler.language.registry import Registry
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A hyperparameter of a document, or a parameter of a block. `default` is None where one must be given."""

    name: str
    kind: str
    default: Node | None
    span: Span
    one_of: tuple[object, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Default:
    """One scoped default: `target` is an op, a group, a block or another form, `field` one of its fields."""

    target: Scalar
    field: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Scope:
    """Scoped defaults, with what to call them in an explanation."""

    where: str
    defaults: tuple[Default, ...]
    span: Span
    by_target: dict[str, list[Default]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, list[Default]] = {}
        for default in self.defaults:
            index.setdefault(default.target.text, []).append(default)
        object.__setattr__(self, "by_target", index)


@dataclass(frozen=True, slots=True)
class Call:
    """An op with its main value and fields; `operands` are the inputs of `add: [a, b]`, by reference."""

    op: Scalar
    kind: type[Op]
    main: Node | None
    fields: tuple[tuple[Scalar, Node], ...]
    operands: tuple[Scalar, ...] | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """An op whose inputs are branches, all from the same input."""

    op: Scalar
    kind: type[Op]
    branches: tuple[Layer, ...]
    fields: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Layers one after the other."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class BlockCall:
    """A block with its arguments."""

    block: Scalar
    arguments: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class NetworkCall:
    """Another spec as a layer."""

    file: Scalar
    settings: Mapping | None
    until: Scalar | None
    variant: Scalar | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands for a layer that cannot be read; that has been reported, and what needs the layer stays silent."""


Body = Call | Join | Sequence | BlockCall | NetworkCall | Missing


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its name (None for a bare operation), what it is, and what every layer can say."""

    name: Scalar | None
    body: Body
    span: Span
    source: Node | None = None
    """`from:`: one reference, a list, or a mapping from input names."""
    when: Scalar | None = None
    otherwise: Layer | Scalar | None = None
    repeat: Node | None = None
    table: Node | None = None
    defaults: tuple[Scope | Scalar, ...] = ()
    endpoint: Scalar | None = None
    share: Scalar | None = None
    variable_name: Scalar | None = None
    output_stride: Node | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A layer with parameters, inputs and outputs."""

    name: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[tuple[str, bool], ...]
    """(name, whether it may be left out), in order; none declared means one called `input`."""
    outputs: tuple[tuple[str, Scalar], ...]
    defaults: tuple[Scope | Scalar, ...]
    body: Layer
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """A named choice of hyperparameters with its own expectations, and what is published of it."""

    name: str
    settings: Mapping | None
    expect: Mapping | None
    published: Mapping | None
    span: Span


@dataclass(frozen=True)
class Document:
    """A whole spec."""

    file: str
    root: Node
    registry: Registry
    """The forms that it can name."""
    name: Scalar | None = None
    about: str = ""
    precision: Node | None = None
    variants: tuple[Variant, ...] = ()
    hyperparameters: tuple[Parameter, ...] = ()
    functions: dict[str, Function] = field(default_factory=dict)
    tables: dict[str, Node] = field(default_factory=dict)
    defaults: Scope | None = None
    scopes: dict[str, Scope] = field(default_factory=dict)
    inputs: tuple[tuple[Scalar, Node], ...] = ()
    blocks: dict[str, Block] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    heads: tuple[Layer, ...] = ()
    outputs: tuple[tuple[Scalar, Scalar], ...] = ()
    names: tuple[tuple[Scalar, Scalar], ...] = ()
    sections: dict[str, Mapping] = field(default_factory=dict)
    expect: Mapping | None = None
    published: Mapping | None = None
    sources: Sources = field(default_factory=Sources)
    variant: str = ""
    """The variant of the extended spec that `extends` chose."""
    settings: dict[str, Node] = field(default_factory=dict)
    """Hyperparameters from the command line."""
    changed: bool = False
    """Whether the command line may have made another network of it, so that expectations rest."""


def walk(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The layers, and all layers inside them, those that stand behind `else` included."""
    for layer in layers:
        yield layer
        if isinstance(layer.body, Sequence):
            yield from walk(layer.body.layers)
        elif isinstance(layer.body, Join):
            yield from walk(layer.body.branches)
        if isinstance(layer.otherwise, Layer):
            yield from walk((layer.otherwise,))


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; one thing that is not a list counts as a list of it; nothing as none."""
    if node is None:
        return ()
    return node.items if isinstance(node, Listing) else (node,)
