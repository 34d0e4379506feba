"""Where examples come from; read by runtime/data."""

from __future__ import annotations

from archspec.compiler.language.fields import Form, field


class Data(Form, family="data"):
    """A source of labelled images."""

    split: str | None = field(default=None, doc="which part; by default train to train, and validation or test to eval")
    labels_offset: int = field(default=0, doc="added to every label: 1 where the network's class 0 is background")


class Sample(Data, name="sample"):
    """Crops of ten free photographs that come with archspec: works at once, without a download."""


class TFRecord(Data, name="tfrecord"):
    """TFRecord shards with TF-Slim's feature keys (image/encoded, image/format, image/class/label)."""

    pattern: str = field(main=True, doc="a file pattern such as imagenet/train-*, or a folder of shards")


class Folder(Data, name="folder"):
    """A folder with a folder of images for every class; train/ and validation/ (or test/) above them if there."""

    path: str = field(main=True, doc="the folder, from the working directory")


class Mnist(Data, name="mnist"):
    """The four idx files of MNIST, gzipped or not."""

    path: str = field(main=True, doc="their folder, from the working directory")


class Cifar10(Data, name="cifar10"):
    """CIFAR-10's batches, the Python or the binary version."""

    path: str = field(main=True, doc="their folder, from the working directory")
