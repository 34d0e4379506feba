"""What losses, metrics, optimizers and schedules are handed: the libraries."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import keras
import tensorflow as tf


class Libraries:
    """archspec.compiler.language.toolkit.Toolkit."""

    tf: Any = tf
    keras: Any = keras

    def module(self, name: str) -> Any:
        """A module by its full name, imported only now."""
        return import_module(name)


LIBRARIES = Libraries()
