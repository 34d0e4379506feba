"""TF-Slim's arguments of the mobile and NAS networks do here what they do there.

The numbers are those of TF-Slim's own unit tests, of its tables of checkpoints, and of the papers.
"""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import pytest

from archspec.compiler.graph.cost import rows, totals
from archspec.compiler.graph.graph import Graph
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

SPECS = Path(__file__).parents[2] / "specs"
MOBILENETS = ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "mobilenet_edgetpu"]
LAST = dict(zip(MOBILENETS, ["Conv2d_13_pointwise", "layer_19", "layer_17", "layer_13", "layer_24"], strict=True))
"""The end point of the last map of each."""
CELLS = ["nasnet_cifar", "nasnet_mobile", "nasnet_large", "pnasnet_mobile", "pnasnet_large"]


@cache
def program_of(name: str, **settings: object) -> Program:
    """A network of the zoo with arguments; each is compiled once."""
    findings = Findings()
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in settings.items()}
    program = compile_file(str(SPECS / f"{name}.yaml"), settings=texts, findings=findings)
    assert program is not None, [f"{found.span} {found.message}" for found in findings.items]
    return program


def graph_of(name: str, until: str | None = None, **settings: object) -> Graph:
    """Its graph as it predicts, up to an end point."""
    graph = for_inference(program_of(name, **settings).graph)
    return graph if until is None else graph.ending_at([graph.endpoints[until]])


def shape(graph: Graph, endpoint: str) -> tuple[int | None, ...]:
    return graph.shape(graph.endpoints[endpoint])


def ops(graph: Graph, kind: str) -> dict[str, Any]:
    """The ops of a kind by path, in running order."""
    return {path: node.op for path, node in graph.nodes.items() if kind == node.op.NAME}


def widths(graph: Graph) -> set[int]:
    """The output channels of all full convolutions."""
    return {op.filters for op in ops(graph, "conv2d").values()}


def weights(graph: Graph, part: str = "weights") -> int:
    """The elements of all kernels."""
    return sum(prod(variable.shape) for _, _, variable in graph.variables() if variable.name.endswith(part))


MACS = {
    "mobilenet_v2_140": 582e6,
    "mobilenet_v2": 300e6,
    "mobilenet_v2_035": 59e6,
    "mobilenet_v3_large": 217e6,
    "mobilenet_v3_large_minimalistic": 209e6,
    "mobilenet_edgetpu": 990e6,
    "nasnet_mobile": 564e6,
    "nasnet_large": 23.8e9,
    "pnasnet_mobile": 588e6,
    "pnasnet_large": 25.0e9,
}
"""As tables of checkpoints and papers have them, to three digits."""


@pytest.mark.parametrize(("name", "macs"), MACS.items())
def test_macs_are_the_published_ones(name: str, macs: float) -> None:
    assert totals(rows(graph_of(name))).macs == pytest.approx(macs, rel=0.006)


@pytest.mark.parametrize(
    ("settings", "kernels", "macs"),
    [({}, 3_185_088, 567_716_352), ({"depth_multiplier": 0.75, "image_size": 128}, 1_800_144, 106_002_432)],
)
def test_mobilenet_v1_costs_what_its_table_says(settings: dict[str, float], kernels: int, macs: int) -> None:
    graph = graph_of("mobilenet_v1", until="Conv2d_13_pointwise", **settings)
    assert (weights(graph), totals(rows(graph)).macs) == (kernels, macs)


@pytest.mark.parametrize(("multiplier", "least"), [(0.5, 8), (0.33, 8), (0.25, 24), (1.5, 8)])
def test_mobilenet_v1_multiplies_depths_down_to_a_least_one(multiplier: float, least: int) -> None:
    graph = graph_of("mobilenet_v1", until="Conv2d_13_pointwise", depth_multiplier=multiplier, min_depth=least)
    depths = [32, 64, *[128] * 2, *[256] * 2, *[512] * 6, *[1024] * 2]
    assert [op.filters for op in ops(graph, "conv2d").values()] == [max(int(d * multiplier), least) for d in depths]


