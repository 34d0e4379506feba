"""Names of other libraries become ours by a declared map; Keras' own networks give the same answers through one."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from archspec.compiler.graph.passes import run as run_pass
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.runtime.lower import Network, lower
from archspec.runtime.restore import restore
from archspec.runtime.weights.read import open_weights
from archspec.weights.name_map import renamed
from archspec.weights.name_map_file import named_map, shipped_maps
from archspec.weights.zoo import looks_like


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Keras draws the same weights whichever tests ran before."""
    keras.utils.set_random_seed(3)


TORCH = """archspec_map: 1
about: an example
lists: {stages: [first, second]}
variables:
- {from: 'layer{s}.{u}.conv{k}.weight', to: 'Net/{stages[s-1]}/unit_{u+1}/conv{k}/weights', axes: OIHW -> HWIO}
- {from: 'fc.weight', to: 'Net/fc/weights', shape: [10, 4, 2, 2], axes: OCHW -> HWCO}
- {from: 'fc.bias', to: 'Net/fc/biases'}
skip: ['*.num_batches_tracked']
"""


def saved(folder: Path, **more: np.ndarray) -> tuple[str, dict[str, np.ndarray]]:
    """A file with tensors as PyTorch names and lays them out, and the tensors."""
    draw = np.random.default_rng(0)
    shapes = {"layer1.0.conv1.weight": (4, 3, 5, 2), "layer2.3.conv2.weight": (6, 4, 1, 1), "fc.weight": (10, 16)}
    values = {name: draw.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    values |= {"fc.bias": np.zeros(10, "float32"), "bn.num_batches_tracked": np.asarray(9)} | more
    np.savez(folder / "w.npz", **values)
    return str(folder / "w.npz"), values


def written(folder: Path, text: str) -> str:
    (folder / "map.yaml").write_text(text)
    return str(folder / "map.yaml")


def test_names_shapes_and_axes(tmp_path: Path) -> None:
    where, values = saved(tmp_path)
    found = renamed(open_weights(where), named_map(written(tmp_path, TORCH)))
    conv = found.read("Net/first/unit_1/conv1/weights")
    assert conv.shape == found.shapes["Net/first/unit_1/conv1/weights"] == (5, 2, 3, 4)
    assert conv[4, 1, 2, 3] == values["layer1.0.conv1.weight"][3, 2, 4, 1]
    assert found.shapes["Net/second/unit_4/conv2/weights"] == (1, 1, 4, 6)
    # A dense layer after channels first reads its input in another order than one after channels last.
    assert found.read("Net/fc/weights")[1, 0, 3, 7] == values["fc.weight"][7, 3 * 4 + 1 * 2 + 0]
    assert set(found.variables) == set(found.entries) and len(found.entries) == 4


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("archspec_map: 1", "archspec: 1", "this is no map of names"),
        ("archspec_map: 1", "archspec_map: 2", "`archspec_map` is 2"),
        ("skip:", "skips:", "`skips` is not known here"),
        ("to: 'Net/fc/biases'", "as: 'Net/fc/biases'", "`as` is not known here; `to` is missing"),
        ("unit_{u+1}", "unit_{v+1}", "has the place v, and `from` has not"),
        ("unit_{u+1}", "unit_{u*2}", "has a brace that is no place"),
        ("unit_{u+1}", "unit_{os.getcwd()}", "has a brace that is no place"),
        ("{stages[s-1]}", "{stage[s-1]}", "there is no list stage"),
        ("layer{s}.", "layer{s}{t}.", "has a brace that is no place"),
        ("OIHW -> HWIO", "OIHW -> HWI", "`axes` names the axes by a letter each"),
        ("[10, 4, 2, 2]", "[10, -1, -1, 2]", "`shape` is a list of sizes, of which one may be -1"),
        ("variables:\n", "variables: 3\nskip2:\n", "`variables` is a list"),
    ],
)
def test_a_map_that_is_not_well_formed(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(Stop) as problem:
        named_map(written(tmp_path, TORCH.replace(old, new)))
    said = "; ".join(found.message for found in problem.value.diagnostics)
    assert sentence in said
    assert all(found.code == "AS771" and found.span is not None and found.help for found in problem.value.diagnostics)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"layer1.0.bn.weight": np.zeros(3)}, "layer1.0.bn.weight is named by no rule"),
        ({"layer3.0.conv1.weight": np.zeros((1, 1, 1, 1))}, "{stages[s-1]} is number 2 of 2 names"),
        ({"layerx.0.conv1.weight": np.zeros((1, 1, 1, 1))}, "{s} is x, which is no number"),
        ({"layer1.1.conv1.weight": np.zeros((1, 1))}, "1x1 has 2 axes, and `axes` has 4"),
        ({"fc.weight": np.zeros((3, 3))}, "3x3 cannot be laid out as 10x4x2x2"),
        ({"layer1.00.conv1.weight": np.zeros((1, 1, 1, 1))}, "would both be Net/first/unit_1/conv1/weights"),
    ],
)
def test_a_map_that_does_not_fit(tmp_path: Path, more: dict[str, np.ndarray], sentence: str) -> None:
    where, _ = saved(tmp_path, **more)
    with pytest.raises(Stop) as problem:
        renamed(open_weights(where), named_map(written(tmp_path, TORCH)))
    (found,) = problem.value.diagnostics
    assert found.code == "AS772" and sentence in "; ".join(note.message for note in found.notes)


