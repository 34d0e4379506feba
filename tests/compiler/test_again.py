"""Calls of blocks that are copied from earlier ones give what their expansion gives, to the last origin and finding."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from archspec.compiler.expand.again import Again
from archspec.compiler.program import check_file
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings
from tests.cases.mutation import mutate
from tests.cases.zoo import SPECS, WRITTEN

CALLING = [path for path in WRITTEN if "block: " in path.read_text(encoding="utf-8")]

INPUTS = "archspec: 1\ninputs: {image: {shape: [16, 16, 4]}}\n"

DELICATE = {
    "a scope around asks for the shape of a layer": """
blocks: {b: {layers: [c: {conv2d: 4}]}}
layers:
- x: {conv2d: 4, kernel: 1}
- group: {defaults: {conv2d: {kernel: $(channels(x) - 1)}}, layers: [one: {block: b}, two: {block: b}, three: {block: b}]}
""",
    "numbers that are equal and not the same": """
blocks: {b: {parameters: {n: any}, layers: [c: {conv2d: 4, kernel: 1, when: $(n // 1 == n), initializer: {constant: $n}}]}}
layers: [one: {block: b, n: 1}, two: {block: b, n: 1}, three: {block: b, n: 1.0}, four: {block: b, n: 1}, five: {block: b, n: true}]
""",
    "one tensor for both inputs, then two": """
blocks: {b: {inputs: [p, q], layers: [s: {add: [p, q]}, t: {concat: [s, q]}]}}
layers:
- a: {conv2d: 4, kernel: 1}
- c: {conv2d: 4, kernel: 1}
- one: {block: b, from: [a, a]}
- two: {block: b, from: [a, c]}
- three: {block: b, from: [c, a]}
- four: {block: b, from: [c, c]}
- all: {concat: [one, two, three, four]}
""",
    "a block that stands for an activation inside": """
blocks:
  gate: {parameters: {by: 0.5}, layers: [m: {multiply: $by}, g: gain]}
  b: {parameters: {by: 1.0}, layers: [c: {conv2d: 4, kernel: 1, activation: {block: gate, by: $by}}, d: {conv2d: 4, kernel: 1}]}
defaults: {conv2d: {activation: {block: gate}}}
layers: [one: {block: b}, two: {block: b}, three: {block: b, by: 2.0}, four: {block: b}]
""",
    "an input that is handed on": """
blocks: {b: {outputs: {main: c, same: input}, layers: [c: {conv2d: 4, kernel: 1}]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b}, sum: {add: [three.main, three.same]}]
""",
    "an input that may be left out": """
blocks: {b: {inputs: [p, q?], layers: [c: {conv2d: 4, kernel: 1, from: p}, s: {add: [c, q], when: given(q), else: c}]}}
layers: [a: {block: b}, c: {block: b}, d: {block: b, from: [c, a]}, e: {block: b, from: [d, c]}, f: {block: b}]
""",
    "shapes, dilations and strides that differ": """
defaults: {conv2d: {kernel: 3}}
blocks: {b: {layers: [c: {conv2d: 4, stride: 2}, d: {conv2d: 4}]}, e: {layers: [d: {conv2d: 4}]}}
layers: [g: {output_stride: 4, layers: [one: {block: b}, two: {block: b}, t: {block: b}, u: {block: e}, v: {block: e}]}]
""",
    "end points with names of their own": """
blocks: {b: {parameters: {e: str}, layers: [c: {conv2d: 4, kernel: 1, endpoint: $e}]}}
layers: [one: {block: b, e: p}, two: {block: b, e: q}, three: {block: b, e: p}]
""",
    "variables that are shared": """
blocks: {b: {layers: [c: {conv2d: 4, kernel: 1}, d: {conv2d: 4, kernel: 1, share: c}]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b, share: one}, four: {block: b, share: three}]
""",
    "variables with one name": """
blocks: {b: {layers: [c: {conv2d: 4, kernel: 1}]}}
layers: [one: {block: b}, two: {block: b, name: one}, (three): {block: b}, (four): {block: b}]
""",
    "what is inside is named from outside": """
blocks: {b: {layers: [(g): [c: {conv2d: 4, kernel: 1}], d: {conv2d: 4, kernel: 1}, e: [f: relu, relu]]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b}, s: {add: [two/c, three/d, three/e/f, three/(g)/c, one]}]
""",
    "layers that are not there": """
blocks:
  b:
    parameters: {deep: bool}
    layers: [c: {conv2d: 4, kernel: 1, when: deep}, d: {conv2d: 4, kernel: 1, when: deep, else: relu}]
layers: [one: {block: b, deep: true}, two_$i: {repeat: 3, block: b, deep: false}, s: {add: [two_1, two_2/c]}]
""",
    "how deep a call stands": """
blocks: {b: {layers: [c: {dropout: $(0.5 * depth_fraction)}]}, o: {layers: [i: {block: b}, j: {conv2d: 4, kernel: 1}]}}
layers: [one: {block: b}, two: {block: o}, three: {block: o}, four: {block: b}]
""",
    "a body that is one operation": """
blocks: {b: {conv2d: 4, kernel: 1}, p: {split: 2}}
layers: [one_$i: {repeat: 3, block: b}, two_$i: {repeat: 3, block: p, from: one_2}, s: {add: [two_0/1, two_1, two_2]}]
""",
    "names that a line gives": """
names: {two/c: other}
blocks: {b: {layers: [c: {conv2d: 4, kernel: 1}]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b}]
""",
    "mistakes in every call": """
blocks: {b: {layers: [c: {conv2d: 4, kernel: 99, padding: valid}, d: {add: [c, input]}]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b}]
""",
    "a name that is taken": """
blocks: {b: {layers: [c: {conv2d: 4, kernel: 1}]}}
layers: [one: {block: b}, two: {block: b}, three/c: {conv2d: 4, kernel: 1}, three: {block: b}, two: {block: b}]
""",
    "copies that all read one layer": """
blocks: {b: {layers: [a: {conv2d: 4, kernel: 1}, c_$i: {repeat: 3, conv2d: 4, kernel: 1, from: a}]}}
layers: [one: {block: b}, two: {block: b}, three: {block: b}]
""",
    "a path that is too long in a later call": f"""
blocks: {{b: {{layers: [{"c" * 60}: {{conv2d: 4, kernel: 1}}]}}}}
layers: [{"x: [" * 5}one: {{block: b}}, two: {{block: b}}{"]" * 5}, {f"{'n' * 190}: [" * 5}three: {{block: b}}{"]" * 5}]
""",
    "more than there may be": """
blocks: {b: {layers: [c_$i: {repeat: 300, conv2d: 4, kernel: 1}]}}
layers: [one_$i: {repeat: 200, block: b}]
""",
}


def everything(path: Path) -> Iterator[Any]:
    """All that the compiler says of a spec, in order."""
    findings = Findings()
    for program in check_file(str(path), findings=findings):
        graph = program.graph
        yield [(p, n, n.span, list(n.values.items())) for p, n in graph.nodes.items()]
        yield list(graph.endpoints.items()), graph.output, list(graph.heads.items()), list(graph.outputs.items())
        yield list(program.calls.items()), list(program.alike.items()), list(program.values.items())
        yield [(name, node.path, variable) for name, node, variable in graph.variables()]
    yield findings.items


def assert_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = list(everything(path))
    with monkeypatch.context() as patch:
        patch.setattr(Again, "sign", lambda *_: None)
        made = list(everything(path))
    assert copied == made


@pytest.mark.parametrize("path", CALLING, ids=lambda path: path.stem)
def test_zoo(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_alike(path, monkeypatch)


@pytest.mark.parametrize("case", DELICATE)
def test_delicate_specs(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(INPUTS + DELICATE[case])
    assert_alike(path, monkeypatch)


@pytest.mark.parametrize("path", CALLING, ids=lambda path: path.stem)
def test_broken_specs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = parse(path.read_text(encoding="utf-8"), path.name, Findings())
    assert tree is not None
    document = plain(tree)
    for seed in range(2):
        broken = tmp_path / f"{seed}.yaml"
        broken.write_text(yaml.safe_dump(mutate(document, random.Random(seed)), sort_keys=False))
        assert_alike(broken, monkeypatch)


def test_most_calls_of_a_network_of_equal_units_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []
    copy = Again.copy
    monkeypatch.setattr(Again, "copy", lambda *call: (made.append((done := copy(*call)) is not None), done)[1])
    check_file(str(next(path for path in SPECS if path.stem == "resnet_v1_200")), findings=Findings())
    assert sum(made) > 0.8 * len(made)
