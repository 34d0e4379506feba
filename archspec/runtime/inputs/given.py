"""Which kind of inputs a prediction is given: pictures, arrays or a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop, stop
from archspec.runtime.inputs import arrays, pictures, table
from archspec.runtime.inputs.pictures import Batch

if TYPE_CHECKING:
    from archspec.compiler.program import Program


def batches_of(
    words: Sequence[str], program: Program, graph: Graph, bad: Callable[[Stop], None]
) -> tuple[Iterable[Batch], int]:
    """(the batches of what the words name, how many examples they hold at most); raises Stop.

    `graph` is the part of the network that is wanted: what it does not need, it is not fed. `bad` is told of pictures
    that cannot be read.
    """
    first = words[0]
    if first.endswith(arrays.SUFFIXES):
        found = arrays.read_arrays(first, graph)
        return arrays.split(found, first), len(next(iter(found.values())))
    if first.endswith(table.SUFFIXES):
        data = table.open_table(first, program, graph)
        return table.rows(data, program, graph), data.size
    several, flat = len(graph.inputs) > 1, [name for name, given in graph.inputs.items() if len(given.shape) != 3]
    if several or flat:
        names = f"the inputs {', '.join(graph.inputs)}" if several else f"the input {flat[0]}"
        what = "a picture feeds one alone" if several else "a picture cannot feed it"
        here = "a table with the columns of the spec's own, or " if table.form_of(program) else ""
        kind = ".npz file with an array for each input" if several else ".npy file"
        raise stop("AS715", f"{graph.name} has {names}, and {what}", help=f"give {here}an {kind}")
    paths = pictures.pictures(words)
    return pictures.read_images(paths, program, graph, bad), len(paths)
