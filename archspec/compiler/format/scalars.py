"""Scalars as text: quotes only where YAML or a reader's eye needs them."""

from __future__ import annotations

import json
import re
from typing import Any

from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from archspec.compiler.format.styled import Word
from archspec.compiler.syntax.scalars import core_value

KINDS = frozenset(("int", "float", "bool", "str", "list", "any"))
"""Words that name a type where they are plain, and are a text where they are quoted."""

_PLAIN = re.compile(r"(?!\.\.\.)[\w$(./][^\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]*(?<! )")
_IN_FLOW = re.compile(r"[,\[\]{}?]|:(?![\w/])")
_IN_BLOCK = re.compile(r": |:$| #")
_ODD = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
# YAML 1.1 tools read these as booleans.
_SWITCHES = frozenset(("y", "Y", "n", "N"))
_ELSEWHERE: Any = Resolver()


def written(word: Word, flow: bool) -> str:
    """A scalar or alias on one line, as it is written inside flow style or outside."""
    if word.style == "*":
        return f"*{word.value}"
    if word.style is None and "\n" not in word.value:
        return (word.properties + word.value).rstrip(" ")
    plain = word.style is not None and may_be_plain(word.value, flow)
    return word.properties + (word.value if plain else quoted(word.value))


def may_be_plain(text: str, flow: bool) -> bool:
    """Whether a text means the same without quotes, here and to readers of YAML 1.1."""
    if text in KINDS or text in _SWITCHES or not _PLAIN.fullmatch(text) or _IN_BLOCK.search(text):
        return False
    if flow and _IN_FLOW.search(text):
        return False
    elsewhere = _ELSEWHERE.resolve(ScalarNode, text, (True, False))
    return isinstance(core_value(text), str) and elsewhere == "tag:yaml.org,2002:str"


def quoted(text: str) -> str:
    """A text in double quotes, or in single ones where that saves escapes."""
    simple = text.isprintable() and not _ODD.search(text)
    if simple and ("\\" in text or '"' in text):
        return "'" + text.replace("'", "''") + "'"
    return _ODD.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


def literal(text: str, indent: int) -> tuple[str, list[str]] | None:
    """The header and lines of a text in | style; None where only quotes can hold it."""
    if not text.strip("\n") or _ODD.search(text) or any(letter < " " and letter not in "\n\t" for letter in text):
        return None
    return "|" + _header(text), _indented(text.removesuffix("\n").split("\n"), indent)


def folded(word: Word, source: str, indent: int) -> tuple[str, list[str]] | None:
    """The header and lines of a text in > style, its line breaks kept; None where that is not plain to see."""
    header, _, body = source.partition("\n")
    lines = body.rstrip("\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    depth = len(first) - len(first.lstrip(" "))
    if re.search(r"[0-9+]", header.partition("#")[0]) or _ODD.search(source) or literal(word.value, indent) is None:
        return None
    if word.value[:1] in " \n\t" or word.value.endswith("\n\n") or any(line != line.rstrip() for line in lines):
        return None
    return ">" + _header(word.value), _indented([line[depth:] for line in lines], indent)


def _header(text: str) -> str:
    """The indentation where it cannot be seen, and whether the last line breaks belong to the text."""
    indentation = "2" if text[0] in " \n\t" else ""
    return indentation + ("+" if text.endswith("\n\n") else "" if text.endswith("\n") else "-")


def _indented(lines: list[str], indent: int) -> list[str]:
    return [" " * indent + line if line else "" for line in lines]
