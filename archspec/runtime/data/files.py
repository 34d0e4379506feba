"""Files that belong together by their names, images/a.jpg with masks/a.png; or one of each kind, whatever its name."""

from __future__ import annotations

import glob
import os
import re
from itertools import cycle, islice
from typing import Any

from archspec.compiler.language.forms.data import Files
from archspec.compiler.language.forms.kinds import ClassMapKind, ImageKind
from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.runtime.data.columned import columned
from archspec.runtime.data.columns import Made
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.listing import no_folder
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.shards import check_regular

_Found = dict[str, dict[tuple[str, ...], str]]
"""For each feature its files, by what stands for the pattern's wild cards."""

_WILD = {"**": "(.*)", "*": "([^/]*)", "?": "([^/])"}


def open_files(form: Files, split: str) -> Dataset:
    """The examples, without splits; raises Stop where a feature has no file, or none of a name that another one has."""
    name = printable(form.path)
    if not os.path.isdir(form.path):
        raise no_folder(form.path)
    patterns = {feature: _pattern(feature, kind) for feature, kind in form.features.items()}
    found = {feature: _by_name(form.path, pattern) for feature, pattern in patterns.items()}
    _check_there(name, patterns, found)
    if form.paired:
        _check_pairs(name, patterns, found)
    paths = {feature: tuple(files[key] for key in sorted(files)) for feature, files in found.items()}
    for files in paths.values():
        check_regular(files)
    size = max(map(len, paths.values()))
    paths = {feature: tuple(islice(cycle(files), size)) for feature, files in paths.items()}
    types = {key: one for feature, kind in form.features.items() for key, one in kind.made(feature).items()}
    first = next(iter(paths.values()))
    names = [sorted(files) for files in (list(found.values())[:1] if form.paired else found.values())]

    def identity(index: int) -> bytes:
        return os.fsencode("/".join(part for keys in names for part in keys[index % len(keys)]))

    return columned(name, size, Made({}, types, paths=paths), lambda index: printable(first[index]), identity)


def _pattern(feature: str, kind: Any) -> str:
    if not isinstance(kind, (ImageKind, ClassMapKind)):
        message = f"`{feature}` is a {kind.NAME}, and files hold features of the kinds image and class_map"
        raise stop("AS717", message, help="write a table with `csv`, whose columns name the files")
    pattern = kind.source if kind.source is not None else f"{feature}/*"
    if not any(letter in pattern for letter in "*?"):
        message = f"the pattern of `{feature}`, {printable(pattern)}, means one file"
        raise stop("AS717", message, help="write * for what tells examples apart, as in images/*.jpg")
    return pattern


def _by_name(folder: str, pattern: str) -> dict[tuple[str, ...], str]:
    """The files that match, by what stands for the pattern's wild cards."""
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    expression = re.compile("".join(_WILD.get(part) or re.escape(part) for part in parts), re.DOTALL)
    found = {}
    for path in glob.iglob(pattern, root_dir=folder, recursive=True):
        match = expression.fullmatch(path)
        if match is not None and not os.path.isdir(os.path.join(folder, path)):
            found[match.groups()] = os.path.join(folder, path)
    return found


def _check_there(name: str, patterns: dict[str, str], found: _Found) -> None:
    empty = [patterns[feature] for feature, files in found.items() if not files]
    if empty:
        raise stop("AS703", f"{name} has no file {several(empty)}", help="correct the pattern")


def _check_pairs(name: str, patterns: dict[str, str], found: _Found) -> None:
    everyone = {key for files in found.values() for key in files}
    problems = []
    for feature, files in found.items():
        lonely = sorted("/".join(key) for key in everyone - files.keys())
        if lonely:
            message = (
                f"{name}: {len(lonely)} of {len(everyone)} examples have no {patterns[feature]}: {several(lonely)}"
            )
            help = "files of one example have one name where the * stands, or write `paired: false`"
            problems.append(Diagnostic("AS719", message, help=help))
    if problems:
        raise Stop(*problems)
