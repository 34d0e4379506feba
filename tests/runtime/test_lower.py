"""A lowered graph computes what its ops say, under the spec's names, and is a Keras model."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.ops.batch_norm import BatchNorm
from archspec.compiler.language.ops.dropout import Dropout
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.ends import main_outputs
from archspec.runtime.finite import first_non_finite
from archspec.runtime.lower import Network, lower


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 3)).astype("float32")


def expected_logits(network: Network, images: np.ndarray) -> np.ndarray:
    """The tiny network in inference, in NumPy."""
    weights = {name: np.asarray(variable, np.float64) for name, variable in network.table.items()}
    padded = np.pad(images.astype(np.float64), [(0, 0), (1, 1), (1, 1), (0, 0)])
    kernel = weights["Tiny/conv1/weights"]
    x = sum(padded[:, i : i + 8, j : j + 8] @ kernel[i, j] for i in range(3) for j in range(3))
    mean, variance = weights["Tiny/conv1/BatchNorm/moving_mean"], weights["Tiny/conv1/BatchNorm/moving_variance"]
    x = (x - mean) / np.sqrt(variance + 0.001)
    x = x * weights["Tiny/conv1/BatchNorm/gamma"] + weights["Tiny/conv1/BatchNorm/beta"]
    return np.maximum(x, 0).mean((1, 2)) @ weights["Tiny/fc/weights"] + weights["Tiny/fc/biases"]


def randomize(network: Network) -> None:
    """Different values in every variable, positive where it is a variance."""
    generator = np.random.default_rng(1)
    for variable in network.table.values():
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))


def test_forward_pass_is_the_networks(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    randomize(network)
    logits = network.endpoints(images, ["Logits"])["Logits"]
    np.testing.assert_allclose(logits, expected_logits(network, images), rtol=1e-4)
    np.testing.assert_allclose(network(images)["Predictions"], tf.nn.softmax(logits), rtol=1e-6)


def test_table_has_the_graphs_variables_in_order(tiny: Graph) -> None:
    network = lower(tiny)
    assert {name: tuple(variable.shape) for name, variable in network.table.items()} == {
        name: variable.shape for name, _, variable in tiny.variables()
    }
    assert list(network.table) == [name for name, _, _ in tiny.variables()]
    assert [name.rsplit("/")[-1] for name, variable in network.table.items() if not variable.trainable] == [
        "moving_mean",
        "moving_variance",
    ]
    assert len(network.trainable_variables) == 5


def test_first_values_depend_on_seed_and_name_alone(tiny: Graph) -> None:
    whole, other = lower(tiny, seed=3), lower(tiny, seed=4)
    part = lower(tiny.ending_at(["(stem)/conv1"]), seed=3)
    name = "Tiny/conv1/weights"
    np.testing.assert_array_equal(whole.table[name], part.table[name])
    assert not np.array_equal(whole.table[name], other.table[name])


def test_endpoints_by_path_alias_and_input(tiny: Graph, images: np.ndarray) -> None:
    found = lower(tiny).endpoints(images, ["conv1", "(stem)/conv1/relu", "image"])
    np.testing.assert_array_equal(found["conv1"], found["(stem)/conv1/relu"])
    np.testing.assert_array_equal(found["image"], images)
    with pytest.raises(KeyError):
        lower(tiny).endpoints(images, ["conv9"])


def test_main_output_goes_by_tf_slims_name(tiny: Graph) -> None:
    assert main_outputs(tiny) == {"Predictions": "Predictions"}
    heads = Graph(tiny.name, tiny.inputs, tiny.nodes, tiny.endpoints, "fc", {"Aux": "pool"})
    assert main_outputs(heads) == {"Logits": "fc", "Aux": "pool"}
    assert main_outputs(heads.ending_at(["fc"])) == {"Logits": "fc"}


def test_operations_carry_the_spec_path(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    graph = tf.function(lambda x: network(x, training=True)).get_concrete_function(images).graph
    names = [operation.name for operation in graph.get_operations()]
    assert any(name.endswith("/stem/conv1/Conv2D") for name in names)
    assert any("/stem/conv1/BatchNorm/FusedBatchNorm" in name for name in names)


def test_training_moves_the_averages_once_a_step(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    step = tf.function(lambda x: network(x, training=True)["Predictions"])
    convolved = network.endpoints(images, ["(stem)/conv1"])["(stem)/conv1"].numpy()
    step(images)
    mean = 0.1 * convolved.mean((0, 1, 2))
    variance = 0.9 + 0.1 * convolved.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(network.table["Tiny/conv1/BatchNorm/moving_mean"], mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(network.table["Tiny/conv1/BatchNorm/moving_variance"], variance, rtol=1e-4)


def test_inference_changes_nothing(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    before = {name: variable.numpy() for name, variable in network.table.items()}
    first, second = network(images)["Predictions"], network(images)["Predictions"]
    np.testing.assert_array_equal(first, second)
    for name, variable in network.table.items():
        np.testing.assert_array_equal(variable, before[name])


def test_dropout_follows_the_steps_seed(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)

    def dropped(seed: tuple[int, int] | None) -> Any:
        seed_tensor = None if seed is None else tf.constant(seed, tf.int32)
        return network.forward(images, ["dropout"], True, seed_tensor).outputs["dropout"].numpy()

    np.testing.assert_array_equal(dropped((1, 2)), dropped((1, 2)))
    assert not np.array_equal(dropped((1, 2)) == 0, dropped((1, 3)) == 0)
    assert not np.array_equal(dropped(None) == 0, dropped(None) == 0)


def test_two_nodes_draw_apart(tiny: Graph, images: np.ndarray) -> None:
    second = Dropout(rate=0.5)
    node = tiny.nodes["dropout"]
    tiny.nodes["again"] = type(node)("again", second, node.inputs, node.shape)
    found = lower(tiny).forward(images, ["dropout", "again"], True, tf.constant([0, 1])).outputs
    assert not np.array_equal(found["dropout"] == 0, found["again"] == 0)


def test_regularization_is_tf_slims_l2(tiny: Graph) -> None:
    network = lower(tiny)
    weights = np.asarray(network.table["Tiny/conv1/weights"], np.float64)
    assert float(network.regularization_loss()) == pytest.approx(0.1 * 0.5 * (weights**2).sum(), rel=1e-5)
    assert float(lower(tiny.ending_at(["image"])).regularization_loss()) == 0.0


def test_a_shared_path_shares_the_variable(tiny: Graph) -> None:
    node = tiny.nodes["(stem)/conv1/BatchNorm"]
    twin = type(node)("twin", BatchNorm(decay=0.9), node.inputs, node.shape, variable_path=node.variable_path)
    tiny.nodes["twin"] = twin
    network = lower(tiny)
    assert len(network.table) == 7
    network.table["Tiny/conv1/BatchNorm/beta"].assign(np.full(4, 7.0))
    found = network.endpoints(np.zeros((1, 8, 8, 3), "float32"), ["twin", "(stem)/conv1/BatchNorm"])
    np.testing.assert_array_equal(found["twin"], found["(stem)/conv1/BatchNorm"])


def test_the_layer_of_the_first_nan_is_named(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    before = network.table["Tiny/conv1/BatchNorm/moving_mean"].numpy()
    assert first_non_finite(network, images) is None
    np.testing.assert_array_equal(network.table["Tiny/conv1/BatchNorm/moving_mean"], before)
    assert first_non_finite(network, np.full_like(images, np.inf)) == "image"
    network.table["Tiny/conv1/BatchNorm/moving_variance"].assign(np.full(4, -1.0))
    assert first_non_finite(network, images, training=False) == "(stem)/conv1/BatchNorm"
    network.table["Tiny/fc/biases"].assign(np.full(5, np.nan))
    assert first_non_finite(network, images) == "Tiny/fc/biases"


def test_keras_fits_it(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    network.outputs_wanted = ("Logits",)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(0.05), {"Logits": cross_entropy})
    labels = {"Logits": np.array([0, 1, 2, 3])}
    history = network.fit(images, labels, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]


def test_keras_exports_it(tiny: Graph, images: np.ndarray, tmp_path: Path) -> None:
    network = lower(tiny)
    signature = [keras.InputSpec(shape=(None, 8, 8, 3), dtype="float32", name="image")]
    network.export(tmp_path / "model", input_signature=signature, verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    np.testing.assert_allclose(served.serve(images)["Predictions"], network(images)["Predictions"], atol=1e-6)


def test_keras_saves_and_loads_it(specs: Path, tiny: Graph, tmp_path: Path) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (2, 299, 299, 3)).astype("float32")
    program = compile_file(str(specs / "inception_v3.yaml"), findings=Findings())
    assert program is not None
    for graph, batch in ((tiny, images[:, :8, :8]), (program.graph, images)):
        network = lower(graph, seed=1)
        network.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        assert list(loaded.table) == list(network.table)
        for name, tensor in network(batch).items():
            np.testing.assert_array_equal(loaded(batch)[name], tensor)


def test_xla_compiles_it(tiny: Graph, images: np.ndarray) -> None:
    network = lower(tiny)
    compiled = tf.function(lambda x: network(x)["Predictions"], jit_compile=True)
    np.testing.assert_allclose(compiled(images), network(images)["Predictions"], atol=1e-5)


def test_variable_seeds_are_the_names_hash(tiny: Graph) -> None:
    crc = np.uint32(zlib.crc32(b"Tiny/fc/weights")).view(np.int32)
    limit = np.sqrt(3.0 / ((4 + 5) / 2))
    drawn = tf.random.stateless_uniform((4, 5), [11, crc], -limit, limit)
    np.testing.assert_array_equal(lower(tiny, seed=11).table["Tiny/fc/weights"], drawn)
