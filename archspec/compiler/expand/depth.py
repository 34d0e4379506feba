"""How deep a block stands: `depth_index`, `depth_count` and `depth_fraction` of the calls that read them.

What counts is a call of a block whose own expressions read one of the names, and that stands in no other such call:
inside one, every block sees the depth of that. Each document counts for itself, and its heads apart.
"""

from __future__ import annotations

from archspec.compiler.expand.context import Context
from archspec.compiler.expand.reads import blocks_in_block, names_read, names_read_in_block
from archspec.compiler.language.expression import Value
from archspec.compiler.spec.records import Document, Scope
from archspec.dataclass import dataclass, field

NAMES = ("depth_index", "depth_count", "depth_fraction")

Chain = tuple[str, bool]
"""The path at which a document stands in the graph, and whether its heads are meant."""


@dataclass
class Depths:
    """The calls counted so far, and how many there are in all."""

    position: dict[Chain, int] = field(default_factory=dict)
    length: dict[Chain, int] = field(default_factory=dict)
    taken: int = 0
    """The calls counted so far, of all chains."""
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    """By file, the blocks that read their depth."""
    untouched: dict[str, frozenset[str]] = field(default_factory=dict)
    """By file, the blocks that make the same at every depth."""
    scopes: dict[int, tuple[Scope, bool]] = field(default_factory=dict)
    """Whether scopes read the depth, by their identity; the scope is kept so that it stays the only one."""

    def reading(self, document: Document) -> frozenset[str]:
        """The blocks of a document that read their depth."""
        if document.file not in self.readers:
            found = (name for name in document.blocks if not names_read_in_block(document, name).isdisjoint(NAMES))
            self.readers[document.file] = frozenset(found)
        return self.readers[document.file]

    def leaves_alone(self, document: Document, block: str) -> bool:
        """Whether neither a block nor one that it calls reads the depth."""
        if document.file not in self.untouched:
            calls = {name: blocks_in_block(document, name) for name in document.blocks}
            touched = set(self.reading(document)) | {name for name, called in calls.items() if called is None}
            while more := {name for name, called in calls.items() if touched & (called or set())} - touched:
                touched |= more
            self.untouched[document.file] = frozenset(document.blocks.keys() - touched)
        return block in self.untouched[document.file]

    def is_read_in(self, scope: Scope) -> bool:
        """Whether what a scope says reads the depth."""
        if id(scope) not in self.scopes:
            read = any(name in NAMES for default in scope.defaults for name in names_read(default.value))
            self.scopes[id(scope)] = scope, read
        return self.scopes[id(scope)][1]

    def counts(self, block: str, context: Context) -> bool:
        """Whether a call of a block counts."""
        return "depth_index" not in context.environment.values and block in self.reading(context.document)

    def next(self, context: Context) -> dict[str, Value]:
        """The depth of the next call in a chain."""
        chain = context.root, context.in_heads
        index = self.position.get(chain, 0)
        self.position[chain] = index + 1
        self.taken += 1
        count = max(self.length.get(chain, 0), index + 1)
        return {"depth_index": index, "depth_count": count, "depth_fraction": (index + 1) / count}


def inherited(context: Context) -> dict[str, Value]:
    """The depth of the call around, as blocks inside it see it."""
    values = context.environment.values
    return {name: values[name] for name in NAMES if name in values}
