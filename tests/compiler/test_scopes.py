"""Scoped defaults: explicit beats inner, inner beats outer, outer beats the op; and every value knows all of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.compiler.program import Program, check_file, compile_file
from archspec.diagnostics import Findings

Compile = Callable[..., Program]


def conv(program: Program, path: str = "c") -> Any:
    return program.graph.nodes[path].op


def test_op_default_holds_where_nobody_says(compiled: Compile) -> None:
    assert conv(compiled("layers: [c: {conv2d: 8, kernel: 3}]")).stride == (1, 1)


def test_group_reaches_its_members_and_op_beats_group(compiled: Compile) -> None:
    program = compiled("defaults: {conv: {kernel: 5, stride: 2}, conv2d: {kernel: 3}}\nlayers: [c: {conv2d: 8}]")
    assert (conv(program).kernel, conv(program).stride) == ((3, 3), (2, 2))


def test_group_of_an_inner_scope_beats_op_of_an_outer_one(compiled: Compile) -> None:
    text = "defaults: {conv2d: {kernel: 3}}\nlayers: [g: {defaults: {conv: {kernel: 5}}, layers: [c: {conv2d: 8}]}]"
    assert conv(compiled(text), "g/c").kernel == (5, 5)


def test_null_is_a_value(compiled: Compile) -> None:
    text = "defaults: {conv2d: {kernel: 1, activation: relu}}\nlayers: [c: {conv2d: 8, activation: null}]"
    assert list(compiled(text).graph.nodes) == ["c"]


def test_named_scope_applies_by_name(compiled: Compile) -> None:
    text = "scopes: {wide: {conv2d: {kernel: 7}}}\nlayers: [c: {conv2d: 8, defaults: wide}]"
    assert conv(compiled(text)).kernel == (7, 7)


def test_later_scope_in_a_list_is_the_inner_one(compiled: Compile) -> None:
    text = "scopes: {a: {conv2d: {kernel: 7}}}\nlayers: [c: {conv2d: 8, defaults: [a, {conv2d: {kernel: 5}}]}]"
    assert conv(compiled(text)).kernel == (5, 5)


def test_block_inherits_its_callers_scopes_and_sets_its_own_inside(compiled: Compile) -> None:
    text = """
blocks: {b: {parameters: {n: int}, defaults: {conv2d: {filters: $n}}, layers: [c: conv2d]}}
layers: [one: {block: b, n: 4, defaults: {conv2d: {kernel: 3, filters: 99}}}]
"""
    op = conv(compiled(text), "one/c")
    assert (op.filters, op.kernel) == (4, (3, 3))


def test_scope_sets_a_blocks_parameter(compiled: Compile) -> None:
    text = "defaults: {b: {n: 4}}\nblocks: {b: {parameters: {n: int}, layers: [c: {conv2d: $n, kernel: 1}]}}\nlayers: [one: {block: b}]"
    assert conv(compiled(text), "one/c").filters == 4


def test_fields_of_the_norm_come_from_its_own_key(compiled: Compile) -> None:
    text = """
defaults: {conv2d: {kernel: 1, norm: {batch_norm, decay: 0.5}}, batch_norm: {decay: 0.9, epsilon: 0.01}}
layers: [c: {conv2d: 8}]
"""
    norm: Any = compiled(text).graph.nodes["c/BatchNorm"].op
    assert (norm.decay, norm.epsilon) == (0.5, 0.01)


def test_value_knows_its_line_and_all_that_lost(compiled: Compile) -> None:
    text = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
defaults: {conv2d: {kernel: 1, stride: 1}}
layers:
- g:
    defaults: {conv2d: {kernel: 3}}
    layers:
    - c: {conv2d: 8, kernel: 5}
"""
    values = compiled(text).graph.nodes["g/c"].values
    kernel = values["kernel"]
    assert (kernel.value, kernel.origin.kind, kernel.origin.span.line) == ((5, 5), "explicit", 8)
    assert [(c.value, c.origin.span and c.origin.span.line) for c in kernel.lost] == [(3, 6), (1, 3)]
    assert values["stride"].origin.where == "the document's defaults"
    assert values["rate"].origin.kind == "default"


def test_width_multiplier_is_explained(compiled: Compile) -> None:
    program = compiled("layers: [c: {conv2d: 80, kernel: 1, width: {times: 0.5, min: 16}}]")
    filters = program.graph.nodes["c"].values["filters"]
    assert filters.value == 40
    assert filters.steps[0].startswith("80 x 0.5 = 40")


SIZES = st.none() | st.integers(1, 4)


@given(SIZES, SIZES, SIZES, SIZES)
def test_nearest_wins(document: int | None, outer: int | None, inner: int | None, explicit: int | None) -> None:
    """Any choice of places: the value is the nearest one said, and the others are its losers in order."""

    def scope(n: int | None) -> str:
        return f"{{conv2d: {{stride: {n}}}}}" if n else "{conv2d: {bias: true}}"

    own = f", stride: {explicit}" if explicit else ""
    text = f"""archspec: 1
inputs: {{image: {{shape: [64, 64, 3]}}}}
defaults: {scope(document)}
layers:
- a: {{defaults: {scope(outer)}, layers: [b: {{defaults: {scope(inner)}, layers: [c: {{conv2d: 8, kernel: 5{own}}}]}}]}}
"""
    findings = Findings()
    program = compile_file("test.yaml", findings=findings, text=text)
    assert program is not None, findings.items
    said = [n for n in (explicit, inner, outer, document) if n] + [1]
    stride = program.graph.nodes["a/b/c"].values["stride"]
    assert stride.value == (said[0], said[0])
    assert [c.value if isinstance(c.value, tuple) else (c.value, c.value) for c in stride.lost] == [
        (n, n) for n in said[1:]
    ]


@pytest.mark.parametrize(
    ("defaults", "code"),
    [
        ("{conv4d: {kernel: 1}}", "AS203"),
        ("{conv2d: {kernal: 1}}", "AS204"),
        ("{pool: {filters: 1}}", "AS204"),
        ("{max_pool2d: {kernel: 1}}", "AS216"),
    ],
)
def test_default_that_nothing_accepts_is_found(defaults: str, code: str) -> None:
    findings = Findings()
    text = f"archspec: 1\ninputs: {{image: {{shape: [8, 8, 3]}}}}\ndefaults: {defaults}\nlayers: [c: {{conv2d: 8, kernel: 1}}]\n"
    check_file("test.yaml", findings=findings, text=text)
    assert [d.code for d in findings.items] == [code]


def test_default_that_some_variant_reaches_is_no_finding() -> None:
    findings = Findings()
    text = """archspec: 1
variants: {plain: {set: {pooled: false}}, pooled: {set: {pooled: true}}}
hyperparameters: {pooled: false}
inputs: {image: {shape: [8, 8, 3]}}
defaults: {max_pool2d: {stride: 2, padding: valid}}
layers:
- c: {conv2d: 8, kernel: 1}
- p: {when: pooled, max_pool2d: 2}
"""
    check_file("test.yaml", findings=findings, text=text)
    assert findings.items == []
