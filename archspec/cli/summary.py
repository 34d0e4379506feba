"""`archspec summary`: a row for each layer, without TensorFlow."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

from archspec.cli.program import add_spec, add_until, compiled
from archspec.diagnostics import Findings

if TYPE_CHECKING:
    from archspec.compiler.graph.cost import Row
    from archspec.compiler.graph.graph import Graph
    from archspec.compiler.program import Program


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "summary",
        help="a row for each layer: output shape, parameters, cost",
        description="Compiles a spec and prints a row for each layer and the totals, of the network as it is used "
        "after training; --train adds the heads that only training has. Numbers are the types in which layers "
        "compute, where not all do in float32. Parameters count every variable, moving "
        "averages too; macs are multiply-accumulates for one example, ? where a size is not known before run time. "
        "Activations are the most bytes needed at the same time, with --train all that a step may keep for its way "
        "back; the receptive field is that of the last feature map. --format ir prints the graph itself, a line for "
        "each node. Expectations that do not hold are reported after it, with exit code 1.",
        epilog="examples:\n  archspec summary specs/inception_v3.yaml\n"
        "  archspec summary specs/resnet_v1.yaml#resnet_v1_101 --set image_size=192 --format json\n"
        "  archspec summary specs/inception_v3.yaml --until Mixed_5d\n"
        "  archspec summary specs/lenet.yaml --format ir",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
    add_until(parser)
    parser.add_argument("--train", action="store_true", help="the training graph, with its heads")
    formats = ["text", "json", "ir"]
    parser.add_argument("--format", choices=formats, default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the table; 1 where an expectation of the spec does not hold."""
    from archspec.compiler.graph.passes import run as run_pass
    from archspec.compiler.graph.passes.inference import for_inference
    from archspec.rendering import report

    unmet = Findings()
    program = compiled(arguments, unmet)
    graph = program.graph if arguments.train else run_pass(for_inference, program.graph)
    if arguments.format == "json":
        _print_json(program, graph, unmet)
    elif arguments.format == "ir":
        from archspec.compiler.graph.text import print_graph

        sys.stdout.write(print_graph(graph))
    else:
        _print_text(program, graph, arguments.train)
    if arguments.format != "json":
        sys.stdout.flush()
        report(unmet.items, unmet.sources)
    return 1 if unmet.items else 0


def _print_json(program: Program, graph: Graph, unmet: Findings) -> None:
    from archspec.compiler.graph.cost import rows, totals
    from archspec.compiler.training.frozen import frozen_by
    from archspec.rendering import as_record
    from archspec.terminal import as_json

    table = rows(graph, frozen_by(program.train))
    total = totals(table)
    params = {"total": total.params, "trainable": total.trainable}
    found = as_record(unmet.items)["diagnostics"]
    layers = [_record(row) for row in table]
    print(as_json({"name": program.name, "params": params, "macs": total.macs, "layers": layers, "diagnostics": found}))


def _record(row: Row) -> dict[str, Any]:
    shape = list(row.output_shape)
    counts = {"params": row.params, "macs": row.macs}
    return {"name": row.name, "op": row.op, "output_shape": shape, **counts, "numbers": row.numbers}


def _print_text(program: Program, graph: Graph, train: bool) -> None:
    from archspec.cli.table import print_table, room, wrapped
    from archspec.compiler.graph.cost import rows, totals
    from archspec.compiler.training.frozen import frozen_by
    from archspec.terminal import visible

    table = rows(graph, frozen_by(program.train))
    total = totals(table)
    inputs = ", ".join(f"{each.name} {_size(each.shape)}" for each in graph.inputs.values())
    print(wrapped(visible(f"{program.name}: {inputs}, {'training' if train else 'inference'} graph")))
    lines = [("layer", "op", "output", "params", "macs", "numbers"), *map(_cells, table)]
    said = any(row.numbers != "float32" for row in table)
    print_table(lines if said else [line[:-1] for line in lines], room())
    weights = f"{total.params:,} parameters ({_bytes(4 * total.params)})"
    print(wrapped(f"{weights}, {total.trainable:,} trained; {_count(total.macs) or 0} macs"))
    further = "; ".join(_further(graph, train))
    if further:
        print(wrapped(further))
    warning = _too_large(4 * total.params)
    if warning:
        print(wrapped(warning))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        row.op,
        _size(row.output_shape),
        f"{row.params:,}" if row.params else "",
        _count(row.macs),
        row.numbers,
    )


def _further(graph: Graph, train: bool) -> Iterator[str]:
    """The memory that activations take, and what the last feature map of the main line sees of the input."""
    from archspec.compiler.graph.cost import activations, last_map, peak, receptive_fields

    tensors = activations(graph) if train else peak(graph)
    if tensors is not None:
        yield f"{_bytes(tensors)} of activations {'kept' if train else 'at most'} an example"
    graph = graph.ending_at([graph.output])
    name = last_map(graph)
    field = receptive_fields(graph)[name] if name is not None else None
    if name is not None:
        # A step of a third or so is not exact; the field ends within the element that it begins to see.
        size = _size(tuple(ceil(n - 1e-6) for n in field.size)) if field is not None else "the whole input"
        yield f"receptive field: {size}"


def _too_large(weights: int) -> str:
    """What stands against making the weights on this machine; "" where nothing does."""
    from archspec.cli.memory import memory

    there = memory()
    if there is None or weights <= there:
        return ""
    return f"the parameters alone take {_bytes(weights)}, and this machine has {_bytes(there)} of memory"


def _size(shape: tuple[int | None, ...]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)


def _count(number: int | None) -> str:
    return "?" if number is None else short(number)


def short(number: int) -> str:
    """5713218144 as `5.71 G`; nothing for 0."""
    for unit, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return str(number) if number else ""


def _bytes(number: int) -> str:
    """63000 as `63.00 kB`."""
    text = short(number) or "0"
    return f"{text}B" if text[-1].isalpha() else f"{text} B"
