"""A folder with a folder of images for every class."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from archspec.compiler.language.features import class_type, image_type
from archspec.compiler.language.forms.data import Folder
from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.runtime.data.arrangement import Arrangement, arrangement
from archspec.runtime.data.dataset import Dataset, Example
from archspec.runtime.data.listing import SUFFIXES, Listing, holds, list_below, no_folder, systems_in, visible_folders
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.splits import choose_split


def open_folder(form: Folder, split: str) -> Dataset:
    """The images of one split, sorted by path, their classes by name; raises Stop.

    With folders train, validation (val) or test below it, each is a split; otherwise all images come, without a split.
    """
    if not os.path.isdir(form.path):
        raise no_folder(form.path)
    found = arrangement(form.path)
    if found.splits and (form.held_out is None or set(found.splits) != {"train"}):
        split = choose_split(printable(form.path), split, found.splits)
        return _of_split(form.path, found, split)
    return _of_all(form.path, found.splits.get("train", form.path), found)


def _of_split(path: str, found: Arrangement, split: str) -> Dataset:
    """The images of one split's folder, with the classes of the training images."""
    root = found.splits[split]
    names, left_out = _classes(found.splits.get("train", root))
    strange = [name for name in visible_folders(root) if name not in names and holds(os.path.join(root, name))]
    if strange:
        message = f"{printable(root)} has the class {printable(strange[0])}, which the training images have not"
        raise stop("AS703", message, help="give it images for training, or take it away")
    files, systems = _images(root, [name for name in names if os.path.isdir(os.path.join(root, name))])
    warnings = (*found.warnings, *_left_out(root, left_out + systems))
    return _dataset(_Part(path, split, root, files, names, warnings))


def _of_all(name: str, root: str, found: Arrangement) -> Dataset:
    """All images of the folder that was named; `root` is the one whose folders are classes."""
    names, left_out = _classes(root)
    files, systems = _images(root, names)
    warnings = (*found.warnings, *_left_out(root, left_out + systems))
    return _dataset(_Part(name, "", root, files, names, warnings))


def _classes(root: str) -> tuple[list[str], list[str]]:
    """The folders with images; and what is left out: those without, systems' own, pictures that are in no folder."""
    folders = visible_folders(root)
    if not folders:
        help = "put the images of every class into a folder of its own"
        raise stop("AS703", f"{printable(root)} has no folders", help=help)
    full = [name for name in folders if holds(os.path.join(root, name)) is not None]
    if not full:
        raise stop("AS703", f"the folders of {printable(root)} have no image", help=_ENDINGS)
    pictures = [name for name in sorted(os.listdir(root)) if name.lower().endswith(SUFFIXES) and name not in folders]
    loose = [f"{name} (in no folder of a class)" for name in pictures if not name.startswith(".")]
    return full, [*systems_in(root), *(f"{name} (no image)" for name in folders if name not in full), *loose]


_ENDINGS = f"images end in {', '.join(SUFFIXES)}"


def _images(root: str, names: list[str]) -> tuple[list[str], list[str]]:
    """The images of all classes and systems' files among them, as paths below `root`; raises Stop for others."""
    found = [list_below(root, name) for name in names]
    problems = [problem for listing in found for problem in _problems(root, listing)]
    others = [path for listing in found for path in listing.others]
    if others:
        verb = "is no image by name" if len(others) == 1 else "are no images by name"
        message = f"{several([os.path.join(root, path) for path in others])} {verb}"
        problems.append(Diagnostic("AS711", message, help=f"take away what is none; {_ENDINGS}"))
    if problems:
        raise Stop(*problems)
    images = sorted(path for listing in found for path in listing.images)
    return images, [path for listing in found for path in listing.systems]


def _problems(root: str, listing: Listing) -> list[Diagnostic]:
    return [
        Diagnostic("AS709", f"{printable(os.path.join(root, path))} is {kind}, and no file", help="take it away")
        for path, kind in listing.irregular
    ]


def _left_out(root: str, paths: list[str]) -> list[Diagnostic]:
    if not paths:
        return []
    message = f"left out of {printable(root)}: {several(paths, 5)}"
    return [Diagnostic("AS708", message, help="take away what is no class and no image", severity="warning")]


def _identity(path: str) -> bytes:
    """An image is held out or not by nothing but its path below the data set's folder."""
    return os.fsencode(path.replace(os.sep, "/"))


@dataclass(frozen=True)
class _Part:
    """One split's files, paths below `root`, of a data set whose classes are `folders`."""

    name: str
    split: str
    root: str
    files: list[str]
    folders: list[str]
    warnings: tuple[Diagnostic, ...]


def _dataset(part: _Part) -> Dataset:
    if not part.files:
        raise stop("AS703", f"{printable(part.root)} has no image for {part.split}", help=_ENDINGS)
    numbers = {folder: number for number, folder in enumerate(part.folders)}
    paths = tuple(os.path.join(part.root, file) for file in part.files)
    labels = np.array([numbers[file.split(os.sep, 1)[0]] for file in part.files], np.int64)
    with tf.device("/cpu:0"):
        path_tensor = tf.constant(np.array(list(map(os.fsencode, paths)), object))
        label_tensor = tf.constant(labels)

    def read(index: tf.Tensor, seed: tf.Tensor) -> Example:
        return {"image": tf.io.read_file(path_tensor[index]), "label": label_tensor[index]}

    def place(index: int) -> str:
        return printable(paths[index])

    names = tuple(map(printable, part.folders))
    features = {"image": image_type(), "label": class_type(len(names))}
    dataset = Dataset(printable(part.name), part.split, len(paths), features, read, place, {"label": names}, labels)
    identity = None if part.split else lambda index: _identity(part.files[index])
    return replace(dataset, identity=identity, paths={"image": paths}, warnings=part.warnings)
