"""Names of files as text that every terminal and file can take."""

from __future__ import annotations


def printable(name: str) -> str:
    r"""A file's name with bytes that are no UTF-8 as \xe9, line breaks as \n, and so on."""
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in readable)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def several(names: list[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    more = len(names) - most
    shown = ", ".join(map(printable, names[:most]))
    return shown if more <= 0 else f"{shown} and {more} more"
