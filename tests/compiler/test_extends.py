"""extends, change, insert, remove, variants, networks in networks: files on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.program import Program, compile_file, variants
from archspec.diagnostics import Findings

BASE = """archspec: 1
name: Base
hyperparameters: {classes: 10, size: {type: int, default: 32, one_of: [16, 32]}}
inputs: {image: {shape: [$size, $size, 3]}}
defaults: {conv2d: {kernel: 1, activation: relu}}
layers:
- a: {conv2d: 8}
- body:
  - b: {conv2d: 16, stride: 2}
  - relu
  - c: {max_pool2d: 2, stride: 2, padding: valid}
- m: {concat: {x: {conv2d: 4}, y: {conv2d: 6}}}
- flatten
- logits: {dense: $classes}
expect: {shapes: {logits: [10]}}
"""


def build(folder: Path, text: str, name: str = "top.yaml") -> tuple[Program | None, list[str]]:
    (folder / "base.yaml").write_text(BASE)
    (folder / name).write_text("archspec: 1\n" + text)
    findings = Findings()
    return compile_file(str(folder / name), findings=findings), [d.code for d in findings.items]


def made(folder: Path, text: str) -> Program:
    program, codes = build(folder, text)
    assert program is not None and codes == []
    return program


def shape(program: Program, name: str) -> tuple[int | None, ...]:
    return program.graph.shape(program.graph.endpoints[name])


def test_hyperparameter_changes_and_its_declaration_stays(tmp_path: Path) -> None:
    text = "extends: base.yaml\nhyperparameters: {classes: 5, size: 16}\nexpect: {shapes: {logits: [5]}}\n"
    assert shape(made(tmp_path, text), "a") == (16, 16, 8)
    assert build(tmp_path, "extends: base.yaml\nhyperparameters: {size: 17}\n")[1] == ["AS210"]


def test_expectations_of_the_base_hold_until_replaced(tmp_path: Path) -> None:
    assert build(tmp_path, "extends: base.yaml\nhyperparameters: {classes: 5}\n")[1] == ["AS503"]


@pytest.mark.parametrize(
    ("edit", "nodes"),
    [
        ("change: {body/b: {conv2d: 12}}", ["a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("change: {body/c: {dropout: 0.5}}", ["a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("change: {body: identity}", ["a", "a/relu", "body"]),
        (
            "insert: {after body/b: [n: batch_norm]}",
            ["a", "a/relu", "body/b", "body/b/relu", "body/n", "body/relu", "body/c"],
        ),
        ("insert: {before a: [n: batch_norm]}", ["n", "a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("remove: [body/c]", ["a", "a/relu", "body/b", "body/b/relu", "body/relu"]),
    ],
)
def test_layers_change_by_path(tmp_path: Path, edit: str, nodes: list[str]) -> None:
    assert list(made(tmp_path, f"extends: base.yaml\n{edit}\n").graph.nodes)[: len(nodes)] == nodes


def test_change_keeps_the_other_fields(tmp_path: Path) -> None:
    assert shape(made(tmp_path, "extends: base.yaml\nchange: {body/b: {conv2d: 12}}\n"), "body/b") == (16, 16, 12)


def test_branch_changes_by_path(tmp_path: Path) -> None:
    assert shape(made(tmp_path, "extends: base.yaml\nchange: {m/x: {conv2d: 10}}\n"), "m") == (8, 8, 16)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("extends: base.yaml\nchange: {body/bb: {conv2d: 12}}\n", "AS117"),
        ("extends: base.yaml\nremove: [nothing]\n", "AS117"),
        ("extends: base.yaml\ninsert: {a: [n: relu]}\n", "AS116"),
        ("extends: base.yaml\nlayers: [a: relu]\n", "AS115"),
        ("extends: ../base.yaml\n", "AS113"),
        ("extends: /etc/passwd\n", "AS113"),
        ("extends: missing.yaml\n", "AS113"),
        ("extends: top.yaml\n", "AS114"),
        ("extends: base.yaml#big\n", "AS213"),
        ("inputs: {image: {shape: [8]}}\nlayers: [a: relu]\nremove: [a]\n", "AS112"),
    ],
)
def test_mistake_is_one_finding(tmp_path: Path, text: str, code: str) -> None:
    assert build(tmp_path, text) == (None, [code])


def test_symbolic_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.yaml").write_text(BASE)
    (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert build(inner, "extends: link.yaml\n") == (None, ["AS113"])


def test_variants_of_one_file(tmp_path: Path) -> None:
    text = """name: $variant
variants: {small: {set: {n: 4}, expect: {params: 16}}, large: {set: {n: 8}, expect: {params: 32}}}
hyperparameters: {n: 4}
inputs: {image: {shape: [4, 4, 3]}}
layers: [c: {conv2d: $n, kernel: 1}]
"""
    (tmp_path / "family.yaml").write_text("archspec: 1\n" + text)
    findings = Findings()
    program = compile_file(str(tmp_path / "family.yaml") + "#large", findings=findings)
    assert program is not None and findings.items == []
    assert [name for name, _, _ in program.graph.variables()] == ["large/c/weights", "large/c/biases"]
    assert variants(str(tmp_path / "family.yaml"), findings) == ("small", "large")
    through = made(tmp_path, "extends: family.yaml#large\n")
    assert shape(through, "c") == (4, 4, 8)


def test_network_in_a_network_keeps_its_variables_names(tmp_path: Path) -> None:
    text = """name: Top
inputs: {image: {shape: [32, 32, 3]}}
defaults: {conv2d: {kernel: 3}}
layers:
- backbone: {network: base.yaml, set: {classes: 7}, until: body}
- head: {conv2d: $(channels(backbone/a))}
"""
    program = made(tmp_path, text)
    names = [name for name, _, _ in program.graph.variables()]
    assert names == [
        "Base/a/weights",
        "Base/a/biases",
        "Base/body/b/weights",
        "Base/body/b/biases",
        "Top/head/weights",
        "Top/head/biases",
    ]
    assert shape(program, "head") == (8, 8, 8)
