"""What an op cannot do is one sentence with the rule and the values, at the value that asks for it, with a remedy."""

from __future__ import annotations

import re

import pytest

from archspec.compiler.program import check_file
from archspec.diagnostics import Diagnostic, Findings

HEAD = "archspec: 1\ninputs: {image: {shape: [8, 8, 4]}, row: {shape: [12, 6]}, words: {shape: [5], dtype: int32}, labels: {shape: [5], dtype: int64}}\nlayers:\n"
TABLE = """
# Groups
- a: {conv2d: 8, kernel: 3, groups: ^3}  # needs channels and filters that its 3 groups divide, got 8x8x4 and 8 filters
- a: {conv2d: 6, kernel: 3, groups: ^4}  # needs channels and filters that its 4 groups divide, got 8x8x4 and 6 filters
- a: {conv1d: 6, kernel: 3, groups: ^4, from: row}  # needs channels and filters that its 4 groups divide, got 12x6
- a: {group_norm: ^3}  # needs channels that 3 groups divide, got 8x8x4
- a: {conv2d: 6, kernel: 3, norm: {group_norm: ^4}}  # needs channels that 4 groups divide, got 8x8x6
- a: {maxout: ^3}  # needs channels that are a multiple of its 3 units, got 8x8x4
# Windows that are larger than what they slide over
- a: {conv2d: 8, kernel: ^9, padding: valid}  # needs at least 9x9 for its window with padding valid, got 8x8x4
- a: {conv2d: 8, kernel: ^12, padding: 1}  # needs at least 12x12 for its window with padding [[1, 1], [1, 1]], got 8x8x4
- a: {conv2d: 8, kernel: ^3, rate: 4, padding: valid}  # needs at least 9x9 for its window with padding valid, got 8x8x4
- a: {depthwise_conv2d: ^9, padding: valid}  # needs at least 9x9 for its window
- a: {separable_conv2d: 8, kernel: ^9, padding: valid}  # needs at least 9x9 for its window
- a: {conv2d_in_plane: ^9, padding: valid}  # needs at least 9x9 for its window
- a: {conv1d: 8, kernel: ^13, padding: valid, from: row}  # needs at least 13 for its window
- a: {max_pool2d: ^9, stride: 1, padding: valid}  # needs at least 9x9 for its window
- a: {avg_pool2d: ^[1, 9], stride: 1, padding: valid}  # needs at least 1x9 for its window
- a: {max_pool1d: ^13, stride: 1, padding: valid, from: row}  # needs at least 13 for its window
- a: {max_pool2d: 2, stride: 1, padding: ^2}  # needs a window larger than its padding, got 2x2 and [[2, 2], [2, 2]]
- a: {avg_pool2d: 2, stride: 1, padding: same, count_padding: ^true}  # can't count its padding where that is same
# Stride and rate, and strides that differ
- a: {conv2d: 8, kernel: 3, stride: 2, rate: ^2}  # can't have both stride 2x2 and rate 2x2 above 1
- a: {conv2d: 8, kernel: 3, stride: 2x1, rate: ^1x2}  # can't have both stride 2x1 and rate 1x2 above 1
- a: {conv1d: 8, kernel: 3, stride: 2, rate: ^2, from: row}  # can't have both stride 2 and rate 2 above 1
- a: {depthwise_conv2d: 3, stride: 2, rate: ^2}  # can't have both stride 2x2 and rate 2x2 above 1
- a: {separable_conv2d: 8, kernel: 3, stride: 2, rate: ^3}  # can't have both stride 2x2 and rate 3x3 above 1
- a: {conv2d_in_plane: 3, stride: 2, rate: ^2}  # can't have both stride 2x2 and rate 2x2 above 1
- a: {depthwise_conv2d: 3, stride: ^2x1}  # needs the same stride down and across, got 2x1
- a: {conv2d_transpose: 8, kernel: 2, padding: ^5}  # with padding [[5, 5], [5, 5]] cuts off all of its output
- a: {conv2d_transpose: 8, kernel: 3, ^rate: 2}  # has no field `rate`
# Axes that are not there
- a: {concat: [image, image], axis: ^3}  # needs an axis 3, got 8x8x4
- a: {split: 2, axis: ^-4}  # needs an axis -4, got 8x8x4
- a: {squeeze: ^3}  # needs an axis 3, got 8x8x4
- a: {squeeze: ^0}  # needs size 1 along axis 0, got 8x8x4
- a: {softmax, axis: ^3}  # needs an axis 3, got 8x8x4
- a: {log_softmax, axis: ^-5}  # needs an axis -5, got 8x8x4
- a: {slice: 0, axis: ^4}  # needs an axis 4, got 8x8x4
- a: {l2_normalize, axis: ^3}  # needs an axis 3, got 8x8x4
- a: {expand_dims: ^5}  # needs an axis 5, got 8x8x4x1
- a: {flatten, first: ^3}  # needs an axis 3, got 8x8x4
- a: {flatten, last: ^-4}  # needs an axis -4, got 8x8x4
- a: {flatten, first: ^2, last: 1}  # needs a first axis not after the last, got 2 and 1 for 8x8x4
- a: {transpose: ^[0, 1]}  # needs each of 0, 1, 2 once, got [0, 1]
- a: {transpose: ^[0, 1, 3]}  # needs each of 0, 1, 2 once, got [0, 1, 3]
- a: {transpose: ^[0, 1, 1]}  # needs each of 0, 1, 2 once, got [0, 1, 1]
- a: {roll: ^[1, 1, 1, 1]}  # needs one number for each axis at the most, got 4 for 8x8x4
- a: {slice: ^5, axis: 2}  # from 5 to the end needs such places along axis 2, got 8x8x4
- a: {slice: ^1, end: 9, axis: 0}  # from 1 to 9 needs such places along axis 0, got 8x8x4
# Parts and blocks
- a: {split: ^3}  # needs channels that 3 divides, got 8x8x4
- a: {split: ^3, axis: 0}  # needs an axis 0 that 3 divides, got 8x8x4
- a: {depth_to_space: ^3}  # needs channels that 9 divides, got 8x8x4
- a: {space_to_depth: ^3}  # needs height and width that 3 divides, got 8x8x4
- a: {reshape: ^[8, 8, 5]}  # to 8x8x5 needs 320 values, got 8x8x4
- a: {reshape: ^[-1, 5]}  # to ?x5 needs values that 5 divides, got 8x8x4
- a: {reshape: ^[-1, -1]}  # needs sizes of at least 1, and at most one -1, got [-1, -1]
- a: {reshape: ^[0, 4]}  # needs sizes of at least 1, and at most one -1, got [0, 4]
# Borders
- a: {crop: ^4}  # of [[4, 4], [4, 4]] needs more positions than it takes away, got 8x8x4
- a: {crop: ^[[5, 3], [0, 0]]}  # of [[5, 3], [0, 0]] needs more positions than it takes away, got 8x8x4
- a: {crop: ^[1, 1, 1]}  # with [[1, 1], [1, 1], [1, 1]] needs 3 axes of positions, got 8x8x4
- a: {pad: ^8, mode: reflect}  # of 8 and 8 with reflect needs at least 9 positions, got 8x8x4
- a: {pad: ^9, mode: symmetric}  # of 9 and 9 with symmetric needs at least 9 positions, got 8x8x4
- a: {pad: ^[1, 2, 3]}  # needs 3 axes of positions, got 8x8x4
- a: {shift: ^9}  # by 9 needs at least as many rows and columns, got 8x8x4
- a: {resize: 4, factor: ^0.5}  # needs a size or a factor, got both
- a: {resize, factor: ^0.1}  # times 0.1 leaves nothing of 8x8x4
# Sequences
- a: {attention: ^4, from: row}  # needs channels that 4 heads divide, got 12x6
- a: {attention: 2, window: ^5, from: row}  # with window 5x5 needs 25 positions, got 12x6
- a: {attention: 2, window: 3x4, rolled: ^3, from: row}  # with rolled 3x3 needs a larger window, got window 3x4
- a: {attention: 2, rolled: ^1, from: row}  # with rolled 1x1 needs a larger window, got no `window`
- a: {attention: 2, masked: ^true, from: row}  # with `masked` needs a mask beside its input, got 12x6 alone
- ^a: {attention: [row, words], heads: 2, masked: true}  # needs a mask of 12, a number for each position of 12x6, got 5
- ^a: {attention: 2, from: words}  # needs positions x channels, got 5
- ^a: {global_avg_pool: [image, row]}  # takes 2 inputs only with a mask, got 12x6
- ^a: {embedding: 4, words: 9, from: row}  # needs numbers of type int32 or int64, got float32
- ^a: {one_hot: 4, from: row}  # needs numbers of type
- ^a: {relu, from: words}  # needs numbers of type float32, float16, bfloat16 or float64, got int32
- ^a: {dense: 4, from: words}  # needs numbers of type float32, float16, bfloat16 or float64, got int32
- ^a: {lstm: 4}  # needs length x channels, got 8x8x4
- a: {add_learned: ^[3, 4], from: row}  # of 3x4 needs an input of the same sizes, or size 1 where they differ, got 12x6
# Several inputs
- ^a: {add: [image, row]}  # needs equal shapes, or size 1 where they differ, got 8x8x4 and 12x6
- ^a: {concat: [image, row]}  # needs inputs equal in all but the last axis, got 8x8x4 and 12x6
- ^a: {concat: [words, labels]}  # needs inputs of one type of numbers, got int32 and int64
- ^a: {matmul: [row, row]}  # needs as many columns in the first as rows in the second, got 12x6 and 12x6
- ^a: {matmul: [row, image], transpose_second: true}  # needs as many columns in the first as rows in the second, got 12x6
- ^a: {multiply: [image]}  # needs a second input or a number, got 8x8x4 alone
# Other numbers of axes
- ^a: {conv2d: 8, kernel: 3, from: row}  # needs height x width x channels, got 12x6
- ^a: {conv1d: 8, kernel: 3}  # needs length x channels, got 8x8x4
- ^a: {conv3d: 8, kernel: 3}  # needs depth x height x width x channels, got 8x8x4
- ^a: {upsample: 2, from: row}  # needs height x width x channels, got 12x6
- ^a: {instance_norm, from: words}  # needs positions and channels, got 5
# Sizes that no tensor has
- ^a: {conv2d: 3000000000, kernel: 3}  # makes 8x8x3000000000, and an axis can be 2,147,483,647 long
- ^a: {upsample: 1000000000}  # makes 8000000000x8000000000x4, and an axis can be 2,147,483,647 long
- ^a: {resize, factor: 1.0e+300}  # and an axis can be 2,147,483,647 long
- ^a: {pad: 2000000000}  # makes 4000000008x4000000008x4, and an axis can be 2,147,483,647 long
- ^a: {attention: 2, key_size: 3000000000, from: row}  # needs query/weights of 6x6000000000
- a: {lstm: ^1000000000000000000000000000000, from: row}  # must be at most 100000, got
# Numbers that are no sizes
- a: {conv2d: ^0, kernel: 3}  # `filters` of `conv2d` must be at least 1, got 0
- a: {conv2d: ^-3, kernel: 3}  # `filters` of `conv2d` must be at least 1, got -3
- a: {conv2d: 8, kernel: ^[3, 0]}  # must be at least 1, got [3, 0]
- a: {conv2d: 8, kernel: 3, stride: ^0}  # must be at least 1, got 0
- a: {conv2d: 8, kernel: 3, padding: ^[[1, -1], [0, 0]]}  # must be at least 0, got [[1, -1], [0, 0]]
- a: {conv2d: 8, kernel: ^[3, 3, 3]}  # must be
- a: {dense: ^8.5}  # must be a whole number, got 8.5
- a: {dropout: ^1.5}  # must be at most 1, got 1.5
- a: {split: ^0}  # needs channels in 1 to 1000 parts, not 0, got 8x8x4
- a: {depth_to_space: ^1}  # must be at least 2, got 1
- a: {crop: ^-1}  # must be at least 0, got -1
- a: {upsample: ^[2, -1]}  # must be at least 1, got [2, -1]
- a: {transpose: [0, ^-1, 2]}  # must be at least 0, and here is -1
"""
ROWS = [line for line in TABLE.splitlines() if line.startswith("- ")]
_PYTHON = re.compile(r"Traceback|Error\b|<class|NoneType|\bNone\b|\bTrue\b|\bFalse\b")


