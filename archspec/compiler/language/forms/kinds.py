"""Kinds of features: what a named part of an example is, and where its source has it."""

from __future__ import annotations

from abc import abstractmethod

from archspec.compiler.language.features import FeatureType, class_type, image_type
from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.types import Path

_SOURCE = "its source: a column of a CSV file, a file pattern, a record's key, an array; by default its own name"


class Kind(Form, family="kind"):
    """What a feature is. A feature with the name of an input of the network feeds it."""

    @abstractmethod
    def type(self) -> FeatureType:
        """What is known of the feature before any data is read."""

    def made(self, name: str) -> dict[str, FeatureType]:
        """The features that come of one called `name`: itself, and what is known of it besides."""
        return {name: self.type()}


class ImageKind(Kind, name="image"):
    """A picture: the path of a file, or an encoded picture in a record."""

    EXAMPLE = """
    train:
      data: {files: cells, features: {image: {image: "images/*.png"}, kind: {class: "kinds/*.txt"}}}
    """

    source: str | None = field(default=None, main=True, doc=_SOURCE)

    def type(self) -> FeatureType:
        """height x width x channels, as the preprocess steps and the input make them."""
        return image_type()


class ClassKind(Kind, name="class"):
    """A class: a name, or a whole number from 0 on."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind, names: [cat, dog]}}}
    """

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    names: tuple[str, ...] = field(default=(), doc="the classes' names in order; by default those found, sorted")

    def type(self) -> FeatureType:
        """The class's index."""
        return class_type(len(self.names) or None)


class NumberKind(Kind, name="number"):
    """A number; with `missing`, NAME.known is 1 where it is there and 0 where it is not."""

    EXAMPLE = """
    train:
      data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}, age: {number: age, missing: -1}}}
      losses: {age: {huber: Age, target: age, mask: age.known}}
    """

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    missing: float | None = field(default=None, doc="the value that means: not known; so does an empty cell then")

    def type(self) -> FeatureType:
        """One number."""
        return FeatureType("number", ())

    def made(self, name: str) -> dict[str, FeatureType]:
        """The number, and whether it is known where some are missing."""
        known = {f"{name}.known": FeatureType("known", ())} if self.missing is not None else {}
        return {name: self.type(), **known}


class NumbersKind(Kind, name="numbers"):
    """Several numbers side by side."""

    EXAMPLE = """
    inputs: {image: {shape: [224, 224, 3]}}
    layers: [conv: {conv2d: 32, kernel: 3, stride: 2}, pool: global_avg_pool, Box: {dense: 4}]
    train:
      data: {csv: faces.csv, features: {image: {image: path}, corners: {numbers: [x0, y0, x1, y1]}}}
      preprocess: [{resize: 224}]
      losses: {main: {huber: Box, target: corners}}
      optimizer: {adam: 1e-3}
      batch: 64
      epochs: 20
    """

    columns: tuple[str, ...] = field(main=True, doc="the columns, in order; or the one array or record's key")
    count: int | None = field(default=None, minimum=1, doc="how many, where one array or key holds them all")

    def type(self) -> FeatureType:
        """(numbers)."""
        return FeatureType("numbers", (self.count if self.count is not None else len(self.columns),))


class ClassMapKind(Kind, name="class_map"):
    """A class for every pixel: a picture whose grey values or palette indices are class numbers."""

    EXAMPLE = """
    train:
      data:
        files: voc
        features: {image: {image: "images/*.jpg"}, mask: {class_map: "masks/*.png", classes: 21, ignore: 255}}
      losses: {main: {softmax_cross_entropy: Mask, target: mask}}
    """

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    classes: int = field(minimum=1, maximum=65536, doc="how many classes there are, numbered from 0")
    ignore: int | None = field(default=None, minimum=0, doc="the value of pixels that count nowhere (VOC: 255)")

    def type(self) -> FeatureType:
        """height x width."""
        return FeatureType("class_map", (None, None), "int32", self.classes, self.ignore)


class WordsKind(Kind, name="words"):
    """A text as the numbers of its words in a vocabulary, cut or filled to one length."""

    EXAMPLE = """
    inputs: {text: {shape: [50], dtype: int32}}
    layers:
    - vectors: {embedding: 64, words: 20000}
    - pool: global_max_pool1d
    - Logits: {dense: 2}
    train:
      data:
        csv: reviews.tsv
        features: {text: {words: text, vocabulary: words.txt, length: 50}, label: {class: label}}
      losses: {main: {softmax_cross_entropy: Logits}}
      optimizer: {adam: 1e-3}
      batch: 64
      epochs: 5
    """

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    vocabulary: Path = field(doc="a text file with one word a line; a word's number is its line's, from 0")
    length: int = field(minimum=1, doc="numbers of one example: longer texts are cut, shorter ones filled")
    unknown: str = field(default="<unk>", doc="the vocabulary's word for all words that are not in it")
    padding: str = field(default="<pad>", doc="the vocabulary's word that fills short texts")
    lower: bool = field(default=True, doc="whether upper and lower case are alike")

    def type(self) -> FeatureType:
        """(length)."""
        return FeatureType("words", (self.length,), "int32")
