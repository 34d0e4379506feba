"""Where in the document and in the graph a layer is expanded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from archspec.compiler.expand.names import Bundle, Names, WrongReference, bare, joined
from archspec.compiler.expand.sketch import Sketch
from archspec.compiler.language.expression import Environment, NotKnown, Shape, Value, WrongExpression
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.resolve import Broken, Frame, Frames, Resolver, Said
from archspec.compiler.spec.records import Document, Scope
from archspec.compiler.syntax.nodes import Scalar
from archspec.diagnostics import Findings


@dataclass
class Work:
    """What the whole expansion shares: one document (or several, with `network:`), one graph, one list of findings."""

    sketch: Sketch
    resolver: Resolver
    findings: Findings
    chain_length: int | None = None
    """How many blocks the main chain calls; None while they are counted."""
    chain_position: int = 0
    reads_depth: bool = False
    used_blocks: set[str] = field(default_factory=set)
    used_names: set[str] = field(default_factory=set)
    body: Callable[..., Bundle] = field(kw_only=True)
    """expand_body of layers.py, which blocks and networks come back to."""
    document: Callable[..., tuple[Bundle, Names, bool]] = field(kw_only=True)
    """The expansion of a whole document, for a network in a network."""


class Reached(Exception):
    """The layer at which `until` ends a network is made: what it hands on, and which end it is."""

    def __init__(self, outcome: Bundle, end: str) -> None:
        super().__init__(end)
        self.outcome, self.end = outcome, end


@dataclass(frozen=True)
class Place:
    """What holds around a layer."""

    document: Document
    work: Work
    path: str
    variable_path: str
    names: Names
    base: dict[str, Value]
    """The hyperparameters of the document, which every block sees."""
    values: dict[str, Value]
    frames: Frames
    renames: dict[str, str]
    output_stride: int | None = None
    shared: bool = False
    calls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """The spec files that are being embedded, outermost first."""
    at: str = ""
    """The path at which the document is embedded."""
    ends: tuple[str, ...] = ()
    """Paths or end points at which `until` ends the networks around, outermost first."""

    @property
    def environment(self) -> Environment:
        """What an expression may name here, tensors included."""
        return Environment(self.values, self.document.functions, self._shape, self.base)

    def _shape(self, reference: str) -> Shape | None:
        try:
            bundle = self.names.bundle(reference)
        except WrongReference as problem:
            raise WrongExpression(str(problem), problem.help) from None
        if bundle is None:
            return None
        if bundle.first is None:
            raise NotKnown
        return self.work.sketch.shape(bundle.first)

    def with_values(self, values: dict[str, Value]) -> Place:
        """The same place with further names for expressions."""
        return replace(self, values={**self.values, **values})

    def within(self, scopes: tuple[Scope | Scalar, ...]) -> Place:
        """The same place with scopes around it, written here or named; raises Broken where there is none so named."""
        frames = list(self.frames)
        for scope in scopes:
            if isinstance(scope, Scalar):
                named = self.document.scopes.get(scope.text)
                if named is None:
                    names = list(self.document.scopes)
                    help = nearest(scope.text, names) or f"under `scopes` there are: {', '.join(names) or 'none'}"
                    self.work.findings.add("AS205", f"there is no scope `{scope.text}`", scope.span, help=help)
                    raise Broken
                self.work.used_names.add(f"scope {scope.text}")
                scope = named
            frames.append(Frame(scope, self.environment))
        return replace(self, frames=tuple(frames))

    def around(self) -> Place:
        """The same place seen from outside the layer, before its inside becomes a scope of its own."""
        return replace(self, names=self.names.parent or self.names)

    def said(self, fields: tuple[tuple[Scalar, object], ...]) -> dict[str, Said]:
        """Values written on a layer, to be evaluated here."""
        return {key.text: Said(node, self.environment) for key, node in fields}  # type: ignore[arg-type]

    def variable(self, name: str, own: str | None) -> str:
        """The prefix of a layer's variables: the rule, `name:` on the layer, or the document's `names`."""
        path = self.inside(joined(self.path, name))
        for key in (path, bare(path)):
            if key in self.renames:
                self.work.used_names.add(f"name {key}")
                return self._renamed(name, self.renames[key])
        return joined(self.variable_path, own if own is not None else bare(name))

    def inside(self, path: str) -> str:
        """A path as the document itself has it."""
        return path.removeprefix(self.at).strip("/")

    def _renamed(self, name: str, new: str) -> str:
        if "/" in new:
            root = self.variable_path.removesuffix(bare(self.inside(self.path))).strip("/")
            return joined(root, new)
        return joined(self.variable_path, bare(name).rpartition("/")[0], new)
