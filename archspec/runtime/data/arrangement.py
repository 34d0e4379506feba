"""Whether the folders of a folder are splits or classes, and what is left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from archspec.diagnostics import Diagnostic, stop
from archspec.runtime.data.listing import holds, visible_folders
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.splits import split_in

_SPLIT_FOLDERS = ("train", "training", "validation", "valid", "val", "test")


@dataclass(frozen=True)
class Arrangement:
    """The folder of every split, if folders are splits, otherwise none; and what a user may not have meant."""

    splits: dict[str, str]
    warnings: tuple[Diagnostic, ...]


def arrangement(path: str) -> Arrangement:
    """How a folder of images is laid out; raises Stop where its splits hold no classes.

    A folder is a split if its name says so and its images lie in folders of their own. A name that only resembles one
    (training_set) counts where all folders with images have such names.
    """
    inside = {name: holds(os.path.join(path, name)) for name in visible_folders(path)}
    full = {name: place for name, place in inside.items() if place is not None}
    named = _named_for_splits(full)
    splits = [name for name in named if full[name] == "below"]
    if named and not splits and len(named) == len(full):
        raise stop(
            "AS703",
            f"{printable(path)} has the splits {several(named)}, whose images lie in no folders",
            help="put the images of every class into a folder of its own, in each split",
        )
    if not splits:
        return Arrangement({}, tuple(_class_warnings(path, full, named)))
    return Arrangement(_roots(path, splits), tuple(_split_warnings(path, full, splits)))


def _named_for_splits(full: dict[str, str]) -> list[str]:
    exact = [name for name in full if name.lower() in _SPLIT_FOLDERS]
    similar = [name for name in full if split_in(name) is not None]
    return similar if len(similar) == len(full) else exact


def _roots(path: str, names: list[str]) -> dict[str, str]:
    roots: dict[str, str] = {}
    for name in names:
        split = str(split_in(name))
        if split in roots:
            both = f"{printable(os.path.basename(roots[split]))} and {printable(name)}"
            raise stop("AS703", f"{printable(path)} has two folders for {split}: {both}", help="take one of them away")
        roots[split] = os.path.join(path, name)
    return roots


def _split_warnings(path: str, full: dict[str, str], splits: list[str]) -> Iterator[Diagnostic]:
    beside = [name for name in full if name not in splits]
    if beside:
        message = f"{printable(path)} has splits ({several(splits)}): the images of {several(beside)} are left out"
        yield _warning(message, "if they are classes, put all classes into one folder and name that")


def _class_warnings(path: str, full: dict[str, str], named: list[str]) -> Iterator[Diagnostic]:
    if named:
        message = f"{printable(path)}: the folder {several(named)} is taken for a class, as it holds images directly"
        yield _warning(message, "if it is a split, put the images of every class into a folder of its own in it")
    if len(full) == 1:
        yield _one_class(path, *full.items())


def _one_class(path: str, only: tuple[str, str]) -> Diagnostic:
    name, place = only
    message = f"all images of {printable(path)} are of one class, {printable(name)}"
    if place == "directly":
        return _warning(message, "a folder for every class is expected there")
    below = os.path.join(path, name)
    return _warning(f"{message}, whose folders are {several(visible_folders(below))}", f"name {printable(below)}")


def _warning(message: str, remedy: str) -> Diagnostic:
    return Diagnostic("AS708", message, help=remedy, severity="warning")
