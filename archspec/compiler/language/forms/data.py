"""Where examples come from, and which named features they have; read by runtime/data."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from archspec.compiler.language.features import FeatureType, class_type, image_type
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.kinds import Kind
from archspec.compiler.language.types import Feature, Path


class Batches(Form, family="batches", name="batches"):
    """Batches drawn by class: so many classes, and so many examples of each."""

    EXAMPLE = """
    train:
      data: {folder: faces, batches: {classes: 8, examples: 4}}
      losses: {main: {triplet: Vector}}
      batch: 32
    """

    classes: int = field(minimum=1, doc="classes in a batch")
    examples: int = field(minimum=1, doc="examples of each class in a batch")


class Data(Form, family="data"):
    """A source of examples, each a set of named features.

    IMPLEMENTATION names the code that reads it, `module:function`, which is imported when it runs: a function of the
    form and of the name of a split, to the runtime's Dataset.
    """

    IMPLEMENTATION: ClassVar[str] = ""
    HELD_OUT: ClassVar[float | None] = None
    """What `held_out` is where the spec does not say it and evaluates on the same data."""

    split: str | None = field(default=None, doc="which part; by default train to train, and validation or test to eval")
    held_out: float | None = field(
        default=None, above=0, maximum=0.9, doc="part of each class kept for evaluation, where there is no split for it"
    )
    labels_offset: int = field(default=0, doc="added to every class: 1 where the network's class 0 is background")
    batches: Batches | None = field(default=None, doc="training batches drawn by class, as metric learning wants them")

    @abstractmethod
    def example(self) -> dict[str, FeatureType]:
        """The features of every example by name, as far as they are known before any data is read."""

    def part_held_out(self, whole: bool) -> float | None:
        """The part kept for evaluation of a source without splits; `whole` where evaluation has data of its own."""
        return self.held_out if self.held_out is not None or whole else self.HELD_OUT


class Labelled(Data):
    """A source of pictures, each with the class that it shows: the features `image` and `label`."""

    IMAGE: ClassVar[tuple[int | None, int | None, int | None]] = (None, None, None)
    CLASSES: ClassVar[int | None] = None

    def example(self) -> dict[str, FeatureType]:
        """A picture and its class."""
        classes = self.CLASSES
        return {"image": image_type(*self.IMAGE), "label": class_type(classes and classes + self.labels_offset)}


class Featured(Data):
    """A source whose features the spec names."""

    features: dict[str, Kind] = field(doc="what each example has: {image: {image: path}, label: {class: kind}}")

    def example(self) -> dict[str, FeatureType]:
        """What the spec names, and what comes of it (`age.known`)."""
        return {key: found for name, kind in self.features.items() for key, found in kind.made(name).items()}


class Sample(Labelled, name="sample"):
    """Crops of ten free photographs that come with archspec: works at once, without a download."""

    EXAMPLE = "train: {data: sample}"

    IMPLEMENTATION = "archspec.runtime.data.sample:open_sample"
    CLASSES = 10


class TFRecord(Labelled, name="tfrecord"):
    """TFRecord shards with TF-Slim's feature keys (image/encoded, image/format, image/class/label), or those named."""

    EXAMPLE = "train: {data: {tfrecord: imagenet/train-*}}"

    IMPLEMENTATION = "archspec.runtime.data.tfrecord:open_tfrecord"

    pattern: Path = field(main=True, doc="a file pattern such as imagenet/train-*, or a folder of shards")
    features: dict[str, Kind] = field(default={}, doc="features by name where records have other keys than TF-Slim's")

    def example(self) -> dict[str, FeatureType]:
        """A picture and its class, or what the spec names."""
        if not self.features:
            return super().example()
        return {key: found for name, kind in self.features.items() for key, found in kind.made(name).items()}


class Folder(Labelled, name="folder"):
    """A folder with a folder of images for every class; train/ and validation/ (or test/) above them if there."""

    EXAMPLE = "train: {data: {folder: flowers, held_out: 0.2}}"

    IMPLEMENTATION = "archspec.runtime.data.folder:open_folder"
    HELD_OUT = 0.1

    path: Path = field(main=True, doc="the folder; paths count from the spec's own folder")


