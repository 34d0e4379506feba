"""Writes what PyTorch's networks answer with weights by a formula: `python tests/cases/torch/regen.py [NAME …]`.

PyTorch is no dependency of archspec. In an environment of its own, `pip install torch torchvision timm`, and run this
with its Python. Each file has the names and shapes of a network's state dictionary, and its logits for one picture.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import timm
import torch
import torchvision

sys.path.insert(0, str(Path(__file__).parent))

from formula import images, weight

CLASSES = 100
SMALL, WHOLE = 64, 224
NETWORKS: dict[str, tuple[int, dict[str, Any]]] = {
    "torchvision.convnext_tiny": (SMALL, {}),
    "torchvision.densenet121": (SMALL, {}),
    "torchvision.efficientnet_b0": (SMALL, {}),
    "torchvision.mobilenet_v2": (SMALL, {}),
    "torchvision.mobilenet_v3_large": (SMALL, {}),
    "torchvision.mobilenet_v3_small": (SMALL, {}),
    "torchvision.regnet_y_400mf": (SMALL, {}),
    "torchvision.resnet18": (SMALL, {}),
    "torchvision.resnet50": (SMALL, {}),
    "torchvision.shufflenet_v2_x1_0": (SMALL, {}),
    "torchvision.squeezenet1_1": (SMALL, {}),
    "torchvision.swin_t": (WHOLE, {}),
    "torchvision.vgg16": (WHOLE, {}),
    "torchvision.vgg19": (WHOLE, {}),
    "torchvision.vit_b_16": (SMALL, {"image_size": SMALL}),
    "timm.convnext_tiny": (SMALL, {}),
    "timm.ghostnet_100": (SMALL, {}),
    "timm.mixer_s16_224": (SMALL, {"img_size": SMALL}),
    "timm.regnety_004": (SMALL, {}),
    "timm.repvgg_a0": (SMALL, {}),
    "timm.seresnext50_32x4d": (SMALL, {}),
    "timm.swin_tiny_patch4_window7_224": (WHOLE, {}),
    "timm.tf_efficientnet_b0": (SMALL, {}),
    "timm.tf_efficientnetv2_s": (SMALL, {}),
    "timm.vit_base_patch16_224": (SMALL, {"img_size": SMALL}),
}
"""(height and width of the picture, arguments) of each network, by library and name."""


def made(source: str, arguments: dict[str, Any]) -> torch.nn.Module:
    """The network, without trained weights, as it answers."""
    library, _, name = source.partition(".")
    make = timm.create_model if library == "timm" else torchvision.models.get_model
    network: torch.nn.Module = make(name, num_classes=CLASSES, **arguments)
    return network.eval()


def record(source: str) -> dict[str, Any]:
    """What a file says of a network."""
    size, arguments = NETWORKS[source]
    network = made(source, arguments)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    kept = {name: value for name, value in network.state_dict().items() if value.dtype == torch.int64}
    network.load_state_dict(
        {name: kept.get(name, torch.from_numpy(weight(name, shape))) for name, shape in shapes.items()}
    )
    with torch.no_grad():
        logits = network(torch.from_numpy(images(size)).permute(0, 3, 1, 2))[0]
    versions = {"torch": torch.__version__, "timm": timm.__version__, "torchvision": torchvision.__version__}
    written = {name: "x".join(map(str, shape)) for name, shape in shapes.items()}
    numbers = [float(f"{number:.7g}") for number in logits.tolist()]
    return {"source": source, "versions": versions, "size": size, "logits": numbers, "shapes": written}


if __name__ == "__main__":
    for wanted in sys.argv[1:] or NETWORKS:
        text = json.dumps(record(wanted), indent=0)
        (Path(__file__).parent / f"{wanted}.json").write_text(f"{text}\n")
        print(wanted, flush=True)
