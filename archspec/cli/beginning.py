"""What a folder of pictures holds, and the recipe and spec that fit it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from archspec.diagnostics import stop

_SPLITS = ("train", "training", "validation", "val", "valid", "test")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")
_LOOKED_AT = 200
"""Pictures whose sizes are looked at."""

_NORMALIZE = "{normalize: [127.5], scale: 127.5}"

_SHOWN = 0.875
"""The part of a picture's shorter side that evaluation looks at."""

_STEPS = 380
"""Training steps to aim at: a warm start on some hundred pictures is through by then."""


@dataclass(frozen=True)
class Look:
    """What a folder holds: its pictures by class, the median of their shorter sides, whether it is split already."""

    folder: str
    classes: dict[str, int]
    side: int
    split: bool

    @property
    def images(self) -> int:
        """How many pictures there are to train on, those that will be held out included."""
        return sum(self.classes.values())

    def summary(self) -> str:
        """`861 images, 5 classes: daisy 153, …; shorter sides of about 256 pixels`."""
        counts = ", ".join(f"{name} {count}" for name, count in list(self.classes.items())[:10])
        more = f" and {len(self.classes) - 10} more" if len(self.classes) > 10 else ""
        classes = f"{len(self.classes)} classes: {counts}{more}"
        return f"{self.images} images, {classes}; shorter sides of about {self.side} pixels"


@dataclass(frozen=True)
class Recipe:
    """How to train: what is held out, batch, epochs, the steps that they make, size of the input, batch-norm decay."""

    held_out: float | None
    batch: int
    epochs: int
    steps: int
    size: int
    decay: float

    def facts(self) -> dict[str, object]:
        """The values by name."""
        return asdict(self)


def look(folder: str) -> Look:
    """Look at a folder; raises Stop where it holds no classes of pictures."""
    root = Path(folder)
    if not root.is_dir():
        raise stop("AS941", f"{folder} is not a folder", help="name the folder that holds a folder for each class")
    top = [entry.name for entry in _folders(root)]
    train = next((name for name in ("train", "training") if name in top), None)
    split = train is not None and any(name in top for name in _SPLITS[2:])
    base = root / train if train is not None else root
    classes = {entry.name: count for entry in _folders(base) if (count := sum(1 for _ in _pictures(entry)))}
    if len(classes) < 2:
        found = "pictures in one folder only" if classes else "no folder with pictures in it"
        help = "a class is a folder of pictures: DIR/daisy/1.jpg, DIR/roses/2.jpg"
        raise stop("AS941", f"{folder} holds {found}, so there is nothing to tell apart", help=help)
    return Look(folder, dict(sorted(classes.items())), _shorter_side(base), split)


def _folders(root: Path) -> list[Path]:
    try:
        entries = sorted(root.iterdir())
    except OSError as problem:
        raise stop("AS941", f"{root} cannot be read: {problem.strerror}", help="check its permissions") from None
    return [entry for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__"))]


def _pictures(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.rglob("*")):
        if entry.suffix.lower() in _SUFFIXES and entry.is_file():
            yield entry


def _shorter_side(base: Path) -> int:
    """The median of the shorter sides of some pictures; raises Stop where none can be read."""
    from PIL import Image

    every = [path for folder in _folders(base) for path in _pictures(folder)]
    sides = []
    for path in every[:: max(1, len(every) // _LOOKED_AT)]:
        try:
            with Image.open(path) as picture:
                sides.append(min(picture.size))
        except (OSError, ValueError, Image.DecompressionBombError):
            # Training looks at all of them, and names each that it cannot read.
            continue
    if not sides:
        raise stop("AS941", f"no picture in {base} can be read", help="JPEG, PNG, GIF, BMP and WebP can be")
    return int(median(sides))


def recipe(found: Look) -> Recipe:
    """A recipe that fits the number of pictures and their size."""
    held_out = None if found.split else 0.2
    images = round(found.images * (1 - (held_out or 0)))
    batch = next((batch for batch in (32, 16, 8) if images >= 8 * batch), 4)
    epochs = min(60, max(3, round(_STEPS * batch / images)))
    steps = math.ceil(epochs * images / batch)
    size = next(size for size in (224, 192, 160, 128, 96) if size <= found.side or size == 96)
    # The averages look back over a tenth of the training.
    decay = round(min(0.997, max(0.9, 1 - 10 / steps)), 3)
    return Recipe(held_out, batch, epochs, steps, size, decay)


def spec_text(found: Look, chosen: Recipe, base: str, checkpoint: str | None, output: Path) -> str:
    """The spec, with comments that say why."""
    folder = output.resolve().parent
    where = json.dumps(os.path.relpath(Path(found.folder).resolve(), folder), ensure_ascii=False)
    held = f", held_out: {chosen.held_out}" if chosen.held_out is not None else ""
    part = f"{chosen.held_out:.0%} of each class, always the same pictures" if held else "the folder's own split"
    rate, why = ("0.01", "a small rate: the weights are trained already") if checkpoint else ("0.05", "from scratch")
    lag = f"for {chosen.steps} steps; slower ones lag behind"
    middle = f"{{resize_shorter: {round(chosen.size / _SHOWN)}}}, {{crop_or_pad: $image_size}}"
    start = []
    if checkpoint:
        path = json.dumps(os.path.relpath(Path(checkpoint).expanduser().resolve(), folder), ensure_ascii=False)
        start = [f"  initialize: {{checkpoint: {path}, skip: [Logits]}}  # all but the classifier"]
    lines = [
        f"# {found.summary()}",
        "archspec: 1",
        f"extends: {base}",
        f"hyperparameters: {{num_classes: {len(found.classes)}, image_size: {chosen.size}}}",
        f"defaults: {{batch_norm: {{decay: {chosen.decay}, warmup: true}}}}  # {lag}",
        "train:",
        f"  data: {{folder: {where}{held}}}  # evaluated on {part}",
        *start,
        f"  preprocess: [{{random_resized_crop: $image_size, area: [0.5, 1.0]}}, random_flip, {_NORMALIZE}]",
        f"  optimizer: {{sgd: {{cosine: {rate}, warmup: 5 percent}}, momentum: 0.9}}  # {why}",
        f"  batch: {chosen.batch}  # {chosen.steps // chosen.epochs} steps an epoch",
        f"  epochs: {chosen.epochs}  # about {chosen.steps} steps",
        "  average: null  # of no use in so few steps",
        f"eval: {{preprocess: [{middle}, {_NORMALIZE}]}}  # the middle, unsqueezed",
    ]
    return "\n".join(lines) + "\n"