@pytest.mark.parametrize("name", MOBILENETS)
@pytest.mark.parametrize(("output_stride", "size"), [(32, 7), (16, 14), (8, 28)])
@pytest.mark.parametrize("explicit", [False, True])
def test_output_stride_is_the_size_of_the_last_map(name: str, output_stride: int, size: int, explicit: bool) -> None:
    graph = graph_of(name, until=LAST[name], output_stride=output_stride, use_explicit_padding=explicit)
    assert shape(graph, LAST[name])[:2] == (size, size)
    assert {op.padding for op in ops(graph, "depthwise_conv2d").values()} == {"symmetric" if explicit else "same"}
    assert weights(graph) == weights(graph_of(name, until=LAST[name]))


def test_dilation_begins_behind_the_stride_that_is_left_out() -> None:
    graph = graph_of("mobilenet_v1", until="Conv2d_13_pointwise", output_stride=8)
    rates = [op.rate[0] for op in ops(graph, "depthwise_conv2d").values()]
    assert rates == [1] * 6 + [2] * 6 + [4]


def test_mobilenet_v1_pools_all_that_is_left_or_7x7() -> None:
    assert shape(graph_of("mobilenet_v1", image_size=320, global_pool=True), "global_pool") == (1, 1, 1024)
    graph = graph_of("mobilenet_v1", image_size=320, spatial_squeeze=False)
    assert (shape(graph, "AvgPool_1a"), shape(graph, "Logits")) == ((2, 2, 1024), (2, 2, 1001))
    assert shape(graph_of("mobilenet_v1", image_size=128), "AvgPool_1a") == (1, 1, 1024)


@pytest.mark.parametrize(
    ("settings", "channels"),
    [
        ({"divisible_by": 16, "min_depth": 32}, {32, 64, 96, 160, 192, 320, 384, 576, 960, 1280, 1001}),
        ({"depth_multiplier": 0.1, "min_depth": 32}, {32, 192, 128, 1001}),
        ({"depth_multiplier": 0.01, "finegrain_classification_mode": True}, {8, 48, 1001, 1280}),
        ({"depth_multiplier": 0.01}, {8, 16, 48, 1001}),
    ],
)
def test_mobilenet_v2_rounds_channels(settings: dict[str, float], channels: set[int]) -> None:
    assert widths(graph_of("mobilenet_v2", **settings)) == channels


@pytest.mark.parametrize(("image_size", "size"), [(224, 7), (192, 6), (160, 5), (128, 4), (96, 3)])
def test_mobilenet_v2_takes_images_of_other_sizes(image_size: int, size: int) -> None:
    assert shape(graph_of("mobilenet_v2", image_size=image_size), "layer_18/output") == (size, size, 320)


@pytest.mark.parametrize(
    ("name", "layer", "wide", "thin"),
    [
        ("mobilenet_v2", "layer_19", 1280, 640),
        ("mobilenet_v3_large", "layer_19", 1280, 640),
        ("mobilenet_v3_small", "layer_15", 1024, 512),
        ("mobilenet_edgetpu", "layer_24", 1280, 640),
    ],
)
def test_finegrain_classification_keeps_the_last_convolution(name: str, layer: str, wide: int, thin: int) -> None:
    fine = graph_of(name, depth_multiplier=0.5, finegrain_classification_mode=True)
    assert shape(fine, layer)[-1] == wide
    assert shape(graph_of(name, depth_multiplier=0.5), layer)[-1] == thin


def test_finegrain_classification_of_a_wider_network() -> None:
    """V2's last layer is multiplied by more than 1 also then, V3's never."""
    wider = {"depth_multiplier": 1.4, "finegrain_classification_mode": True}
    assert shape(graph_of("mobilenet_v2", **wider), "layer_19")[-1] == 1792
    assert shape(graph_of("mobilenet_edgetpu", **wider), "layer_24")[-1] == 1280


