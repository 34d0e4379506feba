"""`archspec summary`: a row for each layer, without TensorFlow."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archspec.cli.program import add_spec, add_until, compiled

if TYPE_CHECKING:
    from archspec.compiler.graph.cost import Row
    from archspec.compiler.graph.graph import Graph


def add(commands: Any) -> None:
    """Registers the command."""
    parser = commands.add_parser(
        "summary",
        help="a row for each layer: output shape, parameters, cost",
        description="Compiles a spec and prints a row for each layer and the totals, of the network as it is used "
        "after training; --train adds the heads that only training has. Parameters count every variable, moving "
        "averages too; macs are multiply-accumulates for one example, ? where a size is not known before run time. "
        "Activations are the most bytes needed at the same time, with --train all that a step may keep for its way "
        "back; the receptive field is that of the last feature map.",
        epilog="examples:\n  archspec summary specs/inception_v3.yaml\n"
        "  archspec summary specs/resnet_v1.yaml#resnet_v1_101 --set image_size=192 --format json\n"
        "  archspec summary specs/inception_v3.yaml --until Mixed_5d",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_spec(parser)
    add_until(parser)
    parser.add_argument("--train", action="store_true", help="the training graph, with its heads")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print it (default: text)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the table."""
    from archspec.compiler.graph.cost import rows, totals
    from archspec.compiler.graph.passes import run as run_pass
    from archspec.compiler.graph.passes.inference import for_inference

    program = compiled(arguments)
    graph = program.graph if arguments.train else run_pass(for_inference, program.graph)
    table = rows(graph)
    total = totals(table)
    if arguments.format == "json":
        layers = [_record(row) for row in table]
        params = {"total": total.params, "trainable": total.trainable}
        print(json.dumps({"name": program.name, "params": params, "macs": total.macs, "layers": layers}, indent=1))
        return 0
    inputs = ", ".join(f"{each.name} {_size(each.shape)}" for each in graph.inputs.values())
    print(f"{program.name}: {inputs}, {'training' if arguments.train else 'inference'} graph")
    _print_table(table)
    weights = f"{total.params:,} parameters ({_bytes(4 * total.params)})"
    print(f"{weights}, {total.trainable:,} trained; {_count(total.macs) or 0} macs")
    further = "; ".join(_further(graph, arguments.train))
    if further:
        print(further)
    return 0


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
        yield f"receptive field: {_size(field.size) if field is not None else 'the whole input'}"


def _record(row: Row) -> dict[str, Any]:
    shape = list(row.output_shape)
    return {"name": row.name, "op": row.op, "output_shape": shape, "params": row.params, "macs": row.macs}


def _print_table(table: list[Row]) -> None:
    cells = [("layer", "op", "output", "params", "macs")]
    cells += [
        (row.name, row.op, _size(row.output_shape), f"{row.params:,}" if row.params else "", _count(row.macs))
        for row in table
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
    widths[0] = max(12, min(widths[0], room - sum(widths[1:]) - 8))
    for number, (name, op, *numbers) in enumerate(cells):
        # The end of a path tells layers apart, so a long one loses its beginning.
        name = name if len(name) <= widths[0] else "…" + name[-widths[0] + 1 :]
        line = [name.ljust(widths[0]), op.ljust(widths[1])]
        line += [text.rjust(width) for text, width in zip(numbers, widths[2:], strict=True)]
        print("  ".join(line).rstrip())
        if number == 0:
            print("─" * min(sum(widths) + 8, room))
    print("─" * min(sum(widths) + 8, room))


def _size(shape: tuple[int | None, ...]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)


def _count(number: int | None) -> str:
    return "?" if number is None else _short(number)


def _short(number: int) -> str:
    """5713218144 as `5.71 G`; nothing for 0."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return str(number) if number else ""


def _bytes(number: int) -> str:
    """63000 as `63.00 kB`."""
    text = _short(number) or "0"
    return f"{text}B" if text[-1].isalpha() else f"{text} B"
