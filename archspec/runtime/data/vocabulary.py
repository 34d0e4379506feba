"""Texts as the numbers of their words in a vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from archspec.compiler.language.features import FeatureType
from archspec.compiler.language.forms.kinds import WordsKind
from archspec.diagnostics import stop
from archspec.files.regular import read_regular
from archspec.runtime.data.naming import printable


@dataclass(frozen=True)
class Vocabulary:
    """The number of every word, and how a text is cut and filled. Words are what stands between spaces."""

    numbers: dict[str, int]
    kind: WordsKind

    @property
    def type(self) -> FeatureType:
        """The feature's type, which knows how many words there are."""
        return replace(self.kind.type(), classes=max(self.numbers.values()) + 1)

    def encoded(self, text: str) -> np.ndarray:
        """int32 [length]."""
        words = (text.lower() if self.kind.lower else text).split()[: self.kind.length]
        unknown, padding = self.numbers[self.kind.unknown], self.numbers[self.kind.padding]
        found = [self.numbers.get(word, unknown) for word in words]
        return np.array(found + [padding] * (self.kind.length - len(found)), np.int32)

    def encoded_bytes(self, text: bytes | np.ndarray) -> np.ndarray:
        """As `encoded`, of UTF-8; raises ValueError where it is none."""
        return self.encoded((text if isinstance(text, bytes) else bytes(text.item())).decode("utf-8"))


def read_vocabulary(kind: WordsKind) -> Vocabulary:
    """The vocabulary of a feature, from its file; raises Stop."""
    name = printable(kind.vocabulary)
    try:
        words = read_regular(kind.vocabulary).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise stop(
            "AS703", f"the vocabulary {name} cannot be read: {error.strerror}", help="correct its path"
        ) from error
    except UnicodeDecodeError as error:
        message = f"the vocabulary {name} is not UTF-8 text (byte {error.start})"
        raise stop("AS704", message, help="save it as UTF-8") from error
    numbers: dict[str, int] = {}
    for number, word in enumerate(words):
        numbers.setdefault(word.strip(), number)
    for key, word in (("unknown", kind.unknown), ("padding", kind.padding)):
        if word not in numbers:
            message = f"the vocabulary {name} has no word {word}, which stands for {key} words"
            raise stop("AS704", message, help=f"add a line `{word}`, or say `{key}: WORD` with a word that is there")
    return Vocabulary(numbers, kind)
