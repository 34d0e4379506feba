"""The texts that a spec is made of, each read once, and who said what in them."""

from __future__ import annotations

import os
from collections.abc import Mapping as Readable

from archspec.compiler.syntax.nodes import Mapping, Node
from archspec.compiler.syntax.reading import decoded, parse, parse_partly, read_bytes
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Span


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who said a value, where that is not told by where it stands: kind and words as in an Origin; empty as usual."""

    kind: str = ""
    where: str = ""


@dataclass
class History:
    """Who said the values that were laid over others, and what they stand over, nearest first; by their places."""

    speakers: dict[Span, Speaker] = field(default_factory=dict)
    under: dict[Span, tuple[tuple[Node, Speaker], ...]] = field(default_factory=dict)

    def lay(self, new: Node, old: Node | None, old_speaker: Speaker) -> None:
        """Note that one value stands over another; values under equal keys of two mappings likewise."""
        if old is None or new.span == old.span:
            return
        speaker = self.speakers.get(old.span, old_speaker)
        self.under[new.span] = (*self.under.get(new.span, ()), (old, speaker), *self.under.get(old.span, ()))
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            for key, value in new.pairs:
                self.lay(value, old.get(key.text), old_speaker)


@dataclass
class Sources:
    """Reads files; what was read is what is compiled, shown and saved. `overlays` stand for files' contents."""

    overlays: Readable[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    partly: bool = False
    """Whether a file with a mistake is read as far as it goes, instead of not at all."""
    trees: dict[str, Node] = field(default_factory=dict)
    """The tree of each file as it is written."""
    unfinished: set[str] = field(default_factory=set)
    """Files of which only what stood before a mistake was read."""

    def text(self, file: str, findings: Findings) -> str | None:
        """The text of a file; None after reporting why there is none."""
        if file not in self.texts:
            content = self._overlay(file)
            read = content if content is not None else read_bytes(file, findings)
            whole = None if read is None else decoded(read, file, findings)
            if whole is None:
                return None
            self.texts[file] = whole
        return self.texts[file]

    def tree(self, file: str, findings: Findings) -> Node | None:
        """The tree of a file; None after reporting why there is none."""
        if file in self.trees:
            return self.trees[file]
        text = self.text(file, findings)
        if text is None:
            return None
        whole = True
        if self.partly:
            root, whole = parse_partly(text, file, findings)
        else:
            root = parse(text, file, findings)
        if root is not None:
            self.trees[file] = root
        if not whole:
            self.unfinished.add(file)
        return root

    def has(self, file: str) -> bool:
        """Whether a text was given for a file, which then need not be there."""
        return self._overlay(file) is not None

    def _overlay(self, file: str) -> str | None:
        given = {os.path.abspath(name): text for name, text in self.overlays.items()} if self.overlays else {}
        return given.get(os.path.abspath(file))
