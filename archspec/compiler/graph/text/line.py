"""One line of a graph's text, read from left to right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from archspec.compiler.graph.text.writing import NAME
from archspec.compiler.language.fields import Field, Form
from archspec.compiler.language.op import Shape
from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.language.values import WrongValue

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SHAPE = re.compile(r"scalar(?![\w.])|(?:[0-9]{1,9}|\?)(?:x(?:[0-9]{1,9}|\?))*(?![\w.])")
_SIZES = re.compile(r"[0-9]{1,9}(?:x[0-9]{1,9}){1,2}(?![\w.])")
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]+)?([eE][-+]?[0-9]+)?(?![\w.])")
_CONSTANTS = {"null": None, "true": True, "false": False}
_CONSTANT = re.compile(r"(?:null|true|false)(?![\w./+-])")
_DEEPEST = 20

_Item = TypeVar("_Item")
_Form = TypeVar("_Form", bound=Form)


class WrongLine(Exception):
    """The line is not what it should be: a code, a column from 1, and a sentence."""

    def __init__(self, code: str, column: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.column = column


class Line:
    """A position in a line; every reader moves it on, or raises WrongLine."""

    def __init__(self, content: str, registry: Registry) -> None:
        self.content = content
        self.registry = registry
        self.position = 0
        self.depth = 0
        self._space()

    @property
    def column(self) -> int:
        """The column, from 1."""
        return self.position + 1

    def _space(self) -> None:
        while self.position < len(self.content) and self.content[self.position] in " \t\r":
            self.position += 1

    def wrong(self, code: str, message: str) -> WrongLine:
        """What is wrong here."""
        return WrongLine(code, self.column, message)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.content, self.position)
        if match:
            self.position = match.end()
            self._space()
        return match

    def at(self, text: str) -> bool:
        """Whether this text comes next."""
        return self.content.startswith(text, self.position)

    def skip(self, text: str) -> bool:
        """Move past the text, if it comes next."""
        if not self.at(text):
            return False
        self.position += len(text)
        self._space()
        return True

    def expect(self, text: str) -> None:
        """Move past the text."""
        if not self.skip(text):
            raise self.wrong("AS380", f"expected `{text}`, {self._found()}")

    def _found(self) -> str:
        rest = self.content[self.position :].split(maxsplit=1)
        return f"found `{rest[0][:40]}`" if rest else "found the end of the line"

    def end(self) -> None:
        """Nothing comes after."""
        if self.position < len(self.content):
            raise self.wrong("AS380", f"expected the end of the line, {self._found()}")

    def name(self) -> str:
        """A name or path, quoted or not."""
        start = self.column
        quoted = self._take(_QUOTED)
        if quoted:
            try:
                return str(json.loads(quoted[0]))
            except json.JSONDecodeError:
                raise WrongLine("AS380", start, "this text in quotes is not as JSON has it") from None
        match = self._take(NAME)
        if not match:
            raise self.wrong("AS380", f"expected a name, {self._found()}")
        return match[0]

    def one_of(self, names: Iterable[str], what: str, where: str = "") -> str:
        """One of these words; `what` they are and `where`, for the message."""
        start = self.column
        match = self._take(_WORD)
        known = list(names)
        if match and match[0] in known:
            return match[0]
        offer = nearest(match[0], known) if match else None
        found = f"{f'{where} has' if where else 'there is'} no {what} `{match[0]}`" if match else ""
        found = found or f"expected the name of a {what}, {self._found()}"
        raise WrongLine("AS381", start, found + (f"; {offer}" if offer else ""))

    def shape(self) -> Shape:
        """A shape such as 35x35x288."""
        match = self._take(_SHAPE)
        if not match:
            raise self.wrong("AS380", f"expected a shape such as 35x35x288, {self._found()}")
        sizes = () if match[0] == "scalar" else match[0].split("x")
        return tuple(None if size == "?" else int(size) for size in sizes)

    def dtype(self) -> str:
        """A dtype, if one comes; else float32."""
        ends = self.position == len(self.content) or any(map(self.at, ("@", "of ", ";", "~")))
        return "float32" if ends else self.name()

    def listed(self, item: Callable[[], _Item], close: str) -> tuple[_Item, ...]:
        """Items with commas between them, up to the closing mark."""
        if self.skip(close):
            return ()
        items = [item()]
        while self.skip(","):
            items.append(item())
        self.expect(close)
        return tuple(items)

    def form(self, cls: type[_Form]) -> _Form:
        """A form's fields in braces; the others have their defaults."""
        start, said = self.column, dict[str, Any]()
        if self.skip("{"):
            said = dict(self.listed(lambda: self._field(cls), "}"))
        missing = [name for name, declared in cls.FIELDS.items() if declared.required and name not in said]
        if missing:
            raise WrongLine("AS382", start, f"`{cls.NAME}` needs `{missing[0]}`")
        return cls(**said)

    def form_of(self, family: str) -> Form:
        """A form of a family by its name, with its fields in braces."""
        known = self.registry.members(family)
        return self.form(known[self.one_of(known, family)])

    def _field(self, cls: type[Form]) -> tuple[str, Any]:
        name = self.one_of(cls.FIELDS, "field", f"`{cls.NAME}`")
        self.expect(":")
        start, declared = self.column, cls.FIELDS[name]
        try:
            return name, declared.read(self._value(declared))
        except WrongValue as problem:
            raise WrongLine("AS382", start, f"`{name}` of `{cls.NAME}` must be {problem}") from None

    def _value(self, declared: Field) -> Any:
        if self.skip("["):
            return self._nested(lambda: list(self.listed(lambda: self._value(declared), "]")))
        constant = self._take(_CONSTANT)
        if constant:
            return _CONSTANTS[constant[0]]
        if declared.type.family:
            known = self.registry.members(declared.type.family)
            kind = self.one_of(known, declared.type.family)
            return self._nested(lambda: self.form(known[kind]))
        sizes, number = self._take(_SIZES), self._take(_NUMBER)
        if sizes:
            return tuple(map(int, sizes[0].split("x")))
        if number:
            return float(number[0]) if number[1] or number[2] else int(number[0])
        return self.name()

    def _nested(self, read: Callable[[], _Item]) -> _Item:
        if self.depth >= _DEEPEST:
            raise self.wrong("AS380", "this is nested too deeply")
        self.depth += 1
        try:
            return read()
        finally:
            self.depth -= 1
