"""Small pictures and sets of examples, and the sentence that something ends with."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.diagnostics import Stop
from archspec.runtime.data.dataset import Dataset

RANDOM = np.random.default_rng(11)
VOCABULARY = "<pad>\n<unk>\nthe\nfilm\nwas\ngood\n"


def picture(path: Path, pixels: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, (8, 8, 3), np.uint8) if pixels is None else pixels
    Image.fromarray(pixels).save(path)
    return path


def one(dataset: Dataset, index: int) -> dict[str, Any]:
    """An example's features, pictures decoded no further."""
    return {name: value.numpy() for name, value in dataset.example(tf.constant(index, tf.int64)).items()}


def stopped(work: Callable[[], object], code: str) -> str:
    with pytest.raises(Stop) as found:
        work()
    assert [d.code for d in found.value.diagnostics] == [code] * len(found.value.diagnostics)
    assert all(d.help for d in found.value.diagnostics)
    return "\n".join(d.message for d in found.value.diagnostics)


def png(number: int) -> bytes:
    """A flat image whose grey level is its number."""
    contents = io.BytesIO()
    Image.new("RGB", (4, 4), (number, number, number)).save(contents, "PNG")
    return contents.getvalue()
