"""Which files a command means by the paths on its command line: specs, and nothing else that lies in a folder."""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from archspec.compiler.language.suggestions import closest
from archspec.compiler.syntax.reading import LARGEST
from archspec.dataclass import dataclass, field
from archspec.diagnostics import Findings

_SUFFIXES = (".yaml", ".yml")
_OF_A_RUN = ("run.json", "metrics.jsonl")
"""A folder with one of these is a run's, and holds copies of specs."""

_VERSION = rb"""(?m)^(?:\{\s*)?["']?archspec["']?\s*:"""
_FIRST_KEY = rb"""(?:\s*(?:#[^\n]*)?\n)*(?:---[^\n]*\n)?(?:\s*(?:#[^\n]*)?\n)*["']?(\w+)["']?\s*:"""


def add_exclude(parser: argparse.ArgumentParser) -> None:
    """Registers --exclude."""
    about = "leave out files and folders of this name or path in folders, such as 'old_*'; may be repeated"
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help=about)


@dataclass
class Named:
    """The files that were named, and how many of which kind were left out of folders."""

    paths: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def named_files(paths: list[str], exclude: list[str], findings: Findings) -> Named:
    """Every file that is named, whatever it holds, and the specs in every folder; reports folders without any."""
    found = Named()
    for path in paths:
        if os.path.isdir(path):
            _search(path, exclude, found, findings)
        else:
            found.paths.append(path)
    found.paths = list(dict.fromkeys(found.paths))
    return found


def _search(folder: str, exclude: list[str], found: Named, findings: Findings) -> None:
    before, problems = len(found.paths), len(findings.items)
    for file in _files(folder, exclude, found.left_out, findings):
        if not os.path.isfile(file):
            found.left_out["not a file"] += 1
        elif not Path(file).resolve().is_relative_to(Path(folder).resolve()):
            found.left_out["a link that leads out"] += 1
        elif _is_spec(file):
            found.paths.append(file)
        else:
            found.left_out["no spec"] += 1
    if len(found.paths) == before and len(findings.items) == problems:
        help = "a spec is a file named *.yaml that begins with `archspec: 1`"
        findings.add("AS905", f"{folder} holds no spec", help=help)


def _files(folder: str, exclude: list[str], left_out: Counter[str], findings: Findings) -> Iterator[str]:
    """The YAML files below a folder, in order; no link is followed, nor a folder whose name begins with a dot."""

    def unreadable(problem: OSError) -> None:
        help = "check its permissions, or leave it out with --exclude"
        findings.add("AS012", f"{problem.filename} cannot be read: {problem.strerror}", help=help)

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        kept = []
        for name in sorted(folders):
            path = os.path.join(parent, name)
            reason = _reason(path, folder, exclude)
            if reason:
                left_out[reason] += 1
            elif not name.startswith("."):
                kept.append(name)
        folders[:] = kept
        for name in sorted(name for name in files if name.endswith(_SUFFIXES)):
            path = os.path.join(parent, name)
            if _excluded(path, folder, exclude):
                left_out["excluded"] += 1
            else:
                yield path


def _reason(path: str, folder: str, exclude: list[str]) -> str:
    """Why a folder is left out; "" where it is not."""
    if _excluded(path, folder, exclude):
        return "excluded"
    if os.path.islink(path):
        return "a linked folder"
    return "a run's folder" if any(os.path.isfile(os.path.join(path, name)) for name in _OF_A_RUN) else ""


def _excluded(path: str, folder: str, exclude: list[str]) -> bool:
    """Whether a pattern has the name of a file or folder, its path, or its path below the folder that is searched."""
    names = (os.path.basename(path), os.path.normpath(path), os.path.relpath(path, folder))
    return any(fnmatchcase(name, os.path.normpath(pattern)) for pattern in exclude for name in names)


def _is_spec(file: str) -> bool:
    """Whether a file says that it is a spec; one that cannot be read may be one, and is for its reader to report."""
    try:
        with open(file, "rb") as opened:
            data = opened.read(LARGEST)
    except OSError:
        return True
    if re.search(_VERSION, data):
        return True
    first = re.match(_FIRST_KEY, data.removeprefix(b"\xef\xbb\xbf"))
    return first is not None and closest(first[1].decode("utf-8", "replace"), ["archspec"]) is not None


def counted(number: int, what: str) -> str:
    """`1 spec`, `2 specs`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def left_out_sentence(left_out: Counter[str]) -> str:
    """`; left out: 2 (no spec), 1 (excluded)`, or nothing."""
    parts = [f"{number:,} ({reason})" for reason, number in sorted(left_out.items())]
    return f"; left out: {', '.join(parts)}" if parts else ""
