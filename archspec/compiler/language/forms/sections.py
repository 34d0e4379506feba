"""The sections of a document that say how it is trained and evaluated, as forms of their own."""

from __future__ import annotations

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.forms.data import Data, Sample
from archspec.compiler.language.forms.losses.loss import Loss
from archspec.compiler.language.forms.metrics import Metric
from archspec.compiler.language.forms.optimizers import Optimizer
from archspec.compiler.language.forms.preprocess.step import Preprocess
from archspec.compiler.language.types import Path, Pattern
from archspec.compiler.language.values import Duration


class Section(Form, family="section"):
    """A top-level part of a document with declared fields."""


class Initialize(Form, family="initialize", name="initialize"):
    """Weights to start from."""

    EXAMPLE = "train: {initialize: {checkpoint: resnet_v1_50.ckpt, skip: [Logits]}}"

    checkpoint: Path = field(
        main=True,
        doc="a run's folder, a TF-Slim .ckpt prefix, or a .pb, .keras, .h5, .safetensors or .npz file; paths count "
        "from the spec's own folder",
    )
    only: tuple[Pattern, ...] = field(default=(), doc="the layers, by path or pattern, that do not start fresh")
    skip: tuple[Pattern, ...] = field(
        default=(),
        doc="what is not taken, by path or pattern: layers here, which start fresh, and variables there",
    )
    reinit: tuple[Pattern, ...] = field(default=(), doc="layers, by path or pattern, that start fresh")
    map: Path | None = field(
        default=None, doc="a map of another library's names to these, or the name of one that comes with archspec"
    )


class EarlyStopping(Form, family="early_stopping", name="early_stopping"):
    """An end of training when evaluation has not become better for a while."""

    EXAMPLE = """
    train: {early_stopping: 5}
    eval: {preprocess: [{resize: 224}], metrics: {top_1: {accuracy: Logits}}}
    """

    patience: int = field(main=True, minimum=1, doc="evaluations in a row without a better value")
    least: float = field(default=0.0, minimum=0, doc="by how much a value must be better to count")


class Train(Section, name="train"):
    """How the network is trained."""

    EXAMPLE = "train: {batch: 256, epochs: 120, average: 0.9999, clip_norm: 10.0, freeze: [features]}"

    data: Data = field(default=Sample(), doc="where examples come from")
    preprocess: tuple[Preprocess, ...] = field(default=(), doc="steps from image to input, in order")
    losses: dict[str, Loss] = field(doc="what is made small, by name")
    optimizer: Optimizer | None = field(default=None, doc="what changes the variables")
    optimizers: dict[str, Optimizer] = field(default={}, doc="several, by name, that work in this order in each step")
    batch: int = field(minimum=1, doc="examples in a step, over all ranks")
    epochs: float | None = field(default=None, above=0, doc="passes over the data")
    steps: int | None = field(default=None, minimum=1, doc="training steps; with epochs, whichever ends first")
    average: float | None = field(default=None, minimum=0, maximum=1, doc="decay of the moving average of the weights")
    clip_norm: float | None = field(default=None, above=0, doc="largest global norm of the gradients")
    freeze: tuple[Pattern, ...] = field(default=(), doc="layers, by path or pattern, that are not trained")
    scale: dict[Pattern, float] = field(
        default={}, above=0, doc="factors of the learning rate, by layer or pattern; of several that fit, the product"
    )
    initialize: Initialize | None = field(default=None, doc="weights to start from")
    seed: int = field(default=0, minimum=0, doc="of the first weights, the order of examples, and dropout")
    save: Duration = field(default=Duration(2, "minutes"), doc="time between checkpoints")
    keep: int = field(default=5, minimum=1, doc="how many of the newest checkpoints are kept")
    best: str | None = field(
        default=None, doc="the metric, or `loss`, whose best checkpoint is kept too; by default the first metric"
    )
    early_stopping: EarlyStopping | None = field(default=None, doc="end when evaluation gets no better")

    @property
    def all_optimizers(self) -> dict[str, Optimizer]:
        """The optimizers in their order, by name; the only one goes by the name optimizer."""
        return self.optimizers or ({"optimizer": self.optimizer} if self.optimizer is not None else {})


class Evaluate(Section, name="eval"):
    """How the network is evaluated."""

    EXAMPLE = """
    eval:
      preprocess: [{central_crop: 0.875}, {resize: 224}, {normalize: [127.5], scale: 127.5}]
      metrics: {top_1: {accuracy: Predictions}}
      every: 5 epochs
    """

    data: Data | None = field(default=None, doc="where examples come from; by default what train.data has for it")
    preprocess: tuple[Preprocess, ...] = field(default=(), doc="steps from image to input, in order")
    metrics: dict[str, Metric] = field(default={}, doc="what is counted, by name")
    batch: int = field(default=32, minimum=1, doc="examples in a step; the result does not depend on it")
    every: Duration | None = field(
        default=Duration(1, "epochs"), doc="time between evaluations in training; null: only at its end"
    )
