"""Preprocessing that does not end in images of the input's size: training would stop before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.compiler.language.forms.data import Data
from archspec.compiler.language.forms.preprocess.step import complaints
from archspec.compiler.program import Program
from archspec.diagnostics import Diagnostic

CODE = "AS406"
NAME = "preprocess-size"
_NET = "layers: [flatten, logits: {dense: 10}]\n"
_TRAIN = (
    "train: {{preprocess: {}, losses: {{main: {{softmax_cross_entropy: logits}}}}, optimizer: {{sgd: 0.1}}, batch: 8}}"
)
BAD = _NET + _TRAIN.format("[{resize: 24}, random_flip]")
GOOD = _NET + _TRAIN.format("[{resize: 32}, random_flip]")


def check(program: Program) -> Iterator[Diagnostic]:
    """A section whose steps lead from images of any size to another size than the input's."""
    shape: Any = next(iter(program.graph.inputs.values())).shape
    if len(program.graph.inputs) > 1 or len(shape) != 3 or None in shape:
        return
    for name, section in (("train", program.train), ("eval", program.eval)):
        if section is None or _has_one_size(section.data):
            continue
        resolved = program.values.get(f"{name}.preprocess")
        for sentence, remedy in complaints(section.preprocess, (None, None), shape):
            span = resolved.origin.span if resolved is not None else None
            yield Diagnostic(CODE, f"in {name}, {sentence}", span or _place(program, name), (), remedy, "warning")


def _has_one_size(data: Data | None) -> bool:
    """Whether its images all have a size of their own, which a spec need not repeat."""
    image = data.example().get("image") if data is not None else None
    return image is not None and None not in image.shape


def _place(program: Program, section: str) -> Any:
    """Where a section says something, for one that says nothing of preprocessing."""
    spans = [r.origin.span for key, r in program.values.items() if key.startswith(f"{section}.") and r.origin.span]
    return min(spans, default=None)
