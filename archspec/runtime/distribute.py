"""Ranks: the only importer of Horovod, whose ring-allreduce averages gradients (https://arxiv.org/abs/1802.05799).

Without horovodrun there is one rank, and Horovod need not be installed. Only Horovod's core is used: its Keras
bindings do not work with Keras 3.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from archspec.diagnostics import Stop, stop
from archspec.launched import LIFELINE, patience

_LAUNCHED = "HOROVOD_SIZE"


_FAILURES = (tf.errors.OpError, RuntimeError)
"""What Horovod raises, inside a tf.function and outside, when another rank has gone."""


def start() -> None:
    """Join the other ranks, if horovodrun started this process; raises Stop where Horovod is not there."""
    if _LAUNCHED in os.environ:
        # What it says of a lost connection, lost_rank says better; its C++ code reads this.
        os.environ.setdefault("HOROVOD_LOG_LEVEL", "fatal")
        # How long Gloo waits for a rank that is stopped; 30 s would end a training for a moment of Ctrl-Z.
        os.environ.setdefault("HOROVOD_GLOO_TIMEOUT_SECONDS", f"{patience():.0f}")
        _end_with_launcher()
        _horovod().init()
        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            # One GPU to a rank, chosen before TensorFlow first touches one.
            tf.config.set_visible_devices(gpus[_horovod().local_rank() % len(gpus)], "GPU")


def _end_with_launcher() -> None:
    """Ask this rank to save and end when `archspec train --np` has gone, also if that was killed."""
    if LIFELINE not in os.environ:
        return
    descriptor = int(os.environ.pop(LIFELINE))

    def wait() -> None:
        os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, daemon=True).start()


def _horovod() -> Any:
    try:
        import horovod.tensorflow as horovod
    except ImportError as problem:
        help = "use bin/archspec, which builds it, or train on one rank"
        raise stop("AS740", f"Horovod is not installed, so ranks cannot work together ({problem})", help=help) from None
    return horovod


def rank() -> int:
    """This process's number among all; 0 prints and writes."""
    return int(_horovod().rank()) if _LAUNCHED in os.environ else 0


def size() -> int:
    """How many ranks there are."""
    return int(_horovod().size()) if _LAUNCHED in os.environ else 1


def average(tensors: Sequence[Any], buckets: int = 1) -> list[Any]:
    """The mean over all ranks of each tensor, to be used inside a tf.function.

    They are exchanged in at most so many groups of neighbours, each as soon as all of it is there: gradients in the
    order of their layers so go out while backward is still at the layers before.
    """
    if size() == 1 or not tensors:
        return list(tensors)
    groups = in_buckets([tensor.shape.num_elements() or 0 for tensor in tensors], buckets)
    exchange = _horovod().grouped_allreduce
    return [mean for group in groups for mean in exchange([tensors[i] for i in group], op=_horovod().Average)]


_LEAST = 2**18
"""Numbers of a bucket, of which a smaller one would take the time of its messages alone: 1 MB."""


def in_buckets(sizes: Sequence[int], buckets: int) -> list[list[int]]:
    """The positions of some sizes in at most so many groups of neighbours, of about the same sum."""
    share = max(sum(sizes) / buckets, _LEAST)
    groups: list[list[int]] = [[]]
    filled = 0
    for position, count in enumerate(sizes):
        if groups[-1] and filled + count / 2 > share * len(groups) and len(groups) < buckets:
            groups.append([])
        groups[-1].append(position)
        filled += count
    return groups


def broadcast(variables: Sequence[keras.Variable | tf.Variable]) -> None:
    """Give every rank the first rank's values."""
    if size() == 1:
        return
    for number, variable in enumerate(variables):
        value = variable.value if isinstance(variable, keras.Variable) else variable
        variable.assign(_horovod().broadcast(tf.convert_to_tensor(value), root_rank=0, name=f"broadcast.{number}"))


def sum_over_ranks(numbers: np.ndarray) -> np.ndarray:
    """The sum over all ranks, element by element, at least in float64's precision for counts below 2 ** 53."""
    if size() == 1:
        return np.asarray(numbers)
    numbers = np.asarray(numbers)
    total = _horovod().allreduce(tf.constant(numbers.astype(np.float64)), op=_horovod().Sum)
    return np.asarray(total).astype(numbers.dtype).reshape(numbers.shape)


def barrier() -> None:
    """Wait until every rank is here."""
    sum_over_ranks(np.zeros([1]))


@contextmanager
def first_alone() -> Iterator[None]:
    """The first rank runs the block before the others, which then find what it has made."""
    if rank() > 0:
        barrier()
    yield
    if rank() == 0:
        barrier()


@contextmanager
def together() -> Iterator[None]:
    """A block that ends with a Stop where another rank has gone."""
    try:
        yield
    except _FAILURES as problem:
        raise lost_rank(problem) or problem from problem


def check_agreement(what: str, text: str) -> None:
    """Raise Stop on every rank if they do not all have the same text."""
    if size() == 1:
        return
    digest = np.frombuffer(hashlib.sha256(text.encode()).digest()[:4], np.uint32).astype(np.float64)
    everyone = sum_over_ranks(np.eye(size())[rank()] * digest)
    if len(set(everyone.tolist())) > 1:
        odd = [str(i) for i, value in enumerate(everyone) if value != everyone[0]]
        help = "give all ranks the same spec, settings and data"
        raise stop("AS741", f"rank {', '.join(odd)} has another {what} than rank 0", help=help)


def check_divides(batch: int) -> None:
    """Raise Stop where the ranks cannot share the batch evenly."""
    if batch % size():
        fitting = ", ".join(str(n) for n in range(1, batch + 1) if batch % n == 0 and n <= 64)
        message = f"a batch of {batch} cannot be divided evenly over {size()} ranks"
        raise stop("AS742", message, help=f"use one of {fitting} ranks, or change --batch", exit_code=2)


def lost_rank(problem: BaseException) -> Stop | None:
    """What to say where an exception means that another rank has gone."""
    if _LAUNCHED in os.environ and "Horovod" in f"{type(problem).__name__} {problem}":
        help = "its own output tells why; go on from the last checkpoint with --resume"
        return stop("AS743", "another rank has stopped, so training ends here", help=help)
    return None
