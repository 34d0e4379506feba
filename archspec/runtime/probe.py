"""Tries one part of the installation and prints what it found as JSON: `python -m archspec.runtime.probe PART`.

`archspec doctor` runs each part in a process of its own, so that one that crashes takes nothing else with it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import keras
import numpy
import tensorflow as tf


def probe_tensorflow() -> dict[str, Any]:
    """A convolution with a known result, and the devices and CUDA libraries that there are."""
    image, kernel = tf.ones([1, 4, 4, 2]), tf.ones([3, 3, 2, 1])
    found = tf.function(lambda: tf.nn.conv2d(image, kernel, 1, "VALID"))()
    numpy.testing.assert_array_equal(found, numpy.full([1, 2, 2, 1], 18.0))
    built = tf.sysconfig.get_build_info()
    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return {
        "gpus": [str(details.get("device_name", "unnamed")) for details in gpus],
        "cuda": built.get("cuda_version"),
        "cudnn": built.get("cudnn_version"),
    }


def probe_keras() -> dict[str, Any]:
    """One step of an optimizer on a variable."""
    variable = keras.Variable([1.0])
    keras.optimizers.SGD(0.5).apply([tf.constant([1.0])], [variable])
    numpy.testing.assert_array_equal(variable.value, [0.5])
    return {"backend": keras.backend.backend()}


def probe_horovod() -> dict[str, Any]:
    """What Horovod was built with, and a sum over all ranks of their rank plus one."""
    import horovod.tensorflow as hvd

    hvd.init()
    total = tf.function(lambda: hvd.allreduce(tf.constant([hvd.rank() + 1.0]), op=hvd.Sum))()
    numpy.testing.assert_array_equal(total, [hvd.size() * (hvd.size() + 1) / 2])
    nccl = int(hvd.nccl_built())
    return {
        "rank": hvd.rank(),
        "size": hvd.size(),
        "gloo": bool(hvd.gloo_built()),
        "mpi": bool(hvd.mpi_built()),
        "nccl": f"{nccl // 10000}.{nccl // 100 % 100}.{nccl % 100}" if nccl else None,
    }


PARTS = {"tensorflow": probe_tensorflow, "keras": probe_keras, "horovod": probe_horovod}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]]()), flush=True)
