"""Arrays in a NumPy .npz file, examples along their first axis."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from archspec.compiler.language.features import image_type
from archspec.compiler.language.forms.data import Arrays
from archspec.compiler.language.forms.kinds import (
    ClassKind,
    ClassMapKind,
    ImageKind,
    Kind,
    NumberKind,
    NumbersKind,
    WordsKind,
)
from archspec.compiler.language.suggestions import nearest
from archspec.diagnostics import Stop, stop
from archspec.files.limits import BYTES, limit
from archspec.files.regular import open_regular
from archspec.runtime.data.by_kind import of_kind
from archspec.runtime.data.columned import columned
from archspec.runtime.data.columns import Made, gathered
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.naming import printable, several
from archspec.runtime.data.vocabulary import read_vocabulary


def open_arrays(form: Arrays, split: str) -> Dataset:
    """All examples of the file, without splits; raises Stop."""
    name = printable(form.path)
    keys = {key for feature, kind in form.features.items() for key in _keys(feature, kind)}
    arrays = _loaded(form.path, keys)
    sizes = {key: len(array) if array.ndim else 0 for key, array in arrays.items()}
    size = next(iter(sizes.values()))
    if not size or set(sizes.values()) != {size}:
        listed = ", ".join(f"{key} has {found}" for key, found in sizes.items())
        raise stop("AS704", f"{name}: the arrays are of different lengths, or empty: {listed}", help="an example a row")
    made = gathered([_made(name, feature, kind, arrays) for feature, kind in form.features.items()])

    def identity(index: int) -> bytes:
        return b"\0".join(arrays[key][index].tobytes() for key in sorted(arrays))

    return columned(name, size, made, lambda index: f"example {index} of {name}", identity)


def _keys(feature: str, kind: Any) -> tuple[str, ...]:
    if isinstance(kind, NumbersKind):
        return kind.columns
    return (kind.source if kind.source is not None else feature,)


def _loaded(path: str, keys: set[str]) -> dict[str, np.ndarray]:
    """The arrays with these names; raises Stop. Sizes are held against the limit before anything is unpacked."""
    name = printable(path)
    try:
        with open_regular(path) as file:
            with zipfile.ZipFile(file) as archive:
                there = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
            _check_there(name, keys, there)
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return {key: archive[key] for key in sorted(keys)}
    except OSError as error:
        raise stop("AS703", f"{name} cannot be read: {error.strerror or error}", help="correct the path") from error
    except Stop:
        raise
    except Exception as error:
        # A damaged archive can make NumPy raise anything at all.
        raise stop(
            "AS704", f"{name} is no .npz file, or is damaged: {error}", help="write it with numpy.savez"
        ) from error


def _check_there(name: str, keys: set[str], there: dict[str, int]) -> None:
    missing = sorted(keys - there.keys())
    if missing:
        help = nearest(missing[0], there) or f"it has {several(sorted(there), 12)}"
        raise stop("AS717", f"{name} has no array `{missing[0]}`", help=help)
    total = sum(there[key] for key in keys)
    if total > limit(BYTES):
        message = f"the arrays of {name} are {total} bytes, and {BYTES} allows {limit(BYTES)}"
        raise stop("AS707", message, help=f"set {BYTES} in the environment if this is meant")


def _made(name: str, feature: str, kind: Kind, arrays: dict[str, np.ndarray]) -> Made:
    found = [arrays[key] for key in _keys(feature, kind)]
    return of_kind(_MAKERS, feature, kind)(name, feature, kind, found)


def _wrong(name: str, feature: str, kind: Kind, array: np.ndarray, wanted: str) -> Stop:
    found = f"{array.dtype} {'x'.join(map(str, array.shape))}"
    message = f"{name}: `{feature}` is {found}, and the kind {kind.NAME} wants {wanted}"
    return stop("AS718", message, help="save it so")


def _image(name: str, feature: str, kind: ImageKind, found: list[np.ndarray]) -> Made:
    (array,) = found
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise _wrong(name, feature, kind, found[0], "uint8 examples x height x width (x 1, 3 or 4)")
    return Made({feature: array}, {feature: image_type(*array.shape[1:])})


def _class(name: str, feature: str, kind: ClassKind, found: list[np.ndarray]) -> Made:
    (array,) = found
    names = kind.names
    if array.dtype.kind == "U" and array.ndim == 1:
        names = names or tuple(sorted(set(array.tolist())))
        strange = sorted(set(array.tolist()) - set(names))
        if strange:
            message = f"{name}: `{feature}` has {several(strange)}, which is no class"
            raise stop("AS718", message, help=f"the classes are {several(list(names), 12)}")
        array = np.array([names.index(one) for one in array.tolist()], np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1 or array.min() < 0:
        raise _wrong(name, feature, kind, found[0], "whole numbers from 0 on, or texts")
    known = {feature: tuple(map(printable, names))} if names else {}
    classes = len(names) or int(array.max()) + 1
    return Made({feature: array.astype(np.int64)}, {feature: replace(kind.type(), classes=classes)}, known)


def _number(name: str, feature: str, kind: NumberKind, found: list[np.ndarray]) -> Made:
    values = _as_floats(name, feature, kind, found[0])
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim != 1:
        raise _wrong(name, feature, kind, found[0], "one number an example")
    if kind.missing is None:
        return Made({feature: _finite(name, feature, values)}, kind.made(feature))
    known = (values != np.float32(kind.missing)) & ~np.isnan(values)
    arrays = {feature: _finite(name, feature, np.where(known, values, np.float32(0)))}
    return Made({**arrays, f"{feature}.known": known.astype(np.float32)}, kind.made(feature))


def _numbers(name: str, feature: str, kind: NumbersKind, found: list[np.ndarray]) -> Made:
    floats = [_as_floats(name, feature, kind, array) for array in found]
    values = np.stack(floats, -1) if all(array.ndim == 1 for array in floats) else floats[0]
    wanted = kind.type().shape
    if values.shape[1:] != wanted:
        raise _wrong(name, feature, kind, values, f"{wanted[0]} numbers an example (`count` says how many)")
    return Made({feature: _finite(name, feature, values)}, kind.made(feature))


def _as_floats(name: str, feature: str, kind: Kind, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iufb":
        raise _wrong(name, feature, kind, array, "numbers")
    return array.astype(np.float32)


def _finite(name: str, feature: str, values: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(1))
    if len(wrong):
        message = f"example {wrong[0]} of {name}: `{feature}` is not finite"
        raise stop("AS718", message, help="say which value means that it is not known: `missing: -1`")
    return values


def _map(name: str, feature: str, kind: ClassMapKind, found: list[np.ndarray]) -> Made:
    (array,) = found
    if array.dtype.kind not in "iu" or array.ndim != 3:
        raise _wrong(name, feature, kind, array, "whole numbers, examples x height x width")
    wrong = (array < 0) | (array >= kind.classes)
    if kind.ignore is not None:
        wrong &= array != kind.ignore
    if wrong.any():
        first = tuple(np.argwhere(wrong)[0])
        message = f"example {first[0]} of {name}: `{feature}` has the value {array[first]}"
        raise stop(
            "AS718", message, help=f"its classes are 0 to {kind.classes - 1}; `ignore` names one that counts nowhere"
        )
    return Made({feature: array.astype(np.int32)}, {feature: replace(kind.type(), shape=array.shape[1:])})


def _words(name: str, feature: str, kind: WordsKind, found: list[np.ndarray]) -> Made:
    (array,) = found
    if array.dtype.kind != "U" or array.ndim != 1:
        raise _wrong(name, feature, kind, array, "a text an example")
    vocabulary = read_vocabulary(kind)
    return Made({feature: np.stack([vocabulary.encoded(text) for text in array.tolist()])}, {feature: vocabulary.type})


_MAKERS: dict[type[Kind], Callable[[str, str, Any, list[np.ndarray]], Made]] = {
    ImageKind: _image,
    ClassKind: _class,
    NumberKind: _number,
    NumbersKind: _numbers,
    ClassMapKind: _map,
    WordsKind: _words,
}
