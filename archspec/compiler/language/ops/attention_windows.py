"""Which positions of a window see each other, and how far they are apart (Swin, https://arxiv.org/abs/2103.14030)."""

from __future__ import annotations

from archspec.compiler.language.op import Shape, WrongShape, show

Pair = tuple[int, int]


def check_window(window: Pair | None, rolled: Pair, queries: Shape, memory: Shape) -> None:
    """Raise WrongShape where the inputs are no windows of this size, or `rolled` does not fit them."""
    if window is not None and {queries[-2], memory[-2]} != {window[0] * window[1]}:
        message = f"with window {show(window)} needs {window[0] * window[1]} positions, got {show(queries)}"
        raise WrongShape(message, "cut the map into windows before it", "window")
    if max(rolled) == 0:
        return
    if window is None or any(n >= size for n, size in zip(rolled, window, strict=True)):
        size = "no `window`" if window is None else f"window {show(window)}"
        help = "write a `window`, and a `rolled` of half of it"
        raise WrongShape(f"with rolled {show(rolled)} needs a larger window, got {size}", help, "rolled", "window")
    if len(queries) != 4 or None in queries:
        message = f"with `rolled` needs rows x columns of windows x positions x channels, got {show(queries)}"
        raise WrongShape(message, "keep the grid of windows as two axes of known size", "rolled")


def distances(window: Pair) -> list[list[int]]:
    """For each two positions of a window, rows first, the number of their distance.

    A distance of dy rows and dx columns has the number (dy + height - 1) * (2 * width - 1) + dx + width - 1.
    """
    height, width = window
    positions = [(y, x) for y in range(height) for x in range(width)]
    return [[(y - v + height - 1) * (2 * width - 1) + x - u + width - 1 for v, u in positions] for y, x in positions]


def regions(grid: Pair, window: Pair, rolled: Pair) -> list[list[list[int]]]:
    """For each window of a grid, each position's part of the map: those of one part were neighbours before the roll.

    Only the last windows down and across hold parts that the roll by `rolled` has brought there from the other side.
    """

    def brought(index: int, axis: int, offset: int) -> int:
        return int(index == grid[axis] - 1 and offset >= window[axis] - rolled[axis])

    return [
        [
            [2 * brought(row, 0, y) + brought(column, 1, x) for y in range(window[0]) for x in range(window[1])]
            for column in range(grid[1])
        ]
        for row in range(grid[0])
    ]
