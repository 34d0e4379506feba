"""Frozen graphs of TensorFlow 1 (GraphDef, .pb): the constants that were variables, by the names those had."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from archspec.diagnostics import stop
from archspec.files.regular import open_regular
from archspec.weights.tensors import Entry, Tensors, check_bytes, damaged

KIND = "a frozen graph (GraphDef)"
_LARGEST = 2**31 - 1
"""Bytes of a protocol buffer, which counts them in 32 bits."""

_READ = "/read"
"""The operation through which TensorFlow 1 reads a variable, and TF-Slim's graphs the constant in its place."""

_LEAVES = ("weights", "biases", "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
"""How the names of variables end, in graphs whose reads have been optimised away."""


def read(path: Path, where: str) -> Tensors:
    """The weights of a graph; raises Stop where the file is no GraphDef, or holds none."""
    with BufferedReader(open_regular(path)) as file:
        size = file.seek(0, 2)
        if size > _LARGEST:
            raise damaged(where, f"it has {size:,} bytes, and a GraphDef at most {_LARGEST:,}")
        file.seek(0)
        content = file.read(size)
    try:
        graph = tf.compat.v1.GraphDef.FromString(content)
    except DecodeError:
        raise damaged(where, "it is no GraphDef") from None
    nodes = dict(_weights(graph))
    if not nodes:
        help = "freeze the graph with its variables: a GraphDef without them has none, nor has a SavedModel's .pb"
        raise stop("AS720", f"{where} has {len(graph.node)} operations, and no constant that was a variable", help=help)
    entries = {name: _entry(where, name, node.attr["value"].tensor, size) for name, node in nodes.items()}

    def fetch(name: str) -> np.ndarray:
        try:
            return np.asarray(tf.make_ndarray(nodes[name].attr["value"].tensor))
        except (TypeError, ValueError) as problem:
            raise damaged(where, f"{name} can't be read ({problem})") from None

    return Tensors(where, KIND, entries, fetch)


def _weights(graph: Any) -> Iterator[tuple[str, Any]]:
    """(name of the variable, constant) of a graph."""
    constants = {node.name: node for node in graph.node if node.op == "Const"}
    was_read = {n.input[0] for n in graph.node if n.op == "Identity" and n.input and n.name == n.input[0] + _READ}
    for name, node in constants.items():
        if name in was_read:
            yield name, node
        elif not was_read and name.removesuffix(_READ).rpartition("/")[2] in _LEAVES:
            yield name.removesuffix(_READ), node


def _entry(where: str, name: str, tensor: Any, size: int) -> Entry:
    """Shape and dtype of a constant, which may say one number for all of its elements."""
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    try:
        dtype = tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype
    except TypeError:
        raise damaged(where, f"{name} is of a dtype that TensorFlow does not know") from None
    entry = Entry(shape, np.dtype(dtype).name)
    check_bytes(where, name, entry, size if tensor.tensor_content else None)
    if tensor.tensor_content and len(tensor.tensor_content) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise damaged(where, f"{name} should have {entry.bytes:,} bytes, and has {len(tensor.tensor_content):,}")
    return entry
