"""What surrounds a layer, and what is being made of it: frozen, so that no layer can change another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.names import Names, WrongReference, bare
from archspec.compiler.language.expression import Environment, NotKnown, Shape, Value, WrongExpression
from archspec.compiler.resolve import Frame, Frames, Written
from archspec.compiler.spec.records import Document, Layer, Scope
from archspec.compiler.syntax.nodes import Node, Scalar
from archspec.dataclass import dataclass, field


@dataclass(frozen=True)
class Context:
    """What holds around a layer."""

    document: Document
    names: Names
    environment: Environment
    """What an expression may name here, tensors included."""
    constants: Mapping[str, Value]
    """The hyperparameters of the document, which every block sees."""
    frames: Frames
    path: str = ""
    variable_path: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    output_stride: int | None = None
    shared: bool = False
    calls: tuple[str, ...] = ()
    """The blocks whose bodies this stands in, outermost first."""
    in_heads: bool = False
    files: tuple[str, ...] = ()
    """The spec files that are being embedded, outermost first."""
    root: str = ""
    """The path at which the document is embedded."""
    ends: tuple[str, ...] = ()
    """Paths or end points at which `until` ends the networks around, outermost first."""

    def with_values(self, values: Mapping[str, Value]) -> Context:
        """The same context with further names for expressions."""
        return self._with(environment=self.environment.with_values(values)) if values else self

    def with_scope(self, scope: Scope) -> Context:
        """The same context with a scope around it."""
        return self._with(frames=(*self.frames, Frame(scope, self.environment)))

    def with_tensors(self, tensor: Callable[[str], Shape | None]) -> Context:
        """The same context with another way to look up tensors."""
        return self._with(environment=self.environment.with_tensors(tensor))

    def inside(self, names: Names, builder: Builder) -> Context:
        """The context of what is named in another scope."""
        tensor, called = partial(shape_of, names, builder), partial(layer_of, names, builder)
        return self._with(names=names, environment=self.environment.with_tensors(tensor, called))

    def below(self, target: Target) -> Context:
        """The context of what stands below the paths of a layer."""
        return self._with(path=target.path, variable_path=target.variable_path)

    def surrounded(self, output_stride: int | None, shared: bool) -> Context:
        """The context of layers with an output stride asked of them, and with variables that are another's."""
        if output_stride == self.output_stride and shared == self.shared:
            return self
        return self._with(output_stride=output_stride, shared=shared)

    def _with(self, **changes: object) -> Context:
        """A copy with some fields changed: every layer makes several, and dataclasses.replace is slow."""
        made = object.__new__(Context)
        made.__dict__.update(self.__dict__, **changes)
        return made

    def written(self, fields: tuple[tuple[Scalar, Node], ...]) -> dict[str, Written]:
        """Values written on a layer, to be evaluated here."""
        return {key.text: Written(node, self.environment) for key, node in fields}

    def own_path(self, path: str) -> str:
        """A path as the document itself has it."""
        return path.removeprefix(self.root).strip("/")

    def own_bare(self) -> str:
        """The path of this context as the document's variables have it."""
        return bare(self.own_path(self.path))


@dataclass(frozen=True)
class Target:
    """What is being made: one copy of a layer, its path, the prefix of its variables, and its table's cells."""

    layer: Layer
    path: str
    variable_path: str
    cells: Mapping[str, Written] = field(default_factory=dict)


def layer_of(names: Names, builder: Builder, reference: str) -> str:
    """The path of the layer, or the name of the input, that a reference means; empty where it means none."""
    try:
        bundle = names.bundle(reference)
    except WrongReference:
        return ""
    tensor = bundle.first if bundle is not None else None
    node = builder.nodes.get(tensor or "")
    return node.layer if node is not None else tensor or ""


def shape_of(names: Names, builder: Builder, reference: str) -> Shape | None:
    """The shape of the tensor that an expression names; None for an input that was not given.

    Raises WrongExpression, and NotKnown where the tensor has an error.
    """
    builder.asked.append(names)
    try:
        bundle = names.bundle(reference)
    except WrongReference as problem:
        raise WrongExpression(str(problem), problem.help) from None
    if bundle is None:
        return None
    if bundle.first is None:
        raise NotKnown
    return builder.shape(bundle.first)
