"""What runs a graph: the only importer of TensorFlow, Keras and Horovod.

Importing this package imports TensorFlow, without the lines it writes to every user's terminal at start-up.
"""

from __future__ import annotations

import os

from archspec.diagnostics import Diagnostic, Stop, stop
from archspec.rendering import text
from archspec.runtime.noise import without_noise

# Keras reads its backend once, at import; archspec's networks are TensorFlow graphs whatever the user's own default is.
os.environ["KERAS_BACKEND"] = "tensorflow"
# What goes wrong is an exception or ends the process; errors that TensorFlow logs besides tell of what it does instead.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow's own default depends on the processor; without oneDNN a dilated convolution has no gradient on a CPU.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_ABORTED = Diagnostic(
    "AS761",
    "this process ended while TensorFlow was imported; what TensorFlow said of that is above",
    help="where it names instructions, this processor lacks some that TensorFlow needs; else see `archspec doctor`",
)
_ENDED = Diagnostic(
    "AS761",
    "this process was ended while TensorFlow was imported",
    help="where nobody ended it, look for a lack of memory (`dmesg`), and see `archspec doctor`",
)


def _reason(problem: BaseException) -> str:
    """What went wrong first, in a line: TensorFlow quotes a whole traceback around it."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)


def _unloadable(part: str, problem: Exception) -> Stop:
    """The Stop for a package that is installed, and whose import fails."""
    help = "`archspec doctor` says which part of the installation is broken, and how it is repaired"
    return stop("AS762", f"{part} is installed and cannot be loaded: {_reason(problem)}", help=help)


_part = "TensorFlow"
try:
    with without_noise(text(_ABORTED), text(_ENDED)):
        import tensorflow as _tensorflow

        # Looking for a GPU is what writes the last of it.
        _tensorflow.config.list_physical_devices()
        _part = "Keras"
        import keras as _keras
except ModuleNotFoundError as _problem:
    if "." in (_problem.name or ""):
        # The package is there, and one of its own modules is not.
        raise _unloadable(_part, _problem) from _problem
    raise stop(
        "AS750",
        f"the Python package {_problem.name} is not installed, and this command needs it",
        help="use bin/archspec of a checkout, or pip install 'archspec-tf[train]'",
    ) from _problem
except Exception as _problem:
    # A library that is missing or was built for another raises anything: ImportError, OSError, TypeError, …
    raise _unloadable(_part, _problem) from _problem

if _keras.backend.backend() != "tensorflow":
    raise ImportError("archspec needs Keras on TensorFlow, but Keras was imported before with another backend")