class Mnist(Labelled, name="mnist"):
    """The four idx files of MNIST, gzipped or not."""

    EXAMPLE = """
    inputs: {image: {shape: [28, 28, 1]}}
    layers: [flatten, Logits: {dense: 10}]
    train:
      data: {mnist: mnist}
      preprocess: [{normalize: [128], scale: 128}]
      losses: {main: {softmax_cross_entropy: Logits}}
      optimizer: {sgd: 0.01}
      batch: 64
      epochs: 8
    """

    IMPLEMENTATION = "archspec.runtime.data.mnist:open_mnist"
    IMAGE, CLASSES = (28, 28, 1), 10

    path: Path = field(main=True, doc="their folder; paths count from the spec's own folder")


class Cifar10(Labelled, name="cifar10"):
    """CIFAR-10's batches, the Python or the binary version."""

    EXAMPLE = """
    inputs: {image: {shape: [32, 32, 3]}}
    layers: [flatten, Logits: {dense: 10}]
    train:
      data: {cifar10: cifar-10-batches-py}
      preprocess: [{pad: 4}, {random_crop: 32}, random_flip, standardize]
      losses: {main: {softmax_cross_entropy: Logits}}
      optimizer: {sgd: 0.1}
      batch: 128
      epochs: 160
    """

    IMPLEMENTATION = "archspec.runtime.data.cifar10:open_cifar10"
    IMAGE, CLASSES = (32, 32, 3), 10

    path: Path = field(main=True, doc="their folder; paths count from the spec's own folder")


class Files(Featured, name="files"):
    """Files that belong together by their names: images/a.jpg with masks/a.png; or that need not belong together.

    With `paired: false`, which is what CycleGAN wants, an example has a file of each feature, and these are as many as
    the most files that a feature has: the others begin again. Which files meet is the same in every epoch.
    """

    EXAMPLE = """
    train:
      data: {files: voc, features: {image: {image: "images/*.jpg"}, mask: {class_map: "masks/*.png", classes: 21}}}
      losses: {main: {softmax_cross_entropy: Mask, target: mask}}
    """

    IMPLEMENTATION = "archspec.runtime.data.files:open_files"

    path: Path = field(main=True, doc="the folder from which the features' file patterns count")
    paired: bool = field(default=True, doc="whether the files of an example have one name where the pattern has its *")


class Csv(Featured, name="csv"):
    """A table of text, its first line the names of the columns; separated by tabs where the name ends in .tsv."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}}}
    """

    IMPLEMENTATION = "archspec.runtime.data.csv:open_csv"

    path: Path = field(main=True, doc="the file; paths inside it count from its own folder")


class Arrays(Featured, name="arrays"):
    """Arrays in a NumPy .npz file, saved without pickle, examples along their first axis."""

    EXAMPLE = """
    inputs: {signal: {shape: [561]}}
    layers: [fc: {dense: 128, activation: relu}, Logits: {dense: 6}]
    train:
      data: {arrays: signals.npz, features: {signal: {numbers: [signal], count: 561}, label: {class: label}}}
      losses: {main: {softmax_cross_entropy: Logits}}
      optimizer: {adam: 1e-3}
      batch: 64
      epochs: 20
    """

    IMPLEMENTATION = "archspec.runtime.data.arrays:open_arrays"

    path: Path = field(main=True, doc="the file; paths count from the spec's own folder")


class Pairs(Data, name="pairs"):
    """Two examples of another source side by side, and whether they are of one class: the feature `same`, 1 or 0."""

    EXAMPLE = """
    inputs: {left: {shape: [28, 28, 1]}, right: {shape: [28, 28, 1]}}
    layers:
    - pixels_a: {flatten, from: left}
    - a: {dense: 64}
    - pixels_b: {flatten, from: right}
    - b: {dense: 64, share: a}
    train:
      data: {pairs: {mnist: mnist}}
      preprocess: [{normalize: [128], scale: 128}]
      losses: {main: {contrastive: [a, b], target: same}}
      optimizer: {sgd: 0.01}
      batch: 64
      epochs: 10
    """

    IMPLEMENTATION = "archspec.runtime.data.pairs:open_pairs"

    source: Data = field(main=True, doc="where single examples come from, with the features `image` and `label`")
    features: tuple[Feature, ...] = field(default=("left", "right"), doc="what the two pictures are called")
    same: float = field(default=0.5, minimum=0, maximum=1, doc="part of the pairs that are of one class")

    def example(self) -> dict[str, FeatureType]:
        """Two pictures, and 1 where their class is the same."""
        found = self.source.example()
        image = found.get("image", image_type())
        return {**dict.fromkeys(self.features, image), "same": FeatureType("number", ())}

    def part_held_out(self, whole: bool) -> float | None:
        """That of the source, where the pairs have none of their own."""
        return self.held_out if self.held_out is not None else self.source.part_held_out(whole)
