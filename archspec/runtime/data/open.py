"""A data set from what a spec says or from what stands behind --data."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archspec.compiler.language.forms.data import Cifar10, Data, Folder, Mnist, Sample, TFRecord
from archspec.diagnostics import stop
from archspec.runtime.data.cifar10 import cifar_batches, open_cifar10
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.folder import open_folder
from archspec.runtime.data.listing import holds
from archspec.runtime.data.look import look_at
from archspec.runtime.data.mnist import mnist_splits, open_mnist
from archspec.runtime.data.sample import open_sample
from archspec.runtime.data.shards import shards_in
from archspec.runtime.data.tfrecord import open_tfrecord

SOURCES: dict[type[Data], Callable[[Any, str], Dataset]] = {
    Sample: open_sample,
    TFRecord: open_tfrecord,
    Folder: open_folder,
    Mnist: open_mnist,
    Cifar10: open_cifar10,
}
"""By form: a function of the form and a split ("train", "eval", or its own name)."""


def open_data(form: Data | None, argument: str | None, split: str, *, labels_offset: int | None = None) -> Dataset:
    """The examples of one split: of `argument` (`sample`, a folder, a file pattern) if given, otherwise of `form`.

    `split` is "train" or "eval" for the split that fits, or a split's own name. `labels_offset` is the form's where
    it is not given, also for the data of `argument`: it belongs to the network's numbers. Raises Stop.
    """
    source = data_form(argument) if argument is not None else form
    if source is None:
        raise stop("AS700", "no data is given", help="name it in the spec, or say --data sample or --data DIR")
    if labels_offset is None:
        labels_offset = form.labels_offset if form is not None else 0
    wanted = source.split if source.split is not None and split in ("train", "eval") else split
    dataset = replace(SOURCES[type(source)](source, wanted), labels_offset=labels_offset)
    look_at(dataset)
    return dataset


def data_form(argument: str) -> Data:
    """What a spec would say for `sample`, a folder whose contents are recognized, or a pattern; raises Stop."""
    if argument == "sample":
        return Sample()
    if not os.path.isdir(argument):
        if glob.glob(argument):
            return TFRecord(pattern=argument)
        message = f"{argument} is neither sample nor a folder or file pattern that is there"
        raise stop("AS700", message, help="check the path")
    if mnist_splits(argument):
        return Mnist(path=argument)
    if cifar_batches(argument):
        return Cifar10(path=argument)
    if shards_in(argument):
        return TFRecord(pattern=argument)
    if holds(argument) is not None:
        return Folder(path=argument)
    raise stop("AS700", f"{argument} holds no data set that is known", help=_LOOKED_FOR)


_LOOKED_FOR = (
    "looked for: idx files (train-images-idx3-ubyte), CIFAR-10 batches (data_batch_1), TFRecord files "
    "(*.tfrecord, train-*-of-*), and a folder of images for every class"
)
