"""--set: hyperparameters and values by their paths, and where explain says that they come from."""

from __future__ import annotations

from typing import Any

import pytest

from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

SPEC = """archspec: 1
name: Net
hyperparameters: {n: 3, rate: 0.1}
inputs: {image: {shape: [8, 8, 3]}}
defaults: {conv2d: {kernel: 1}}
blocks: {unit: {parameters: {wide: 2}, layers: [inner: {conv2d: $wide}]}}
layers:
- (s): [conv1: {conv2d: 8}]
- c$i: {repeat: 2, conv2d: $n, activation: relu}
- body: [d: {conv2d: 4}, pool: {max_pool2d: 2, stride: 2, padding: valid}]
- u: {block: unit}
- flatten
- Logits: {dense: 3}
train:
  data: {tfrecord: x, labels_offset: 1}
  preprocess: [{resize: 8}]
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: $rate}
  batch: 8
  steps: 3
  clip_norm: 5
expect: {params: 196}
"""


def compiled(**settings: object) -> Program:
    findings = Findings()
    program = compile_file("net.yaml", settings=settings, findings=findings, text=SPEC)
    assert program is not None and findings.items == [], findings.items
    return program


def values(program: Program) -> dict[str, Any]:
    """Every value of the program by its name, with provenance."""
    found: dict[str, Any] = {f"hyperparameters.{name}": value for name, value in program.hyperparameters.items()}
    found |= program.values
    for path, arguments in program.calls.items():
        found |= {f"{path}.{name}": value for name, value in arguments.items()}
    for node in program.graph.nodes.values():
        found |= {f"{node.path}.{name}": value for name, value in node.values.items()}
    return found


@pytest.mark.parametrize(
    ("setting", "name", "value", "lost"),
    [
        ("n=4", "hyperparameters.n", 4, 3),
        ("hyperparameters.n=5", "hyperparameters.n", 5, 3),
        ("train.batch=16", "train.batch", 16, 8),
        ("train.seed=7", "train.seed", 7, 0),
        ("train.clip_norm=null", "train.clip_norm", None, 5.0),
        ("train.clip_norm=~", "train.clip_norm", None, 5.0),
        ("train.clip_norm=", "train.clip_norm", None, 5.0),
        ("train.optimizer.rate=0.5", "train.optimizer.rate.rate", 0.5, None),
        ("train.optimizer.momentum=0.9", "train.optimizer.momentum", 0.9, 0.0),
        ("train.optimizer={adam: 0.5}", "train.optimizer.rate.rate", 0.5, None),
        ("train.optimizer.adam=0.5", "train.optimizer.rate.rate", 0.5, None),
        ("train.data.folder=y", "train.data.path", "y", None),
        ("train.losses.main.label_smoothing=0.2", "train.losses.main.label_smoothing", 0.2, 0.0),
        ("train.preprocess.0.resize=[9, 9]", "train.preprocess.0.size", (9, 9), None),
        ("defaults.conv2d.kernel=3", "conv1.kernel", (3, 3), 1),
        ("defaults.conv.l2=0.1", "conv1.l2", 0.1, None),
        ("layers.conv1.filters=5", "conv1.filters", 5, 8),
        ("layers.(s)/conv1.filters=5", "conv1.filters", 5, 8),
        ("layers.conv1.kernel=3", "conv1.kernel", (3, 3), 1),
        ("layers.c$i.filters=$(n + i)", "c1.filters", 4, 3),
        ("layers.c$i.activation.leaky_relu=0.3", "c0/leaky_relu.alpha", 0.3, None),
        ("layers.body/d.filters=6", "body/d.filters", 6, 4),
        ("layers.body.defaults.conv2d.kernel=5", "body/d.kernel", (5, 5), 1),
        ("layers.u.wide=7", "u.wide", 7, 2),
        ("blocks.unit.parameters.wide=9", "u.wide", 9, 2),
        ("blocks.unit.layers.inner.filters=9", "u/inner.filters", 9, 2),
        ("layers.Logits={dense: 4}", "Logits.units", 4, None),
    ],
)
def test_value_is_set_by_its_path(setting: str, name: str, value: object, lost: object) -> None:
    path, text = setting.split("=", 1)
    found = values(compiled(**{path: text}))
    resolved = next(resolved for key, resolved in found.items() if key in (name, f"(s)/{name}"))
    assert resolved.value == value
    assert (resolved.origin.kind, resolved.origin.where) == ("set", f"--set {setting}")
    if lost is not None:
        assert resolved.lost[0].value == lost


