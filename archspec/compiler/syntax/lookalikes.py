"""Characters that look like others, as word processors and web pages put them into texts: found, and called by name."""

from __future__ import annotations

import re
import unicodedata

_LIKE = {
    '"': "201c 201d 201e 00ab 00bb 2033 ff02",
    "'": "2018 2019 2032 00b4 ff07",
    "-": "2010 2011 2012 2013 2014 2212 fe63 ff0d 2022",
    ":": "ff1a a789 2236",
    ",": "ff0c 201a",
    "[": "ff3b",
    "]": "ff3d",
    "{": "ff5b",
    "}": "ff5d",
    "#": "ff03",
    "(": "ff08",
    ")": "ff09",
    "$": "ff04",
    "a": "0430 03b1",
    "c": "0441",
    "e": "0435",
    "i": "0456 0131",
    "j": "0458",
    "o": "043e 03bf",
    "p": "0440",
    "s": "0455",
    "v": "03bd",
    "x": "0445",
    "y": "0443",
}
"""ASCII characters with the numbers of those that look like them."""

_LOOKS_LIKE = {chr(int(number, 16)): plain for plain, numbers in _LIKE.items() for number in numbers.split()}
_STRANGE = f"[{''.join(_LOOKS_LIKE)}\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]"


def lookalike(text: str) -> int | None:
    """Where the first character of a text is that looks like another one, or like none at all."""
    found = None if text.isascii() else re.search(_STRANGE, text)
    return found.start() if found else None


def described(letter: str) -> str:
    """`NO-BREAK SPACE (U+00A0), which is no plain space`."""
    name = unicodedata.name(letter, "a character without a name")
    like = _LOOKS_LIKE.get(letter)
    looks = f"no `{like}`" if like else "no plain space" if unicodedata.category(letter) == "Zs" else "not to be seen"
    return f"{name} (U+{ord(letter):04X}), which is {looks}"


def plain_letters(text: str) -> str:
    """The text with what such characters look like, and without those that look like nothing."""
    letters = (_LOOKS_LIKE.get(letter, "" if re.match(_STRANGE, letter) else letter) for letter in text)
    return "".join(letters)
