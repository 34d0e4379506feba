"""A package of somebody else's, with one of everything that a spec can name, installed into a folder."""

from __future__ import annotations

from pathlib import Path

OP = """from archspec.compiler.language.fields import field
from archspec.compiler.language.op import Op


class Scaled(Op, name="acme.scaled"):
    \"\"\"x * factor.\"\"\"

    factor: float = field(main=True, above=0, doc="what x is multiplied by")
    GROUPS = ("activation",)

    def shape(self, *shapes):
        return shapes[0]

    def lower(self, g, *inputs):
        return inputs[0] * self.factor
"""

FORMS = """from __future__ import annotations

from archspec.compiler.language.features import class_type, image_type
from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.data import Data, Sample
from archspec.compiler.language.forms.draws import Draw
from archspec.compiler.language.forms.initializers import Initializer
from archspec.compiler.language.forms.losses.loss import Compared
from archspec.compiler.language.forms.metrics import Metric
from archspec.compiler.language.forms.optimizers import Optimizer
from archspec.compiler.language.forms.preprocess.step import Preprocess
from archspec.compiler.language.forms.schedules import Schedule
from archspec.compiler.language.forms.wants import classes_fit
from archspec.compiler.language.types import Tensor
from acme.ops import Scaled


class Squares(Compared, name="acme.squares"):
    \"\"\"Squared difference of probabilities and one-hot classes (Brier 1950).\"\"\"

    TARGET = "classes"
    logits: Tensor = field(main=True, doc="the tensor with the logits, by name")

    @property
    def tensors(self):
        return (self.logits,)

    def complaint(self, shapes, target):
        return classes_fit(shapes[0], target)

    def lower(self, g, outputs, target):
        truth = g.tf.one_hot(target, outputs[0].shape[-1])
        return g.tf.reduce_sum((g.tf.nn.softmax(outputs[0]) - truth) ** 2, axis=-1)


class Right(Metric, name="acme.right"):
    \"\"\"The part of the examples whose most probable class is right.\"\"\"

    predictions: Tensor = field(main=True, doc="the tensor with the logits, by name")

    @property
    def tensors(self):
        return (self.predictions,)

    def complaint(self, shapes, target):
        return classes_fit(shapes[0], target)

    def make(self, g, shapes):
        return g.keras.metrics.SparseCategoricalAccuracy()


class Signs(Optimizer, name="acme.signs"):
    \"\"\"Steps along the signs of gradients (Chen et al. 2023).\"\"\"

    beta: float = field(default=0.9, minimum=0, maximum=1, doc="part of the last direction that is kept")

    def make(self, g, rate):
        return g.keras.optimizers.Lion(rate, beta_1=self.beta)


class Halving(Schedule, name="acme.halving"):
    \"\"\"Half the rate after each step.\"\"\"

    rate: float = field(main=True, minimum=0, doc="learning rate at the start")

    def make(self, g, length):
        return g.keras.optimizers.schedules.ExponentialDecay(self.rate, 1, 0.5)


class Shots(Data, name="acme.shots"):
    \"\"\"Pictures of one colour each.\"\"\"

    IMPLEMENTATION = "acme.code:open_shots"
    count: int = field(main=True, minimum=1, doc="how many")

    def example(self):
        return {"image": image_type(8, 8, 3), "label": class_type(2)}


class Inverted(Preprocess, name="acme.inverted"):
    \"\"\"1 - x.\"\"\"

    IMPLEMENTATION = "acme.code:inverted"


class Stripes(Initializer, name="acme.stripes"):
    \"\"\"A value for every output, growing.\"\"\"

    step: float = field(main=True, doc="from one output to the next")

    def lower(self, tf, shape, seed):
        return tf.zeros(shape) + self.step * tf.range(shape[-1], dtype=tf.float32)


class Coin(Draw, name="acme.coin"):
    \"\"\"-1 or 1.\"\"\"

    def lower(self, tf, shape, seed):
        return tf.sign(tf.random.stateless_uniform(shape, seed, -1.0, 1.0))
"""

CODE = """import numpy as np
import tensorflow as tf

from archspec.runtime.data.dataset import Dataset


def open_shots(form, split):
    colours = tf.constant(np.linspace(0, 255, form.count).astype(np.uint8))

    def read(index, seed):
        return {"image": tf.fill([8, 8, 3], colours[index]), "label": index % 2}

    return Dataset("shots", split, form.count, form.example(), read, lambda index: f"shot {index}")


def inverted(step, image, seed):
    return 1.0 - image
"""

SPEC = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
defaults: {conv2d: {initializer: {acme.stripes: 0.01}}}
layers: [a: {conv2d: 4, kernel: 3, activation: {acme.scaled: 2}}, b: {acme.scaled: 0.5}, flatten, logits: {dense: 2}]
train:
  data: {acme.shots: 16}
  preprocess: [acme.inverted]
  losses: {main: {acme.squares: logits}}
  optimizer: {acme.signs: {acme.halving: 0.01}, beta: 0.8}
  batch: 4
  steps: 2
eval:
  data: {acme.shots: 8}
  preprocess: [acme.inverted]
  metrics: {right: {acme.right: logits}}
"""
"""A spec that names one of everything but a draw."""


def install(folder: Path, name: str = "acme", group: str = "archspec.forms", module: str = "acme.forms") -> None:
    """Put the package and what an installer writes of it into a folder that is on Python's path."""
    written = folder / f"{name}-1.0.dist-info"
    written.mkdir(parents=True)
    (written / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (written / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    (folder / name).mkdir()
    texts = {"__init__": "", "ops": OP, "forms": FORMS, "code": CODE}
    for file, text in texts.items():
        (folder / name / f"{file}.py").write_text(text)
