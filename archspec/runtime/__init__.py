"""What runs a graph: the only importer of TensorFlow, Keras and Horovod.

Importing this package imports TensorFlow, without the lines it writes to every user's terminal at start-up.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from archspec.diagnostics import stop

# Keras reads its backend once, at import; archspec's networks are TensorFlow graphs whatever the user's own default is.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow's own default depends on the processor; without oneDNN a dilated convolution has no gradient on a CPU.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_NOISE = re.compile(
    rb"All log messages before absl::InitializeLog\(\)"
    rb"|oneDNN custom operations are on"
    rb"|Could not find cuda drivers"
    rb"|failed call to cuInit"
    rb"|Unable to register cu\w+ factory"
    rb"|computation placer already registered"
    rb"|This TensorFlow binary is optimized|To enable the following instructions"
)
"""Lines that say nothing a user can act on; `archspec doctor` says what devices there are."""


@contextmanager
def _without_noise() -> Iterator[None]:
    """Standard error of C++ and Python alike without lines of noise; all others are written when the block ends."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            caught.seek(0)
            kept = [line for line in caught if not _NOISE.search(line)]
            os.write(2, b"".join(kept))


try:
    with _without_noise():
        import tensorflow as _tensorflow

        # Looking for a GPU is what writes the last of it.
        _tensorflow.config.list_physical_devices()
        import keras as _keras
except ModuleNotFoundError as _problem:
    raise stop(
        "AS750",
        f"the Python package {_problem.name} is not installed, and this command needs it",
        help="use bin/archspec of a checkout, or pip install 'archspec-tf[train]'",
    ) from _problem

if _keras.backend.backend() != "tensorflow":
    raise ImportError("archspec needs Keras on TensorFlow, but Keras was imported before with another backend")
