"""Networks of torchvision and timm give their answers here with their weights, by the maps that come with archspec.

`tests/cases/torch` has the answers, and the names and shapes of the state dictionaries that go with them; the weights
are drawn by a formula, and written as `safetensors.torch.save_file` writes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from archspec.cli import main
from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings
from archspec.runtime.lower import lower
from archspec.runtime.restore import restore
from archspec.weights import safetensors
from archspec.weights.name_map_file import shipped_maps
from tests.cases.torch.formula import images, weight

GOLDEN = Path(__file__).parents[1] / "cases" / "torch"
SPECS = Path(__file__).parents[2] / "specs"
CLASSES = 100


@dataclass(frozen=True, slots=True)
class Pair:
    """A network of another library, and the zoo's."""

    source: str
    spec: str
    names: str
    """The map from PyTorch's names to ours."""
    settings: dict[str, str] = field(default_factory=dict)
    logits: str = "Logits"


SYMMETRIC = {"use_explicit_padding": "true"}
EPSILON = {"defaults.batch_norm.epsilon": "1e-5"}
PAIRS = [
    Pair("torchvision.convnext_tiny", "convnext_tiny", "torchvision_convnext"),
    Pair("torchvision.densenet121", "densenet_121", "torch_densenet"),
    Pair(
        "torchvision.efficientnet_b0", "efficientnet_b0", "torchvision_efficientnet", {"padding": "symmetric"} | EPSILON
    ),
    Pair("torchvision.mobilenet_v2", "mobilenet_v2", "torchvision_mobilenet_v2", SYMMETRIC | EPSILON),
    Pair("torchvision.mobilenet_v3_large", "mobilenet_v3_large", "torchvision_mobilenet_v3", SYMMETRIC),
    Pair("torchvision.mobilenet_v3_small", "mobilenet_v3_small", "torchvision_mobilenet_v3", SYMMETRIC),
    Pair("torchvision.regnet_y_400mf", "regnet_y_400mf", "torchvision_regnet_y"),
    Pair("torchvision.resnet18", "resnet_18", "torch_resnet"),
    Pair("torchvision.resnet50", "resnet_50", "torch_resnet"),
    Pair("torchvision.shufflenet_v2_x1_0", "shufflenet_v2", "torchvision_shufflenet_v2"),
    Pair("torchvision.squeezenet1_1", "squeezenet", "torchvision_squeezenet"),
    Pair("torchvision.swin_t", "swin_tiny", "torchvision_swin"),
    Pair("torchvision.vgg16", "vgg_16", "torch_vgg_16", logits="fc8"),
    Pair("torchvision.vgg19", "vgg_19", "torch_vgg_19", logits="fc8"),
    Pair("torchvision.vit_b_16", "vit_b16", "torchvision_vit"),
    Pair("timm.convnext_tiny", "convnext_tiny", "timm_convnext"),
    Pair("timm.ghostnet_100", "ghostnet", "timm_ghostnet"),
    Pair("timm.mixer_s16_224", "mixer_s16", "timm_mixer"),
    Pair("timm.regnety_004", "regnet_y_400mf", "timm_regnet_y"),
    Pair("timm.repvgg_a0", "repvgg_a0", "timm_repvgg"),
    Pair("timm.seresnext50_32x4d", "se_resnext_50", "timm_se_resnext"),
    Pair("timm.swin_tiny_patch4_window7_224", "swin_tiny", "timm_swin"),
    Pair("timm.tf_efficientnet_b0", "efficientnet_b0", "timm_efficientnet"),
    Pair("timm.tf_efficientnetv2_s", "efficientnet_v2_s", "timm_efficientnet_v2"),
    Pair("timm.vit_base_patch16_224", "vit_b16", "timm_vit"),
]


def test_every_map_and_every_answer_is_tried() -> None:
    assert {pair.names for pair in PAIRS} == {name for name in shipped_maps() if not name.startswith("keras_")}
    assert {pair.source for pair in PAIRS} == {path.stem for path in GOLDEN.glob("*.json")}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.source)
def test_logits_are_pytorchs(pair: Pair, tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / f"{pair.source}.json").read_text())
    shapes = {name: tuple(int(size) for size in text.split("x") if size) for name, text in golden["shapes"].items()}
    theirs, ours = tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors"
    with theirs.open("wb") as file:
        safetensors.write(file, {name: weight(name, shape) for name, shape in shapes.items()}, {"format": "pt"})

    spec, size = str(SPECS / f"{pair.spec}.yaml"), golden["size"]
    settings = {"num_classes": str(CLASSES), "image_size": str(size), **pair.settings}
    sets = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    assert main(["checkpoint", "convert", str(theirs), str(ours), "--map", pair.names, "--spec", spec, *sets]) == 0

    findings = Findings()
    program = compile_file(spec, settings=settings, findings=findings)
    assert program is not None, findings.items
    network = lower(program.graph)
    restore(network, str(ours))
    found = network.endpoints(images(size), [pair.logits])[pair.logits].numpy()[0]
    expected = np.asarray(golden["logits"])
    assert expected.std() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
