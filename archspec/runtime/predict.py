"""What a trained network says of images: its end points as arrays, and the most probable classes."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.forms.losses import SoftmaxCrossEntropy
from archspec.compiler.language.forms.metrics import Accuracy
from archspec.compiler.language.op import show
from archspec.diagnostics import stop
from archspec.runtime.ends import image_input, image_shape, main_outputs, node_path
from archspec.runtime.lower import Network
from archspec.runtime.preprocess.apply import preprocess_file

if TYPE_CHECKING:
    from archspec.compiler.program import Program

BATCH = 32
"""Examples of an array that are computed at once."""


@dataclass(frozen=True)
class Guess:
    """A class, and how probable the network holds it to be."""

    number: int
    probability: float


def main_endpoints(program: Program) -> list[str]:
    """The end points that matter: those of the main line with class scores, and the network's output."""
    main = program.graph.ending_at([program.graph.output])
    return _on_the_main_line(program, [*_scored(program), *main_outputs(main)])


def scores_endpoint(program: Program) -> str | None:
    """The end point with a number for every class: Predictions, else what a metric or loss reads; None without."""
    names = sorted(_on_the_main_line(program, _scored(program)), key=lambda name: name != "Predictions")
    graph = program.graph
    return next((name for name in names if len(graph.shape(node_path(graph, name))) == 1), None)


def _scored(program: Program) -> list[str]:
    """What metrics and losses read, and TF-Slim's Logits and Predictions."""
    metrics = program.eval.metrics.values() if program.eval else ()
    losses = program.train.losses.values() if program.train else ()
    names = [metric.predictions for metric in metrics if isinstance(metric, Accuracy)]
    names += [loss.logits for loss in losses if isinstance(loss, SoftmaxCrossEntropy)]
    return names + [name for name in ("Logits", "Predictions") if name in program.graph.endpoints]


def _on_the_main_line(program: Program, names: list[str]) -> list[str]:
    main = program.graph.ending_at([program.graph.output])
    on_the_way = main.nodes.keys() | main.inputs.keys()
    return list(dict.fromkeys(name for name in names if node_path(program.graph, name) in on_the_way))


def read_images(paths: Sequence[str], program: Program) -> Iterator[np.ndarray]:
    """Batches of the picture files as the network's input, by the steps of the eval section; raises Stop."""
    if program.eval is None:
        message = f"{program.file} has no eval section, so it is not said how a picture becomes an input"
        raise stop("AS607", message, help="add eval.preprocess, or give a .npy file of inputs")
    shape, steps = image_shape(program.graph), program.eval.preprocess
    for start in range(0, len(paths), program.eval.batch):
        yield np.stack([preprocess_file(path, steps, shape) for path in paths[start : start + program.eval.batch]])


def read_array(path: str, graph: Graph) -> np.ndarray:
    """The inputs in a .npy file, float32 with a batch axis first, as the network takes them; raises Stop."""
    wanted = graph.inputs[image_input(graph)].shape
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as problem:
        raise stop("AS714", f"{path} can't be read: {problem.strerror or problem}") from problem
    except (ValueError, EOFError, SyntaxError, TokenError) as problem:
        raise stop("AS714", f"{path} is no array saved without pickle", help="numpy.save it") from problem
    if array.dtype != np.float32:
        message = f"{path} holds {array.dtype}, and the network takes float32"
        raise stop("AS714", message, help='save array.astype("float32")')
    if not _fits(array.shape, wanted):
        message = f"{path} has shape {show(array.shape)}, and the network takes batch x {show(wanted)}"
        raise stop("AS714", message, help="give examples as the first axis and channels as the last")
    strange = next((index for index, example in enumerate(array) if not np.isfinite(example).all()), None)
    if strange is not None:
        # A ReLU would turn a NaN into a 0, and the answer would look like one.
        raise stop("AS714", f"{path} holds NaN or infinity in example {strange}", help="mend it or take it out")
    return array


def split(array: np.ndarray) -> Iterator[np.ndarray]:
    """Batches of at most BATCH examples."""
    for start in range(0, len(array), BATCH):
        yield array[start : start + BATCH]


def predict(network: Network, batches: Iterable[np.ndarray], endpoints: Sequence[str]) -> dict[str, np.ndarray]:
    """{end point: array}, examples along the first axis, in the order of the batches."""
    [name] = network.graph.inputs
    signature = tf.TensorSpec([None, *network.graph.inputs[name].shape], tf.float32)
    run = tf.function(lambda images: network.endpoints(images, endpoints), input_signature=[signature])
    found: dict[str, list[np.ndarray]] = {endpoint: [] for endpoint in endpoints}
    for batch in batches:
        for endpoint, tensor in run(tf.convert_to_tensor(batch)).items():
            found[endpoint].append(tensor.numpy())
    return {endpoint: np.concatenate(parts) for endpoint, parts in found.items()}


def most_probable(program: Program, endpoint: str, values: np.ndarray, top: int) -> list[list[Guess]]:
    """The `top` most probable classes of each example, from probabilities or, where it has no softmax, from logits."""
    node = program.graph.nodes.get(node_path(program.graph, endpoint))
    probable = values if node is not None and node.op.NAME == "softmax" else tf.nn.softmax(values).numpy()
    order = np.argsort(-probable, axis=-1, kind="stable")[:, :top]
    return [[Guess(int(i), float(row[i])) for i in best] for row, best in zip(probable, order, strict=True)]


def write_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file with the arrays by name, whole or not at all; raises Stop."""
    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
            try:
                _write_zip(file, arrays)
                os.fsync(file.fileno())
                # A temporary file is for its owner alone; the result is as open as any other file of the user.
                os.chmod(file.name, 0o666 & ~_umask())
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as problem:
        remedy = "name a file in a folder that is there and can be written to"
        raise stop("AS727", f"{path} can't be written: {problem.strerror}", help=remedy) from problem


def _write_zip(file: Any, arrays: dict[str, np.ndarray]) -> None:
    # As numpy.savez, which has no room for an end point named `file`.
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    sizes = zip(shape[1:], wanted, strict=False)
    return len(shape) == len(wanted) + 1 and shape[0] > 0 and all(w in (None, n) for n, w in sizes)
