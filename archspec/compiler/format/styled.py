"""YAML text to a tree that knows how each part was written: style, place, anchors. Meaning is source.py's affair."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml._yaml import CParser

from archspec.dataclass import dataclass, field

_PROPERTIES = re.compile(r"(?:&[^\s,\[\]{}]*|\s+|#[^\n]*)*")


@dataclass(slots=True, eq=False)
class Word:
    """A scalar or an alias; `content` is where its text begins, after an anchor.

    `style` is None for a plain scalar, else one of ' " | > or * for an alias.
    """

    start: int
    content: int
    end: int
    value: str
    style: str | None
    properties: str = ""


@dataclass(slots=True, eq=False)
class Group:
    """A list or mapping; a mapping's children are keys and values in turn.

    `bare` marks the pair of `[a: b]`, which has no braces of its own.
    """

    start: int
    content: int
    end: int
    mapping: bool
    flow: bool
    bare: bool
    properties: str = ""
    children: list[Styled] = field(default_factory=list)

    @property
    def pairs(self) -> list[tuple[Word, Styled]]:
        """The keys and values of a mapping."""
        return [
            (key, value)
            for key, value in zip(self.children[0::2], self.children[1::2], strict=False)
            if isinstance(key, Word)
        ]


Styled = Word | Group


def styled(text: str) -> tuple[Styled, list[Word]]:
    """The root of a text that source.parse accepts, and all its words in order."""
    parser: Any = CParser(text)
    open_groups: list[Group] = []
    words: list[Word] = []
    root: Styled | None = None
    while (event := parser.get_event()) is not None:
        if isinstance(event, yaml.CollectionEndEvent):
            open_groups.pop().end = _end(event)
            continue
        node = _node(event, text)
        if node is None:
            continue
        if open_groups:
            open_groups[-1].children.append(node)
        root = root or node
        if isinstance(node, Group):
            open_groups.append(node)
        else:
            words.append(node)
    assert root is not None
    return root, words


def _node(event: Any, text: str) -> Styled | None:
    start, end = event.start_mark.index, _end(event)
    if isinstance(event, yaml.AliasEvent):
        return Word(start, start, end, str(event.anchor), "*")
    if isinstance(event, yaml.ScalarEvent):
        style = event.style if event.style in ("'", '"', "|", ">") else None
        return Word(start, min(_content(event, text), end), end, event.value, style, _properties(event))
    if isinstance(event, yaml.CollectionStartEvent):
        mapping, content = isinstance(event, yaml.MappingStartEvent), _content(event, text)
        bare = bool(mapping and event.flow_style and text[content : content + 1] != "{")
        return Group(start, content, end, mapping, bool(event.flow_style), bare, _properties(event))
    return None


def _end(event: Any) -> int:
    place: int = event.end_mark.index
    return place


def _properties(event: Any) -> str:
    return f"&{event.anchor} " if event.anchor else ""


def _content(event: Any, text: str) -> int:
    """Where a node begins after its anchor, with the comments that may stand between."""
    start: int = event.start_mark.index
    if not _properties(event):
        return start
    found = _PROPERTIES.match(text, start)
    return found.end() if found else start
