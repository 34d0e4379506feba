"""What a form is shown by: the example of its class, or layers as people write them, compiled to see what they make."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.fields import Form
from archspec.compiler.language.op import Op, Shape, show
from archspec.compiler.language.registry import Registry
from archspec.compiler.program import check_file
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings

BASE = """archspec: 1
name: Faces
inputs: {image: {shape: [224, 224, 3]}}
layers:
- features: {conv2d: 32, kernel: 3, stride: 2, activation: relu}
- pool: global_avg_pool
- Vector: {dense: 64}
- Age: {dense: 1, from: pool}
- Mask: [scores: {conv2d: 21, kernel: 1, from: features}, larger: {upsample: 2}]
- Logits: {dense: 10, from: pool}
- Predictions: softmax
outputs: {kind: Predictions, age: Age, mask: Mask, vector: Vector}
train:
  data: {csv: faces.csv, features: {image: {image: path}, kind: {class: kind}}}
  preprocess: [{random_resized_crop: 224}, random_flip, {normalize: [127.5], scale: 127.5}]
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: 0.1, momentum: 0.9}
  batch: 64
  epochs: 90
"""
"""The spec that examples of sections are laid over."""

GIVEN = (
    "{image: {shape: [56, 56, 64]}}",
    "{words: {shape: [100, 64]}}",
    "{clip: {shape: [16, 56, 56, 64]}}",
    "{vector: {shape: [256]}}",
    "{words: {shape: [100], dtype: int32}}",
)
"""Inputs for examples of layers: the first that fits is taken."""

USUAL = {
    "filters": "64",
    "units": "128",
    "kernel": "3",
    "stride": "2",
    "padding": "same",
    "rate": "0.5",
    "factor": "2",
    "stddev": "0.1",
}
"""What people write for fields that have no default."""


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of a spec: `kind` is "layers" on the inputs `given`, "sections" laid over BASE, or a "whole" spec.

    Only the line with the version is left out of a whole one. Of layers, `layer` is the one shown and `shape` its
    output's; `makes` says in words what it made of what.
    """

    text: str
    kind: str
    given: str = ""
    layer: str = ""
    shape: str = ""
    makes: str = ""


def example(cls: type[Form], registry: Registry) -> Example | None:
    """The example of a form; None where its class has none and there is no usual way to write it, or it is wrong."""
    said = inspect.cleandoc(cls.EXAMPLE)
    if said and not said.startswith("- "):
        return Example(said, "whole" if re.search(r"^inputs:", said, re.MULTILINE) else "sections")
    for text in [said] if said else _usual(cls, registry):
        for given in GIVEN:
            found = _compiled(cls, text, given)
            if found is not None:
                return found
    return None


def _compiled(cls: type[Form], text: str, given: str) -> Example | None:
    """The example on these inputs; None where it does not compile on them."""
    findings = Findings()
    whole = f"archspec: 1\ninputs: {given}\nlayers:\n{text}\n"
    programs = check_file("example.yaml", findings=findings, text=whole)
    if findings.items or not programs:
        return None
    graph = programs[0].graph
    nodes = [node for node in graph.nodes.values() if type(node.op) is cls]
    if not nodes:
        return Example(text, "layers", given)
    node = nodes[-1]
    return Example(text, "layers", given, node.path, show(node.shape), _makes(node, graph))


def _makes(node: Node, graph: Graph) -> str:
    """`56x56x64 -> 28x28x128; weights [3, 3, 64, 128], biases [128]; 57802752 macs`."""
    shapes = graph.input_shapes(node)
    outputs = node.op.outputs(*shapes)
    made = ", ".join(_named(outputs)) if len(outputs) > 1 else show(node.shape)
    weights = ", ".join(f"{each.name} {list(each.shape)}" for each in node.op.variables(*shapes))
    macs = node.op.macs(*shapes)
    flow = f"{', '.join(map(show, shapes))} -> {made}"
    return "; ".join(filter(None, [flow, weights, f"{macs:,} macs" if macs else ""]))


def _named(outputs: dict[str, Shape]) -> Iterator[str]:
    return (f"{name} {show(shape)}" for name, shape in outputs.items())


def _usual(cls: type[Form], registry: Registry) -> Iterator[str]:
    """Layers as people write them, where every field that has to be said has a usual value."""
    missing = [name for name, declared in cls.FIELDS.items() if declared.required and name not in USUAL]
    if missing:
        return
    name = re.sub(r"_?\dd", "", cls.NAME.rpartition(".")[2]) or cls.NAME
    if not issubclass(cls, Op):
        yield from _on_a_layer(cls, registry)
        return
    if {"activation", "norm"} & set(cls.GROUPS):
        group = "activation" if "activation" in cls.GROUPS else "norm"
        yield f"- conv: {{conv2d: 64, kernel: 3, {group}: {_form(cls)}}}"
    least, most = cls.ARITY
    if most is None or least > 1:
        yield _of_several(cls, name, max(least, 2))
        return
    form = _form(cls)
    yield f"- {name}: {form}" if form != cls.NAME else f"- {form}"


def _on_a_layer(cls: type[Form], registry: Registry) -> Iterator[str]:
    """A convolution with the form in the field that is called as its family."""
    conv = registry.ops.get("conv2d")
    declared = conv.FIELDS.get(cls.FAMILY) if conv is not None else None
    if declared is not None and declared.type.family == cls.FAMILY:
        yield f"- conv: {{conv2d: 64, kernel: 3, {cls.FAMILY}: {_form(cls)}}}"


def _of_several(cls: type[Op], name: str, count: int) -> str:
    names = ["left", "right", "middle", "other"][:count]
    lines = [f"- {each}: {{conv2d: 64, kernel: {2 * at + 1}, from: input}}" for at, each in enumerate(names)]
    fields = "".join(f", {key}: {USUAL[key]}" for key, declared in cls.FIELDS.items() if declared.required)
    return "\n".join([*lines, f"- {name}: {{{cls.NAME}: [{', '.join(names)}]{fields}}}"])


def _form(cls: type[Form]) -> str:
    """`{conv2d: 64, kernel: 3}`, or the bare name where nothing has to be said."""
    said = {key: USUAL[key] for key, declared in cls.FIELDS.items() if declared.required}
    if not said:
        return cls.NAME
    main = cls.MAIN
    first = f"{cls.NAME}: {said.pop(main.name)}" if main is not None and main.name in said else cls.NAME
    return f"{{{', '.join([first, *(f'{key}: {value}' for key, value in said.items())])}}}"
