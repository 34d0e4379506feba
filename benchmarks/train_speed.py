"""Images a second in training: specs/inception_v3.yaml beside Keras's own InceptionV3, on the same batches.

`PYTHONPATH=. python benchmarks/train_speed.py [STEPS] [BATCH]`, with a Python that has all packages. Three
networks take turns, so that all meet the same noise; each has one tf.function for a step, random weights and RMSProp:

- keras.applications.InceptionV3 with 1001 classes;
- the spec with what Keras's has: no auxiliary head, no moving averages of the weights, no clipping, no weight decay;
- the spec as it is.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.data.open import open_data
from archspec.runtime.data.pipeline import training_batches
from archspec.runtime.lower import lower
from archspec.runtime.optimize import Length
from archspec.runtime.step import Step

SPEC = str(Path(__file__).parents[1] / "specs" / "inception_v3.yaml")
TrainStep = Callable[[Any, Any], None]


def keras_step() -> TrainStep:
    """A step of Keras's network."""
    network = keras.applications.InceptionV3(weights=None, classes=1001, classifier_activation=None)
    optimizer = keras.optimizers.RMSprop(0.045, rho=0.9, momentum=0.9, epsilon=1.0)
    optimizer.build(network.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(labels, network(images, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return value

    return lambda images, labels: float(step(images, labels))


def spec_step(settings: dict[str, str], **changes: Any) -> TrainStep:
    """A step of the spec's network, its train section changed."""
    findings = Findings()
    program = compile_file(SPEC, settings=settings, findings=findings)
    findings.stop_on_errors()
    assert program is not None and program.train is not None
    step = Step(lower(program.graph), program.train.replace(**changes), Length(100000, 100.0))
    asked, seed = tf.zeros([2]), tf.constant([0, 0], tf.int32)
    return lambda images, labels: float(step.run(images, labels, seed, asked)["loss"])


def batches(batch: int) -> Any:
    """The sample, prepared as the spec says."""
    program = compile_file(SPEC, settings={}, findings=Findings())
    assert program is not None and program.train is not None
    return iter(training_batches(open_data(None, "sample", "train"), program.train.preprocess, (299, 299, 3), batch))


def main() -> None:
    """Let the networks take turns, and print medians and ratios."""
    words = [int(word) for word in sys.argv[1:]]
    steps, batch = (*words, *(12, 8)[len(words) :])
    makers: dict[str, Callable[[], TrainStep]] = {
        "keras.applications.InceptionV3": keras_step,
        "the spec with what Keras's has": lambda: spec_step(
            {"aux": "false", "weight_decay": "0"}, average=None, clip_norm=None
        ),
        "the spec as it is": lambda: spec_step({}),
    }
    networks, data = {name: make() for name, make in makers.items()}, batches(batch)
    times: dict[str, list[float]] = {name: [] for name in networks}
    load = os.getloadavg()[0]
    for _ in range(steps + 1):
        for name, step in networks.items():
            element = next(data)
            began = time.perf_counter()
            step(element["image"], element["label"])
            times[name].append(time.perf_counter() - began)
    report(times, batch, load)


def report(times: dict[str, list[float]], batch: int, load: float) -> None:
    """Print what was measured, and on what."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras"))
    print(f"Python {platform.python_version()}, {packages}, {platform.machine()}, {os.cpu_count()} cores")
    print(f"devices: {', '.join(device.device_type for device in tf.config.list_physical_devices())}")
    print(f"batch {batch}, {len(next(iter(times.values()))) - 1} steps each, load before {load:.1f}")
    base = statistics.median(next(iter(times.values()))[1:])
    for name, (first, *rest) in times.items():
        # The first step of each builds its graph and is not counted.
        median = statistics.median(rest)
        print(f"{name:31} {batch / median:6.2f} images/s  {base / median:.2f} x Keras  first step {first:.1f} s")


if __name__ == "__main__":
    main()
