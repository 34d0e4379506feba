"""The numbers of a run: lines of metrics.jsonl, and TensorBoard's events of training and of evaluation."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from archspec.runtime import distribute
from archspec.runtime.run import Run


class Log:
    """Writes numbers down, on the first rank alone."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writers: dict[str, Any] = {}

    def step(self, numbers: dict[str, Any]) -> None:
        """The numbers of a training step; raises Stop where they cannot be written."""
        shown = {name: value for name, value in numbers.items() if name not in ("step", "seconds")}
        self._write(numbers, "train", numbers["step"], shown)

    def scores(self, step: int, values: dict[str, float]) -> None:
        """What an evaluation after a step found; raises Stop where it cannot be written."""
        self._write({"step": step, **{f"eval/{name}": value for name, value in values.items()}}, "eval", step, values)

    def _write(self, line: dict[str, Any], kind: str, step: int, shown: dict[str, float]) -> None:
        if distribute.rank() > 0:
            return
        self._run.log(line)
        if kind not in self._writers:
            self._writers[kind] = tf.summary.create_file_writer(str(self._run.folder / kind))
        with self._writers[kind].as_default(step=step):
            for name, value in shown.items():
                tf.summary.scalar(name, value)

    def flush(self) -> None:
        """Hand everything to the disk, where TensorBoard finds it."""
        for writer in self._writers.values():
            writer.flush()