@pytest.mark.parametrize(
    ("name", "params", "macs"), [("mobilenet_v3_large", 4.0e6, 155e6), ("mobilenet_v3_small", 2.0e6, 44e6)]
)
def test_thinner_mobilenet_v3_is_the_papers(name: str, params: float, macs: float) -> None:
    graph = graph_of(name, depth_multiplier=0.75, finegrain_classification_mode=True)
    assert totals(rows(graph)).trainable == pytest.approx(params, rel=0.03)
    assert totals(rows(graph)).macs == pytest.approx(macs, rel=0.03)


@pytest.mark.parametrize("size", ["large", "small"])
def test_minimalistic_networks_have_no_gates_and_small_kernels(size: str) -> None:
    graph = graph_of(f"mobilenet_v3_{size}_minimalistic")
    assert not {node.op.NAME for node in graph.nodes.values()} & {"hard_swish", "hard_sigmoid", "multiply"}
    assert {op.kernel for op in ops(graph, "depthwise_conv2d").values()} == {(3, 3)}


@pytest.mark.parametrize(("name", "layers"), [("v2", 19), ("v3_large", 19), ("v3_small", 15), ("edgetpu", 24)])
def test_mobilenets_have_tf_slims_end_points(name: str, layers: int) -> None:
    endpoints = graph_of(f"mobilenet_{name}").endpoints
    wanted = {f"layer_{n}" for n in range(1, layers + 1)} | {"global_pool", "Logits", "Predictions"}
    outputs = {f"layer_{n}/output" for n in range(2, layers - (1 if name in ("v2", "edgetpu") else 3) + 1)}
    assert (wanted | outputs) <= endpoints.keys()
    assert not {f"layer_{n}" for n in (layers + 1, layers + 2)} & endpoints.keys()
    fused = set(range(2, 11)) if name == "edgetpu" else set()
    wanted_depthwise = {f"{path.removesuffix('/output')}/depthwise_output" for path in outputs}
    missing = {int(path.split("/")[0][6:]) for path in wanted_depthwise - endpoints.keys()}
    assert missing == fused


@pytest.mark.parametrize("name", [*MOBILENETS, *CELLS])
def test_no_classes_are_the_features(name: str) -> None:
    program = program_of(name, num_classes=0)
    graph = program.graph
    assert (program.train, graph.heads) == (None, {})
    # How a picture becomes the input is said all the same: predict needs it.
    assert program.eval is None or (program.eval.preprocess and not program.eval.metrics)
    pooled = "AvgPool_1a" if name == "mobilenet_v1" else "global_pool"
    assert graph.output == graph.endpoints[pooled] and not {"Logits", "Predictions"} & graph.endpoints.keys()
    assert graph.shape(graph.output) == shape(graph_of(name), pooled)


@pytest.mark.parametrize("name", [*MOBILENETS, *CELLS])
def test_what_is_regularised_is_what_tf_slim_regularises(name: str) -> None:
    """MobileNets leave the depthwise kernels alone; all kernels of NASNet count."""
    decay = {"nasnet_cifar": 5e-4, "nasnet_large": 5e-5}.get(name, 4e-5)
    found: dict[str, set[float]] = {}
    for _, _, variable in program_of(name).graph.variables():
        found.setdefault(variable.name, set()).add(variable.l2)
    depthwise = {0.0} if name in MOBILENETS else {decay}
    assert found.pop("depthwise_weights") == depthwise
    assert found.pop("weights") == {decay} and found.pop("pointwise_weights", {decay}) == {decay}
    assert set().union(*found.values()) == {0.0}


