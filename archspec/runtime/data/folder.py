"""A folder with a folder of images for every class."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from archspec.compiler.language.forms.data import Folder
from archspec.diagnostics import stop
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.splits import choose_split, split_in

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_SPLIT_FOLDERS = ("train", "training", "validation", "valid", "val", "test")
_VALIDATION_TENTH = 0


def open_folder(form: Folder, split: str) -> Dataset:
    """The images of one split, sorted by path, their classes by name; raises Stop.

    With folders train, validation (val) or test below it, each is a split. Otherwise one image in ten is kept for
    validation, chosen by a hash of its path below the folder: an image stays where it is when others are added.
    """
    if not os.path.isdir(form.path):
        raise stop("AS703", f"there is no folder {form.path} in {os.getcwd()}")
    roots = split_folders(form.path)
    if not roots:
        split = choose_split(form.path, split, ["train", "validation"])
        names = _classes(form.path)
        files = [path for path in _images(form.path, names) if _split_of(path) == split]
        return _dataset(form.path, split, form.path, files, names)
    split = choose_split(form.path, split, roots)
    names = _classes(roots.get("train", roots[split]))
    _check_same_classes(roots[split], names)
    return _dataset(form.path, split, roots[split], _images(roots[split], names), names)


def split_folders(path: str) -> dict[str, str]:
    """The folder of every split, where folders are named train, validation, …"""
    found = [name for name in _visible_folders(path) if name.lower() in _SPLIT_FOLDERS]
    return {str(split_in(name)): os.path.join(path, name) for name in found}


def has_classes(path: str) -> bool:
    """Whether a folder below holds an image."""
    return any(
        name.lower().endswith(SUFFIXES)
        for folder in _visible_folders(path)
        for _, _, names in os.walk(os.path.join(path, folder))
        for name in names
    )


def _visible_folders(path: str) -> list[str]:
    return sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and not entry.name.startswith("."))


def _classes(root: str) -> tuple[str, ...]:
    names = tuple(_visible_folders(root))
    if not names:
        raise stop("AS703", f"{root} has no folders", help="put the images of every class into a folder of its own")
    return names


def _check_same_classes(root: str, names: tuple[str, ...]) -> None:
    strange = [name for name in _visible_folders(root) if name not in names]
    if strange:
        raise stop("AS703", f"{root} has the class {strange[0]}, which the training images have not")


def _images(root: str, names: Sequence[str]) -> list[str]:
    """The images of all classes, as sorted paths below `root`; raises Stop for any other file among them."""
    found = sorted(path for name in names for path in _files_below(root, name))
    others = [path for path in found if not path.lower().endswith(SUFFIXES)]
    if others:
        count = len(others) - 1
        more = f" and {count} more file{'s' if count > 1 else ''} are" if count else " is"
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise stop("AS711", f"{os.path.join(root, others[0])}{more} no image by name ({kinds})", help="take it away")
    return found


def _files_below(root: str, name: str) -> list[str]:
    found: list[str] = []
    for folder, inner, files in os.walk(os.path.join(root, name)):
        inner[:] = [one for one in inner if not one.startswith(".")]
        below = os.path.relpath(folder, root)
        found += [os.path.join(below, file) for file in files if not file.startswith(".")]
    return found


def _split_of(path: str) -> str:
    """Train or validation, by nothing but the path below the data set's folder."""
    hashed = hashlib.sha256(path.replace(os.sep, "/").encode(errors="surrogateescape")).digest()
    return "validation" if int.from_bytes(hashed[:8], "big") % 10 == _VALIDATION_TENTH else "train"


def _dataset(name: str, split: str, root: str, files: list[str], names: tuple[str, ...]) -> Dataset:
    if not files:
        raise stop("AS703", f"{root} has no image for {split}", help=f"images end in {', '.join(SUFFIXES)}")
    numbers = {class_name: number for number, class_name in enumerate(names)}
    with tf.device("/cpu:0"):
        paths = tf.constant(np.array([os.fsencode(os.path.join(root, file)) for file in files], object))
        labels = tf.constant([numbers[file.split(os.sep, 1)[0]] for file in files], tf.int64)

    def read(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.io.read_file(paths[index]), labels[index]

    return Dataset(name, split, len(files), names, read, lambda index: os.path.join(root, files[index]))