def test_another_operation_replaces_the_layer() -> None:
    program = compiled(
        **{"layers.conv1.max_pool2d": "2", "layers.(s)/conv1.stride": "1", "layers.conv1.padding": "same"}
    )
    assert program.graph.nodes["(s)/conv1"].op.NAME == "max_pool2d"


def test_expectations_rest_only_where_the_network_may_be_another() -> None:
    for name, value, codes in [("train.batch", "4", ["AS503"]), ("layers.conv1.filters", "9", []), ("n", "3", [])]:
        findings = Findings()
        text = SPEC.replace("params: ", "params: 1")
        compile_file("net.yaml", settings={name: value}, findings=findings, text=text)
        assert [d.code for d in findings.items] == codes


def test_settings_are_quoted_and_not_saved() -> None:
    findings = Findings()
    compile_file("net.yaml", settings={"n": "4", "train.batch": "many"}, findings=findings, text=SPEC)
    [found] = findings.items
    assert found.span is not None and (found.span.file, found.span.line, found.span.column) == ("--set", 2, 13)
    assert findings.sources["--set"] == "n=4\ntrain.batch=many\n"
    assert list(compiled(n="4").sources) == ["net.yaml"]


def test_values_need_not_be_text() -> None:
    assert compiled(**{"train.batch": 4, "n": 5}).train.batch == 4  # type: ignore[union-attr]
    assert compiled(**{"inputs.image.shape": [9, 9, 3]}).graph.inputs["image"].shape == (9, 9, 3)


def test_path_without_its_section_is_answered_with_it() -> None:
    findings = Findings()
    compile_file("net.yaml", settings={"optimizer.rate": "0.1"}, findings=findings, text=SPEC)
    [found] = findings.items
    assert (found.code, found.help) == ("AS133", "did you mean `train.optimizer.rate`?")


def test_embedded_spec_is_set_by_its_hyperparameters() -> None:
    text = "archspec: 1\ninputs: {image: {shape: [28, 28, 1]}}\nlayers: [body: {network: zoo:lenet, until: fc4}]\n"
    findings = Findings()
    program = compile_file("net.yaml", settings={"layers.body.set.num_classes": "7"}, findings=findings, text=text)
    assert program is not None and program.graph.shape(program.graph.output) == (7,)
    compile_file("net.yaml", settings={"layers.body/conv1.filters": "7"}, findings=findings, text=text)
    [found] = findings.items
    assert found.code == "AS133" and "layers.body.set.NAME" in (found.help or "")


@pytest.mark.parametrize(
    ("setting", "name", "lost"),
    [
        ("defaults.conv2d.initializer.constant=0.5", "(s)/conv1.initializer", {"truncated_normal": 0.1}),
        ("layers.conv1.initializer.constant=0.5", "(s)/conv1.initializer", {"truncated_normal": 0.1}),
        ("train.optimizer.adam=0.1", "train.optimizer", {"sgd": 0.1}),
    ],
)
def test_a_form_of_another_kind_comes_whole_from_the_command_line(setting: str, name: str, lost: object) -> None:
    text = SPEC.replace("{kernel: 1}", "{kernel: 1, initializer: {truncated_normal: 0.1}}")
    path, _, value = setting.partition("=")
    findings = Findings()
    program = compile_file("net.yaml", settings={path: value}, findings=findings, text=text)
    assert program is not None, findings.items
    found = values(program)[name]
    assert (found.origin.kind, found.origin.where) == ("set", f"--set {setting}")
    assert found.lost[0].value == lost