NASNET_SHAPES = {
    "nasnet_cifar": (6, (32, 32, 96), [(32, 192), (16, 384), (8, 768)], [(16, 256), (8, 512)]),
    "nasnet_mobile": (4, (28, 28, 88), [(28, 264), (14, 528), (7, 1056)], [(14, 352), (7, 704)]),
    "nasnet_large": (6, (42, 42, 336), [(42, 1008), (21, 2016), (11, 4032)], [(21, 1344), (11, 2688)]),
    "pnasnet_mobile": (3, (28, 28, 135), [(28, 270), (14, 540), (7, 1080)], []),
    "pnasnet_large": (4, (42, 42, 540), [(42, 1080), (21, 2160), (11, 4320)], []),
}
"""Cells of a group; the stem's shape; size and channels of each group's cells, and of the reductions between."""


@pytest.mark.parametrize("name", CELLS)
def test_cells_have_tf_slims_end_points_and_shapes(name: str) -> None:
    count, stem, groups, reductions = NASNET_SHAPES[name]
    graph = program_of(name).graph
    wanted: dict[str, tuple[int, ...]] = {"Stem": stem}
    for group, (size, channels) in enumerate(groups):
        wanted |= {f"Cell_{group * count + i}": (size, size, channels) for i in range(count)}
    wanted |= {f"Reduction_Cell_{i}": (size, size, channels) for i, (size, channels) in enumerate(reductions)}
    assert {endpoint: shape(graph, endpoint) for endpoint in wanted} == wanted
    classes = 10 if name == "nasnet_cifar" else 1001
    assert shape(graph, "Logits") == shape(graph, "Predictions") == (classes,)
    assert graph.shape((graph.endpoints | graph.heads)["AuxLogits"]) == (classes,)


@pytest.mark.parametrize(("name", "before"), [("nasnet_mobile", "cell_3"), ("nasnet_large", "cell_4")])
def test_what_the_cell_behind_a_reduction_sees_beside_it(name: str, before: str) -> None:
    """The reduction's input, or with skip_reduction_layer_input what came before that."""
    graph = graph_of(name)
    first = next(path for path in graph.nodes if path.startswith(f"cell_{4 if name == 'nasnet_mobile' else 6}/"))
    source = graph.nodes[graph.nodes[first].inputs[0]]
    while source.op.NAME == "identity":
        source = graph.nodes[source.inputs[0]]
    assert source.path.startswith(f"{before}/cell_output")


def test_the_auxiliary_head_stands_before_the_second_reduction() -> None:
    for name, number in [("nasnet_cifar", 11), ("nasnet_mobile", 7), ("nasnet_large", 11), ("pnasnet_large", 7)]:
        graph = program_of(name).graph
        heads = {full for full, _, _ in graph.variables()} - {full for full, _, _ in graph_of(name).variables()}
        assert heads and all(full.startswith(f"aux_{number}/aux_logits/") for full in heads)
        assert not program_of(name, use_aux_head=False).graph.heads


@pytest.mark.parametrize(
    ("name", "cells", "dropped", "steps", "count"),
    [
        ("nasnet_cifar", 20, 0.4, 937_500, 18 * 8 + 2 * 9),
        ("nasnet_large", 22, 0.3, 250_000, 18 * 8 + 4 * 9),
        ("pnasnet_large", 14, 0.4, 250_000, 14 * 9),
    ],
)
def test_drop_path_grows_with_cells_and_steps(name: str, cells: int, dropped: float, steps: int, count: int) -> None:
    """1 - keep = (cell + 1) / cells * (1 - drop_path_keep_prob) * min(step / total_training_steps, 1).

    All operations of a cell have it but the identities.
    """
    paths = ops(program_of(name).graph, "drop_path")
    rates = list(dict.fromkeys(op.rate for op in paths.values()))
    assert rates == pytest.approx([dropped * (cell + 1) / cells for cell in range(cells)])
    assert ({op.steps for op in paths.values()}, len(paths)) == ({steps}, count)
