"""A Graph as a keras.Model whose forward pass is plain TensorFlow ops, named after the spec's layers."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.graph.packages import packages_of
from archspec.compiler.graph.text import parse_graph, print_graph
from archspec.compiler.language.op import Variable
from archspec.compiler.language.registry import builtin
from archspec.diagnostics import Findings
from archspec.runtime import distribute
from archspec.runtime.ends import image_input, main_outputs, node_path
from archspec.runtime.precision import as_type, lowered, widened

Inputs = Any
"""A batch for the only input, or for the one named image; or a mapping from every input's name to its batch."""


def lower(graph: Graph, *, seed: int = 0) -> Network:
    """The network of a graph, with its first weights; the same for the same seed on every rank."""
    return Network(graph, seed=seed)


@keras.saving.register_keras_serializable("archspec")
class Network(keras.Model):
    """A graph's weights and its forward pass.

    `table` maps every variable's TF-Slim name to its keras.Variable, in the graph's order; `penalties` maps the names
    of those with a penalty to their L1 and L2 coefficients; `outputs_wanted` are the end points that a call returns;
    `still` are the paths of nodes that run as in inference also when training.
    """

    def __init__(self, graph: Graph, *, seed: int = 0) -> None:
        super().__init__(name=scope_of(graph.name))
        self.graph = graph
        self.table = {name: _variable(name, variable, seed) for name, _, variable in graph.variables()}
        penalties = {name: (variable.l1, variable.l2) for name, _, variable in graph.variables()}
        self.penalties = {name: factors for name, factors in penalties.items() if any(factors)}
        self.outputs_wanted = tuple(main_outputs(graph))
        self.still: set[str] = set()
        self.steps_done = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.step_seed = tf.Variable([seed % 2**31, 0], dtype=tf.int64, trainable=False)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """What Keras writes into a .keras file, so that it loads without the spec: the graph's text form."""
        packages = sorted(packages_of(self.graph))
        return {"graph": print_graph(self.graph), "outputs": list(self.outputs_wanted), "packages": packages}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Network:
        """The network of `get_config`; Keras sets its variables. Raises Stop for a text that is no graph."""
        findings = Findings()
        registry = builtin().with_packages(config.get("packages", ()))
        graph = parse_graph(config["graph"], "the .keras file", findings, registry)
        findings.stop_on_errors()
        assert graph is not None
        network = cls(graph)
        network.outputs_wanted = tuple(config["outputs"])
        return network

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into a store of Keras', .weights.h5 among them, by their TF-Slim names."""
        for name, variable in self.table.items():
            store[name] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Take the variables out of such a store; raises ValueError, as Keras' layers do, where one is missing."""
        missing = [name for name in self.table if name not in store]
        if missing:
            raise ValueError(f"{len(missing)} variables of {self.graph.name} are missing, such as {missing[0]}")
        for name, variable in self.table.items():
            variable.assign(store[name])

    def call(self, inputs: Inputs, training: bool = False, seed: Any = None) -> dict[str, Any]:
        """{end point: tensor} for `outputs_wanted`.

        `seed` is an int32 tensor of shape [2], a new one for every step and rank, from which dropout draws; without
        it the network counts its own training steps. When training, moving averages get their new values.
        """
        made = self.forward(inputs, self.outputs_wanted, training, seed)
        for name, value in made.updates.items():
            self.table[name].assign(value)
        return made.outputs

    def endpoints(self, inputs: Inputs, names: Sequence[str]) -> dict[str, Any]:
        """{name: tensor} for these end points, as in inference; raises KeyError for a name the graph does not have."""
        return self.forward(inputs, names).outputs

    def forward(self, inputs: Inputs, names: Sequence[str], training: bool = False, seed: Any = None) -> Forward:
        """These end points, and the values that moving averages would get; nothing is assigned. Raises KeyError.

        What has 16 bits is handed out in float32, as losses, metrics and files of answers want it.
        """
        paths = {name: node_path(self.graph, name) for name in names}
        updates: dict[str, Any] = {}
        tensors = dict(self.steps(inputs, training, seed, updates))
        return Forward({name: widened(tensors[path]) for name, path in paths.items()}, updates)

    def steps(
        self, inputs: Inputs, training: bool, seed: Any = None, updates: dict[str, Any] | None = None
    ) -> Iterator[tuple[str, Any]]:
        """(name, tensor) of every graph input and node's output, one after the other as they are computed.

        What training would assign, moving averages by the variable's name, is put into `updates`.
        """
        tensors, updates = self._feeds(inputs), {} if updates is None else updates
        yield from tensors.items()
        seed = self._next_seed() if training and seed is None else seed
        for node in self.graph.nodes.values():
            site = _Site(self, node, training and node.path not in self.still, seed, updates)
            with tf.name_scope(scope_of(node.path)):
                made = lowered(node.op, site, [tensors[name] for name in node.inputs], node.dtype)
            updates.update({site.full_name(name): value for name, value in made.updates.items()})
            found = dict(zip(node.tensors, made.outputs, strict=True))
            tensors.update(found)
            yield from found.items()

    def regularization_loss(self) -> Any:
        """A scalar: the penalties of all variables, as `penalty` has them."""
        return self.penalty(self.penalties)

    def penalty(self, names: Iterable[str]) -> Any:
        """A scalar: the sum of l1 * sum(|w|) + l2 * 0.5 * sum(w ** 2) over these variables, which have penalties."""
        terms = []
        for name in names:
            value, (l1, l2) = self.table[name].value, self.penalties[name]
            terms += [l1 * tf.reduce_sum(tf.abs(value))] if l1 else []
            terms += [l2 * tf.nn.l2_loss(value)] if l2 else []
        return tf.add_n(terms) if terms else tf.zeros([])

    def _feeds(self, inputs: Inputs) -> dict[str, Any]:
        if not isinstance(inputs, Mapping):
            inputs = {image_input(self.graph): inputs}
        missing = [name for name in self.graph.inputs if name not in inputs]
        if missing:
            raise KeyError(f"no batch for input {', '.join(missing)}")
        return {name: tf.convert_to_tensor(inputs[name]) for name in self.graph.inputs}

    def _next_seed(self) -> Any:
        self.steps_done.assign_add(1)
        return tf.cast(self.step_seed.assign_add([0, 1]), tf.int32)


