"""What the result of a training depends on, as text that two runs are compared by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.language.fields import Form
from archspec.diagnostics import Note, Stop, stop

if TYPE_CHECKING:
    from archspec.compiler.program import Program
    from archspec.runtime.data.dataset import Dataset

_FREE = ("steps", "epochs", "save", "keep", "best", "early_stopping", "data", "initialize")
_MAY_CHANGE = {f"train.{name}" for name in _FREE}
"""What a resumed training may have otherwise; the data itself is compared, not where it lies."""

_SAMPLED = 16
"""How many examples are read to tell one data set from another."""


def settings(program: Program, data: Dataset) -> dict[str, str]:
    """{name: value as text}, without what has its default: a field that a later release adds changes no older run."""
    found = {"layers": _layers(program), "data": fingerprint(data)}
    if program.train is not None:
        found |= {f"train.{name}": _text(value) for name, value in _unusual(program.train).items()}
    return found


def spelled_out(program: Program, *more: object) -> str:
    """All that ranks must have alike before they look at data."""
    sections = [_text(section) for section in (program.train, program.eval) if section is not None]
    return repr((_layers(program), sections, list(map(str, more))))


def fingerprint(data: Dataset) -> str:
    """A data set by what is in it, wherever it lies: how many examples, the classes, and a hash of some examples."""
    digest = hashlib.sha256(repr((data.size, sorted(data.class_names.items()))).encode("utf-8", "surrogateescape"))
    for index in np.linspace(0, data.size - 1, min(_SAMPLED, data.size)).astype(np.int64):
        for part in tf.nest.flatten(data.example(tf.constant(index, tf.int64))):
            digest.update(tf.io.serialize_tensor(part).numpy())
    classes = "" if data.classes is None else f", {len(data.classes)} classes"
    return f"{data.size} examples{classes}, {digest.hexdigest()[:16]}"


def changed(old: dict[str, Any], new: dict[str, str]) -> list[str]:
    """The names of the settings that differ, of those that must not."""
    names = [name for name in {**old, **new} if name not in _MAY_CHANGE]
    return [name for name in names if old.get(name) != new.get(name)]


def other_settings(folder: object, old: dict[str, Any], new: dict[str, str], names: list[str], *more: Note) -> Stop:
    """The Stop for a run that was made from other settings."""
    notes = [Note(f"{name} was {_said(old, name)}, and is {_said(new, name)}") for name in names if name != "layers"]
    notes += more
    help = "resume with the spec, settings and data of the run, or start another with --run"
    return stop("AS735", f"{folder} was trained with other {', '.join(names)}", *notes, help=help)


def other_classes(old: Sequence[str], new: Sequence[str]) -> list[Note]:
    """Which classes are new and which are gone, where names differ."""
    added, gone = [name for name in new if name not in old], [name for name in old if name not in new]
    said = [f"{', '.join(names[:10])} {what}" for names, what in ((gone, "was there"), (added, "is new")) if names]
    return [Note(f"of the classes {' and '.join(said)}")] if said else []


def _said(found: dict[str, Any], name: str) -> str:
    return str(found.get(name, "left at its default"))


def _layers(program: Program) -> str:
    nodes = [f"{n.path} {_text(n.op)} {n.inputs} {n.shape} {n.variable_path}" for n in program.graph.nodes.values()]
    return hashlib.sha256("\n".join(nodes).encode("utf-8", "surrogateescape")).hexdigest()


def _unusual(form: Form) -> dict[str, Any]:
    """The fields of a form that do not have their default."""
    return {name: value for name, value in form.values().items() if value != form.FIELDS[name].default}


def _text(value: Any) -> str:
    if isinstance(value, Form):
        return f"{value.NAME}({', '.join(f'{k}: {_text(v)}' for k, v in _unusual(value).items())})"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {_text(v)}' for k, v in value.items())}}}"
    return str(value)
