"""The events of libyaml to nodes, with a stack of our own, so that no nesting can overflow Python's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml._yaml import CParser

from archspec.compiler.nodes import Listing, Mapping, Node, Plain, Scalar
from archspec.diagnostics import Findings, Note, Span

DEEPEST = 100
"""Lists and mappings inside one another."""

MOST_REPEATED = 100
"""Findings of keys that stand twice, after which the file is not read further."""

MOST_NODES = 200_000
"""Nodes in one document, those behind aliases counted wherever they are used."""

LONGEST_INTEGER = 250
"""Characters of an integer; so every one fits a float. What is longer is text."""

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_BASES = {"0o": 8, "0x": 16}


def core_value(text: str) -> Plain:
    """What an unquoted scalar means in YAML 1.2's core schema: 1e-4 is a number, no is text, 010 is ten."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if not (first.isascii() and (first.isdigit() or first in "+-.")):
        return text
    if _INTEGER.fullmatch(text):
        return int(text, _BASES.get(text[:2], 10)) if len(text) <= LONGEST_INTEGER else text
    return float(text) if _FLOAT.fullmatch(text) else text


class _Refused(Exception):
    """The document is refused; the reason is among the findings."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    event: Any
    children: list[Node] = field(default_factory=list)
    size: int = 1
    keys: dict[str, Span] = field(default_factory=dict)


def build(text: str, file: str, findings: Findings) -> Node | None:
    """The tree of a document; None after reporting what is wrong."""
    try:
        return _Builder(text, file, findings).document()
    except _Refused:
        return None
    except yaml.YAMLError as problem:
        _report(problem, text, file, findings)
        return None
    except RecursionError:
        findings.add("AS006", f"{file} is nested too deeply", Span(file, 1, 1, 1, 1))
        return None


class _Builder:
    """One pass over the events."""

    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self.text, self.file, self.findings = text, file, findings
        self.parser: Any = CParser(text)
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.root: Node | None = None
        self.errors = len(findings.errors)

    def document(self) -> Node | None:
        documents = 0
        while (event := self.parser.get_event()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(
                        "AS010", "a file holds one spec, here a second document begins", event, "put it into a file"
                    )
            rule = _EVENTS.get(type(event))
            if rule is not None:
                rule(self, event)
        if self.root is None or (isinstance(self.root, Scalar) and self.root.value is None):
            self.findings.add(
                "AS011", f"{self.file} is empty", Span(self.file, 1, 1, 1, 1), help="begin with `archspec: 1`"
            )
            return None
        return self.root if len(self.findings.errors) == self.errors else None

    def refuse(self, code: str, message: str, event: Any, help: str) -> None:
        self.findings.add(code, message, self.span(event), help=help)
        raise _Refused

    def span(self, start: Any, end: Any = None) -> Span:
        first, last = start.start_mark, (end or start).end_mark
        return Span(self.file, first.line + 1, first.column + 1, last.line + 1, last.column + 1)

    def open(self, event: Any) -> None:
        self.check_tag(event)
        if len(self.stack) >= DEEPEST:
            self.refuse("AS006", f"the nesting is deeper than {DEEPEST}", event, "write the inner part as a block")
        self.check_key(event)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(event))

    def close_list(self, event: Any) -> None:
        top = self.stack.pop()
        self.put(Listing(tuple(top.children), self.span(top.event, event)), top.size, top.event.anchor)

    def close_mapping(self, event: Any) -> None:
        top = self.stack.pop()
        keys = [key for key in top.children[0::2] if isinstance(key, Scalar)]
        pairs = tuple(zip(keys, top.children[1::2], strict=False))
        self.put(Mapping(pairs, self.span(top.event, event)), top.size, top.event.anchor)

    def scalar(self, event: Any) -> None:
        self.check_tag(event)
        quoted = event.style in ("'", '"', "|", ">")
        value = event.value if quoted else core_value(event.value)
        self.put(Scalar(value, event.value, self.span(event), quoted), 1, event.anchor)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            self.refuse("AS008", f"there is no anchor &{event.anchor} above", event, "write the value itself")
        known = self.anchors[event.anchor]
        if known is None:
            self.refuse("AS008", f"&{event.anchor} contains itself", event, "take the alias out")
        assert known is not None
        self.put(*known, None)

    def put(self, node: Node, size: int, anchor: str | None) -> None:
        """Hand a finished node to the list or mapping around it."""
        if anchor:
            self.anchors[anchor] = node, size
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.size += size
        if top.size > MOST_NODES:
            self.refuse("AS007", f"the document has more than {MOST_NODES:,} values", top.event, "use `repeat`")
        if isinstance(top.event, yaml.MappingStartEvent) and len(top.children) % 2 == 0:
            self.enter_key(node, top)
        top.children.append(node)

    def enter_key(self, node: Node, top: _Open) -> None:
        if not isinstance(node, Scalar):
            self.findings.add("AS009", "a key is a name, not a list or mapping", node.span, help=_BRACES)
            raise _Refused
        if not node.text and not node.quoted:
            self.findings.add("AS009", "there is no key before the colon", node.span, help="name it")
            raise _Refused
        if node.text == "<<" and not node.quoted:
            help = "scopes and blocks say once what several layers share"
            self.findings.add("AS008", "`<<` merges are not part of the language", node.span, help=help)
        elif node.text in top.keys:
            note = Note("the first one", top.keys[node.text])
            self.findings.add("AS002", f"the key `{node.text}` is here twice", node.span, note, help="take one out")
            if len(self.findings.errors) - self.errors >= MOST_REPEATED:
                # A file with so many is no spec; more of them would tell nobody anything.
                raise _Refused
        elif node.text.count("(") < node.text.count(")"):
            self.findings.add(
                "AS013", "a comma or bracket inside an unquoted expression in { } or [ ]", node.span, help=_QUOTE
            )
            raise _Refused
        top.keys.setdefault(node.text, node.span)

    def check_key(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.event, yaml.MappingStartEvent) and len(top.children) % 2 == 0:
            self.refuse("AS009", "a key is a name, not a list or mapping", event, _BRACES)

    def check_tag(self, event: Any) -> None:
        if event.tag:
            self.refuse("AS008", f"the tag {event.tag} is not part of the language", event, "take the tag out")


_QUOTE = 'quote the expression: "$(max(1, n))"'
_BRACES = "an expression is written $name or $(…)"
_EVENTS: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.SequenceStartEvent: _Builder.open,
    yaml.MappingStartEvent: _Builder.open,
    yaml.SequenceEndEvent: _Builder.close_list,
    yaml.MappingEndEvent: _Builder.close_mapping,
    yaml.ScalarEvent: _Builder.scalar,
    yaml.AliasEvent: _Builder.alias,
}


def _report(problem: yaml.YAMLError, text: str, file: str, findings: Findings) -> None:
    """A parse error in the words of somebody who writes specs."""
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else _position(problem, text)
    place = Span(file, line, column, line, column + 1)
    reason = str(getattr(problem, "problem", None) or getattr(problem, "reason", None) or "it cannot be parsed")
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    indentation = written[: len(written) - len(written.lstrip())]
    if "\t" in indentation or (column <= len(written) and written[column - 1] == "\t"):
        findings.add("AS003", "a tab where YAML wants spaces", place, help="indent with spaces")
    elif _broken_expression(written):
        findings.add("AS013", "a comma or bracket inside an unquoted expression in { } or [ ]", place, help=_QUOTE)
    else:
        context = getattr(problem, "context", None)
        message = f"this is not YAML: {reason}" + (f" {context}" if context else "")
        help = "look for a missing bracket, quote, colon or space before this place"
        if "control characters" in reason:
            help = "take it out; a spec is plain text in UTF-8"
        elif "mapping values are not allowed" in reason:
            message = "this is not YAML: a `: ` where no key can stand"
            help = "put a text with `: ` in it in quotes, or look at the indentation"
        findings.add("AS001", message, place, help=help)


def _position(problem: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Where the reader stopped, which counts bytes."""
    before = text.encode()[: getattr(problem, "position", 0) or 0].decode("utf-8", "ignore")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _broken_expression(line: str) -> bool:
    """Whether the line has an unquoted `$(` with a comma or bracket in it, inside flow style."""
    start = line.find("$(")
    flow = max(line.find("{"), line.find("["))
    return (
        flow >= 0
        and start > min(i for i in (line.find("{"), line.find("[")) if i >= 0)
        and bool(re.search(r"[^\"']\$\([^)\"']*[,\[\]{}]", line))
    )
