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

    source: str | None = field(default=None, main=True, doc=_SOURCE)

    def type(self) -> FeatureType:
        """height x width x channels, as the preprocess steps and the input make them."""
        return image_type()


class ClassKind(Kind, name="class"):
    """A class: a name, or a whole number from 0 on."""

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    names: tuple[str, ...] = field(default=(), doc="the classes' names in order; by default those found, sorted")

    def type(self) -> FeatureType:
        """The class's index."""
        return class_type(len(self.names) or None)


class NumberKind(Kind, name="number"):
    """A number; with `missing`, NAME.known is 1 where it is there and 0 where it is not."""

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

    columns: tuple[str, ...] = field(main=True, doc="the columns, in order; or the one array or record's key")
    count: int | None = field(default=None, minimum=1, doc="how many, where one array or key holds them all")

    def type(self) -> FeatureType:
        """(numbers)."""
        return FeatureType("numbers", (self.count if self.count is not None else len(self.columns),))


class ClassMapKind(Kind, name="class_map"):
    """A class for every pixel: a picture whose grey values or palette indices are class numbers."""

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    classes: int = field(minimum=1, maximum=65536, doc="how many classes there are, numbered from 0")
    ignore: int | None = field(default=None, minimum=0, doc="the value of pixels that count nowhere (VOC: 255)")

    def type(self) -> FeatureType:
        """height x width."""
        return FeatureType("class_map", (None, None), "int32", self.classes, self.ignore)


class WordsKind(Kind, name="words"):
    """A text as the numbers of its words in a vocabulary, cut or filled to one length."""

    source: str | None = field(default=None, main=True, doc=_SOURCE)
    vocabulary: Path = field(doc="a text file with one word a line; a word's number is its line's, from 0")
    length: int = field(minimum=1, doc="numbers of one example: longer texts are cut, shorter ones filled")
    unknown: str = field(default="<unk>", doc="the vocabulary's word for all words that are not in it")
    padding: str = field(default="<pad>", doc="the vocabulary's word that fills short texts")
    lower: bool = field(default=True, doc="whether upper and lower case are alike")

    def type(self) -> FeatureType:
        """(length)."""
        return FeatureType("words", (self.length,), "int32")
