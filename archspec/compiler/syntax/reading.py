"""YAML text to a tree of nodes, each with its place in the file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from archspec.compiler.syntax.events import build, build_partly
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Plain, Scalar, plain
from archspec.diagnostics import Findings, Span

__all__ = [
    "LARGEST",
    "Listing",
    "Mapping",
    "Node",
    "Plain",
    "Scalar",
    "decoded",
    "parse",
    "plain",
    "read",
    "read_bytes",
]

LARGEST = 1_000_000
"""Bytes in one file."""


def read(path: str | Path, findings: Findings) -> Node | None:
    """The tree of a file; None after reporting why it cannot be read."""
    data = read_bytes(str(path), findings)
    return None if data is None else parse(data, str(path), findings)


def read_bytes(path: str, findings: Findings) -> bytes | None:
    """The content of a regular file that is not too large; None after reporting why not."""
    if not path:
        findings.add("AS012", "the name of the file is empty", help="name a YAML file")
        return None
    place = Span(path, 1, 1, 1, 1)
    try:
        # Not blocking, so that opening a pipe that nobody writes to does not hang.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "its name is not a file name"
        findings.add("AS012", f"{path} cannot be read: {reason}", place, help="check the path and its permissions")
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            findings.add("AS012", f"{path} is not a file", place, help="name a YAML file")
            return None
        with open(handle, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1) if status.st_size <= LARGEST else b""
    finally:
        os.close(handle)
    if status.st_size > LARGEST or len(data) > LARGEST:
        message = f"{path} has {status.st_size:,} bytes; {LARGEST:,} is the limit for a spec"
        findings.add("AS005", message, place, help="is this the right file?")
        return None
    return data


def parse(text: str | bytes, file: str, findings: Findings) -> Node | None:
    """The tree of a text; None after reporting what is wrong with it."""
    whole = decoded(text, file, findings)
    return None if whole is None else build(whole, file, findings)


def parse_partly(text: str, file: str, findings: Findings) -> tuple[Node | None, bool]:
    """The tree of a text, and whether it is whole; of a text with a mistake what stood before that."""
    whole = decoded(text, file, findings)
    return (None, False) if whole is None else build_partly(whole, file, findings)


def decoded(text: str | bytes, file: str, findings: Findings) -> str | None:
    """The text of a file without its byte order mark, kept among the sources; None after reporting what is wrong."""
    whole = _utf8(text, file, findings) if isinstance(text, bytes) else _short_enough(text, file, findings)
    if whole is None:
        return None
    findings.sources[file] = whole.removeprefix("\ufeff")
    return findings.sources[file]


def _short_enough(text: str, file: str, findings: Findings) -> str | None:
    if len(text) > LARGEST:
        message = f"{file} has {len(text):,} characters; {LARGEST:,} is the limit for a spec"
        findings.add("AS005", message, Span(file, 1, 1, 1, 1))
        return None
    # Bytes of the command line that are not UTF-8 come as halves of pairs, which UTF-8 does not have.
    return text if text.isascii() else _utf8(text.encode("utf-8", "surrogatepass"), file, findings)


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
