"""The numbers of a run: lines of metrics.jsonl, and TensorBoard's events of training and of evaluation."""

from __future__ import annotations

import time
from typing import Any

import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from archspec.diagnostics import stop
from archspec.run_folder import files
from archspec.runtime import distribute
from archspec.runtime.run import Run

_EVERY_STEP = 50
"""So many first steps all become events of TensorBoard's; later ones do as often as somebody could look at them."""

_SECONDS = 2.0
"""The time between two events of later steps."""


class Log:
    """Writes numbers down, on the first rank alone."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writers: dict[str, Any] = {}
        self._event = 0.0

    def step(self, numbers: dict[str, Any]) -> None:
        """The numbers of a training step; raises Stop where they cannot be written."""
        if distribute.rank() > 0:
            return
        self._run.log(numbers)
        now = time.monotonic()
        if numbers["step"] <= _EVERY_STEP or now - self._event >= _SECONDS:
            self._event = now
            shown = {name: value for name, value in numbers.items() if name not in ("step", "seconds")}
            self._events("train", numbers["step"], shown)

    def scores(self, step: int, values: dict[str, float]) -> None:
        """What an evaluation after a step found, once; raises Stop where it cannot be written."""
        if distribute.rank() > 0 or self._run.evaluated(step):
            return
        # The log's own column stands last: no metric can take its place.
        self._run.log({**{f"eval/{name}": value for name, value in values.items()}, "step": step})
        self._events("eval", step, values)
        self.flush()

    def _events(self, kind: str, step: int, shown: dict[str, float]) -> None:
        try:
            if kind not in self._writers:
                folder = files.make_folder(self._run.folder, kind)
                self._writers[kind] = tf.summary.create_file_writer(str(folder))
            # One event for all numbers: tf.summary.scalar takes a millisecond for each.
            event = Summary()
            for name, value in shown.items():
                event.MergeFrom(scalar_pb(name, value))
            with self._writers[kind].as_default():
                tf.summary.experimental.write_raw_pb(event.SerializeToString(), step=step)
        except (OSError, tf.errors.OpError) as problem:
            raise _unwritable(self._run, kind, problem) from None

    def flush(self) -> None:
        """Hand everything to the disk, where TensorBoard finds it; raises Stop."""
        for kind, writer in self._writers.items():
            try:
                writer.flush()
            except tf.errors.OpError as problem:
                raise _unwritable(self._run, kind, problem) from None


def _unwritable(run: Run, kind: str, problem: Exception) -> Exception:
    reason = problem.strerror if isinstance(problem, OSError) else str(problem).splitlines()[0].split("; ")[-1]
    help = "make room or give write access there, then go on with --resume"
    return stop("AS730", f"TensorBoard's events in {run.folder / kind} cannot be written: {reason}", help=help)