def test_a_map_that_is_not_there() -> None:
    with pytest.raises(Stop, match="there is no map keras_mobilnet") as problem:
        named_map("keras_mobilnet")
    assert problem.value.diagnostics[0].help == "did you mean `keras_mobilenet`?"


def test_every_map_that_is_shipped_is_well_formed() -> None:
    assert {"keras_inception_v3", "keras_mobilenet", "timm_vit", "torch_resnet"} < set(shipped_maps())
    for name in shipped_maps():
        assert named_map(name).about


def network(spec: Path, **settings: str) -> Network:
    findings = Findings()
    program = compile_file(str(spec), settings=settings, findings=findings)
    assert program is not None, findings.items
    return lower(run_pass(for_inference, program.graph))


def with_random_numbers(model: keras.Model) -> keras.Model:
    """The model with norms that differ from layer to layer, not ones and zeros."""
    draw = np.random.default_rng(1)
    for layer in model.layers:
        for variable in layer.weights:
            if variable.path.rpartition("/")[2] in ("gamma", "moving_variance"):
                variable.assign(draw.uniform(0.5, 1.5, variable.shape))
            elif variable.path.rpartition("/")[2] in ("beta", "moving_mean", "bias"):
                variable.assign(draw.normal(0, 0.2, variable.shape))
    return model


def answers_agree(ours: Network, theirs: keras.Model, size: int) -> None:
    picture = np.random.default_rng(2).uniform(-1, 1, (2, size, size, 3)).astype("float32")
    found = np.asarray(ours.endpoints(picture, ["Predictions"])["Predictions"])
    wanted = np.asarray(theirs(picture))
    assert wanted.max() > 2 * wanted.mean(), "the answers should differ from class to class"
    np.testing.assert_allclose(found, wanted, atol=1e-4 * wanted.max())


@pytest.mark.parametrize("name", ["w.weights.h5", "w.keras", "w.h5"])
def test_mobilenet_of_keras(specs: Path, tmp_path: Path, name: str) -> None:
    keras.backend.clear_session()
    theirs = with_random_numbers(keras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(128, 128, 3)))
    (theirs.save_weights if name == "w.weights.h5" else theirs.save)(tmp_path / name)
    ours = network(specs / "mobilenet_v1_025.yaml", num_classes="1000", image_size="128")
    restore(ours, str(tmp_path / name), names="keras_mobilenet")
    answers_agree(ours, theirs, 128)
    if name == "w.keras":
        likeness = looks_like(open_weights(str(tmp_path / name)))
        assert likeness is not None
        assert (likeness.reference, likeness.named, likeness.map_name) == (
            "zoo:mobilenet_v1_025",
            False,
            "keras_mobilenet",
        )
        assert likeness.classes == (1000, 1001)


def test_inception_v3_of_keras_whatever_was_made_before(specs: Path, tmp_path: Path) -> None:
    """Keras numbers its layers, and goes on from those of other models."""
    keras.Sequential([keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(2, 1), keras.layers.BatchNormalization()])
    theirs = with_random_numbers(keras.applications.InceptionV3(weights=None, input_shape=(96, 96, 3)))
    theirs.save_weights(tmp_path / "w.weights.h5")
    assert "conv2d/kernel" not in open_weights(str(tmp_path / "w.weights.h5")).variables
    ours = network(specs / "inception_v3.yaml", num_classes="1000", image_size="96", aux="false")
    restore(ours, str(tmp_path / "w.weights.h5"), names="keras_inception_v3")
    answers_agree(ours, theirs, 96)
