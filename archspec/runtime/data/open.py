"""A data set from what a spec says or from what stands behind --data."""

from __future__ import annotations

import glob
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archspec.compiler.language.fields import Form
from archspec.compiler.language.forms.data import Cifar10, Data, Featured, Folder, Mnist, Pairs, Sample, TFRecord
from archspec.compiler.training.places import Places
from archspec.diagnostics import Stop, stop
from archspec.runtime.data.cifar10 import cifar_batches
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.listing import holds
from archspec.runtime.data.look import look_at
from archspec.runtime.data.mnist import mnist_splits
from archspec.runtime.data.naming import printable
from archspec.runtime.data.shards import shards_in
from archspec.runtime.data.views import split_apart, with_offset
from archspec.runtime.implementation import implementation

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def section_data(program: Program, section: str, argument: str | None, split: str, *, whole: bool = False) -> Dataset:
    """The examples of a section, `train` or `eval`; what is wrong with what the spec says of them has its line.

    An `eval` without data of its own has what `train.data` keeps for it; where it has, or where there is no `eval`,
    all of both are used. The other arguments are as in open_data.
    """
    whole = whole or (_apart(program) if argument is None else section == "train" and program.eval is None)
    own = program.eval.data if section == "eval" and program.eval is not None else None
    form = program.train.data if own is None and program.train is not None else own
    try:
        return open_data(form, argument, split, base=os.path.dirname(program.file), whole=whole)
    except Stop as problem:
        if argument is not None:
            raise
        place = Places(program.values, {}).of("eval.data" if own is not None else "train.data")
        raise Stop(*(replace(each, span=each.span or place) for each in problem.diagnostics)) from None


def _apart(program: Program) -> bool:
    """Whether training and evaluation have data of their own each, or there is only one of them."""
    if program.train is None or program.eval is None:
        return True
    return program.eval.data is not None and program.eval.data != program.train.data


def open_data(
    form: Data | None,
    argument: str | None,
    split: str,
    *,
    base: str = "",
    whole: bool = False,
    labels_offset: int | None = None,
) -> Dataset:
    """The examples of one split: of `argument` (`sample`, a folder, a file or pattern) if given, otherwise of `form`.

    `split` is "train" or "eval" for the split that fits, or a split's own name. Data without splits are all used if
    `whole`, or else divided as `held_out` says. Paths in `form` count from the folder `base`. The named features of
    `form`, its `labels_offset` and `held_out` hold for the data of `argument` too: they belong to the network and to
    the training. Raises Stop, also for what a look at the examples finds.
    """
    if argument is not None:
        source = _instead(argument, form, base)
    elif form is not None:
        source = from_folder(form, base)
    else:
        raise stop("AS700", "no data is given", help="name it in the spec, or say --data sample or --data DIR")
    offset = source.labels_offset if labels_offset is None else labels_offset
    dataset = with_offset(opened(source, split, whole), offset)
    look_at(dataset)
    return dataset


def opened(form: Data, split: str, whole: bool = False) -> Dataset:
    """The examples of one split, by the code that the form names; raises Stop."""
    wanted = form.split if form.split is not None and split in ("train", "eval") else split
    dataset: Dataset = implementation(form)(form, wanted)
    return dataset if dataset.split else split_apart(dataset, wanted, form.part_held_out(whole), whole)


def from_folder(form: Any, base: str) -> Any:
    """The form, and all forms in it, with its paths counted from a folder."""
    if not base:
        return form
    changes: dict[str, Any] = {}
    for name, value in form.values().items():
        if isinstance(value, Form):
            changes[name] = from_folder(value, base)
        elif isinstance(value, dict):
            changes[name] = {k: from_folder(v, base) if isinstance(v, Form) else v for k, v in value.items()}
        elif form.FIELDS[name].type.refers == "path" and isinstance(value, str):
            changes[name] = os.path.join(base, value)
    return form.replace(**changes)


def _instead(argument: str, form: Data | None, base: str) -> Data:
    """What reads `argument` in the place of a form: as it does, where it says what is to be read; raises Stop."""
    if isinstance(form, Pairs):
        return form.replace(source=_instead(argument, form.source, base))
    if isinstance(form, Featured) and argument != "sample":
        featured: Data = from_folder(form, base).replace(path=argument)
        return featured
    found = data_form(argument)
    if form is None:
        return found
    if isinstance(form, TFRecord) and isinstance(found, TFRecord):
        found = found.replace(features=from_folder(form, base).features)
    return found.replace(labels_offset=form.labels_offset, held_out=form.held_out, batches=form.batches)


def data_form(argument: str) -> Data:
    """What a spec would say for `sample`, a folder whose contents are recognized, or a pattern; raises Stop."""
    if argument == "sample":
        return Sample()
    if not os.path.isdir(argument):
        if glob.glob(argument):
            return TFRecord(pattern=argument)
        message = f"{printable(argument)} is neither sample nor a folder or file pattern that is there"
        raise stop("AS700", message, help="check the path")
    if mnist_splits(argument):
        return Mnist(path=argument)
    if cifar_batches(argument):
        return Cifar10(path=argument)
    if shards_in(argument):
        return TFRecord(pattern=argument)
    if holds(argument) is not None:
        return Folder(path=argument)
    raise stop("AS700", f"{printable(argument)} holds no data set that is known", help=_LOOKED_FOR)


_LOOKED_FOR = (
    "looked for: idx files (train-images-idx3-ubyte), CIFAR-10 batches (data_batch_1), TFRecord files "
    "(*.tfrecord, train-*-of-*), and a folder of images for every class"
)
