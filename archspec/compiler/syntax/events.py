"""The events of libyaml to nodes, with a stack of our own, so that no nesting can overflow Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml._yaml import CParser

from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.problems import QUOTE, report_problem
from archspec.compiler.syntax.scalars import core_value
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings, Note, Span

DEEPEST = 100
"""Lists and mappings inside one another."""

MOST_REPEATED = 100
"""Findings of keys that stand twice, after which the file is not read further."""

MOST_NODES = 200_000
"""Nodes in one document, those behind aliases counted wherever they are used."""


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
    builder = _Builder(text, file, findings)
    try:
        return builder.document()
    except _Refused:
        return None
    except yaml.YAMLError as problem:
        report_problem(problem, text, file, findings, builder.quoted)
        return None
    except RecursionError:
        findings.add("AS006", f"{file} is nested too deeply", Span(file, 1, 1, 1, 1))
        return None


def build_partly(text: str, file: str, findings: Findings) -> tuple[Node | None, bool]:
    """The tree of a document, and whether it is whole: of one with a mistake, what stood before that."""
    builder = _Builder(text, file, findings)
    before = len(findings.errors)
    try:
        builder.document()
        return builder.root, len(findings.errors) == before
    except _Refused:
        return builder.unfinished(), False
    except yaml.YAMLError as problem:
        report_problem(problem, text, file, findings, builder.quoted)
        return builder.unfinished(), False


class _Builder:
    """One pass over the events."""

    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self.text, self.file, self.findings = text, file, findings
        self.parser: Any = CParser(text)
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.root: Node | None = None
        self.errors = len(findings.errors)
        self.quoted: Span | None = None
        """The last scalar, where it stands in quotes."""

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
        self.quoted = self.span(event) if event.style in ("'", '"') else None
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

    def unfinished(self) -> Node | None:
        """The tree of what has been read: what is open ends after its last child, a key without a value is null."""
        while self.stack:
            top = self.stack.pop()
            start, children = self.span(top.event), top.children
            last = children[-1].span if children else start
            if isinstance(top.event, yaml.MappingStartEvent) and len(children) % 2:
                end = Span(self.file, last.end_line, last.end_column, last.end_line, last.end_column)
                children.append(Scalar(None, "", end))
            span = Span(self.file, start.line, start.column, last.end_line, last.end_column)
            node: Node = Listing(tuple(children), span)
            if isinstance(top.event, yaml.MappingStartEvent):
                keys = [key for key in children[0::2] if isinstance(key, Scalar)]
                node = Mapping(tuple(zip(keys, children[1::2], strict=True)), span)
            if self.stack:
                self.stack[-1].children.append(node)
            else:
                self.root = node
        return self.root

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
        elif "$(" not in node.text and node.text.count("(") < node.text.count(")"):
            self.torn(top.children[-1] if top.children else node, node)
        top.keys.setdefault(node.text, node.span)

    def torn(self, before: Node, rest: Scalar) -> None:
        """Refuse a key that is the rest of an expression, or of a list in the wrong brackets."""
        message, help = "a comma or bracket inside an unquoted expression in { } or [ ]", QUOTE
        if isinstance(before, Scalar) and before.text.startswith("("):
            message = "a list stands in [ ], not in ( )"
            help = f"write [{before.text[1:]}, {rest.text.removesuffix(')')}]"
        self.findings.add("AS013", message, rest.span, help=help)
        raise _Refused

    def check_key(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.event, yaml.MappingStartEvent) and len(top.children) % 2 == 0:
            self.refuse("AS009", "a key is a name, not a list or mapping", event, _BRACES)

    def check_tag(self, event: Any) -> None:
        if event.tag:
            self.refuse("AS008", f"the tag {event.tag} is not part of the language", event, "take the tag out")


_BRACES = "an expression is written $name or $(…)"
_EVENTS: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.SequenceStartEvent: _Builder.open,
    yaml.MappingStartEvent: _Builder.open,
    yaml.SequenceEndEvent: _Builder.close_list,
    yaml.MappingEndEvent: _Builder.close_mapping,
    yaml.ScalarEvent: _Builder.scalar,
    yaml.AliasEvent: _Builder.alias,
}