@dataclass(frozen=True, slots=True)
class Forward:
    """What a forward pass makes: tensors by end point, and the new values of moving averages by variable."""

    outputs: dict[str, Any]
    updates: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Site:
    """What one node's op is handed: archspec.compiler.language.op.Lowering."""

    network: Network
    node: Node
    training: bool
    step_seed: Any
    pending: dict[str, Any]
    """What nodes before this one have made of variables: one that shares a variable goes on from there."""
    tf: Any = tf

    def variable(self, name: str, dtype: str | None = None) -> Any:
        """The tensor of this node's variable with that leaf name, in the type that its op computes in or another."""
        full = self.full_name(name)
        value = self.pending[full] if full in self.pending else tf.convert_to_tensor(self.network.table[full].value)
        return as_type(value, dtype or self.node.op.computes_in(self.node.dtype))

    def steps_done(self) -> Any:
        """How many training steps have been made before this one."""
        return tf.cast(self.network.steps_done, tf.float32)

    @property
    def ranks(self) -> int:
        """How many ranks make a step together; outside a tf.function, as in the search for a NaN, a rank is alone."""
        return 1 if tf.executing_eagerly() else distribute.size()

    def mean_over_ranks(self, tensor: Any) -> Any:
        """The mean over these ranks."""
        return tensor if self.ranks == 1 else distribute.average([tensor])[0]

    def seed(self) -> Any:
        """The step's seed folded with the node's path."""
        return tf.random.experimental.stateless_fold_in(self.step_seed, _hash(self.node.path))

    def full_name(self, name: str) -> str:
        """The name of a variable of this node in the network's table."""
        return "/".join(part for part in (self.node.variable_path, name) if part)


def _variable(name: str, variable: Variable, seed: int) -> keras.Variable:
    """A weight with its first values, which depend on the run's seed and its own name alone."""
    draw = tf.constant([seed % 2**31, _hash(name)], tf.int32)
    value = variable.initializer.lower(tf, variable.shape, draw)
    # Keras allows no "/" in a name, and SavedModel nothing that is not allowed in a name scope.
    return keras.Variable(value, trainable=variable.trainable, dtype="float32", name=scope_of(name).replace("/", "."))


def _hash(name: str) -> int:
    """The CRC-32 of a name, as a signed 32-bit number."""
    crc = zlib.crc32(name.encode())
    return crc - 2**32 if crc >= 2**31 else crc


def scope_of(path: str) -> str:
    """The path as a TensorFlow name scope: the characters it allows, starting with a letter or digit."""
    return re.sub(r"[^A-Za-z0-9_.\\/-]", "", path).lstrip("_\\/-") or "network"
