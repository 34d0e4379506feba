"""YAML text to a tree of nodes, each with its place in the file."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Union

from archspec.diagnostics import Findings, Span

Plain = Union[None, bool, int, float, str]

LARGEST = 1_000_000
"""Bytes in one file."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A YAML scalar: its YAML 1.2 core value, its text as written, and whether it was quoted."""

    value: Plain
    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A YAML sequence."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML mapping; keys are scalars and unique."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {key.text: i for i, (key, _) in enumerate(self.pairs)})

    def get(self, name: str) -> Node | None:
        """The value under a key, or None where the key is absent."""
        return self.pairs[self._index[name]][1] if name in self._index else None

    def key(self, name: str) -> Scalar | None:
        """The key itself, for its place."""
        return self.pairs[self._index[name]][0] if name in self._index else None

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.pairs)


Node = Union[Scalar, Listing, Mapping]


def plain(node: Node) -> object:
    """The node as plain Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.pairs}


def read(path: str | Path, findings: Findings) -> Node | None:
    """The tree of a file; None after reporting why it cannot be read."""
    data = read_bytes(str(path), findings)
    return None if data is None else parse(data, str(path), findings)


def read_bytes(path: str, findings: Findings) -> bytes | None:
    """The content of a regular file that is not too large; None after reporting why not."""
    place = Span(path, 1, 1, 1, 1)
    try:
        # Not blocking, so that opening a pipe that nobody writes to does not hang.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "its name is not a file name"
        findings.add("AS012", f"{path} cannot be read: {reason}", place, help="check the path and its permissions")
        return None
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            findings.add("AS012", f"{path} is not a file", place, help="name a YAML file")
            return None
        data = file.read(LARGEST + 1) if status.st_size <= LARGEST else b""
    if status.st_size > LARGEST or len(data) > LARGEST:
        message = f"{path} has {status.st_size:,} bytes; {LARGEST:,} is the limit for a spec"
        findings.add("AS005", message, place, help="is this the right file?")
        return None
    return data


def parse(text: str | bytes, file: str, findings: Findings) -> Node | None:
    """The tree of a text; None after reporting what is wrong with it."""
    from archspec.compiler.yaml_events import build

    decoded = _decoded(text, file, findings)
    return None if decoded is None else build(decoded, file, findings)


def _decoded(text: str | bytes, file: str, findings: Findings) -> str | None:
    if isinstance(text, bytes):
        decoded = _utf8(text, file, findings)
        return None if decoded is None else decoded.removeprefix("\ufeff")
    if len(text) > LARGEST:
        message = f"{file} has {len(text):,} characters; {LARGEST:,} is the limit for a spec"
        findings.add("AS005", message, Span(file, 1, 1, 1, 1))
        return None
    return text.removeprefix("\ufeff")


def _utf8(data: bytes, file: str, findings: Findings) -> str | None:
    help = "save the file as UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.add("AS004", f"{file} is UTF-16, not UTF-8", Span(file, 1, 1, 1, 1), help=help)
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        place = Span(file, line, column, line, column + 1)
        findings.add("AS004", f"byte 0x{data[problem.start]:02x} is not UTF-8", place, help=help)
        return None
