"""A spec that others extend, and what comes of a spec laid over it."""

from __future__ import annotations

from pathlib import Path

from archspec.compiler.program import Program, compile_file
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