def found_in(layer: str) -> list[Diagnostic]:
    findings = Findings()
    check_file("test.yaml", findings=findings, text=f"{HEAD}{layer}\n")
    return [found for found in findings.items if found.severity == "error"]


@pytest.mark.parametrize("row", ROWS)
def test_it_is_said_once_at_the_value_with_a_remedy(row: str) -> None:
    """The ^ stands before the place; what is said is behind the #."""
    marked, _, sentence = row.partition("  # ")
    layer = marked.replace("^", "")
    (found,) = found_in(layer)
    assert sentence in found.message and "\n" not in found.message and not _PYTHON.search(found.message)
    assert found.span is not None and (found.span.line, found.span.column) == (4, marked.index("^") + 1)
    assert found.help


@pytest.mark.parametrize("row", [row for row in ROWS if "conv2d: ^" not in row])
def test_a_scope_or_an_expression_that_says_it_is_named(row: str) -> None:
    """The same in a block, with an input that is the block's: still one finding, without a traceback."""
    layer = row.partition("  # ")[0].replace("^", "")
    findings = Findings()
    body = f"blocks: {{b: {{inputs: [image, row, words, labels], layers: [{layer.removeprefix('- ')}]}}}}\n"
    text = (
        f"{HEAD.removesuffix('layers:' + chr(10))}{body}layers: [c: {{block: b, from: [image, row, words, labels]}}]\n"
    )
    check_file("test.yaml", findings=findings, text=text)
    assert len([found for found in findings.items if found.severity == "error"]) == 1


def test_a_value_of_a_scope_is_a_note_at_its_line() -> None:
    text = "archspec: 1\ninputs: {image: {shape: [8, 8, 4]}}\ndefaults: {conv2d: {groups: 3, kernel: 3}}\nlayers: [a: {conv2d: 6}]\n"
    findings = Findings()
    check_file("test.yaml", findings=findings, text=text)
    (found,) = findings.errors
    assert found.span is not None and (found.span.line, found.span.column) == (4, 10)
    notes = [(note.message, note.span.line if note.span else None) for note in found.notes]
    assert ("groups: 3 is from the document's defaults", 3) in notes
