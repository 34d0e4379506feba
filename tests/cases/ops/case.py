"""An op and the shapes of its inputs, which are without the batch."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.compiler.language.op import Op, Shape

MAP = (9, 8, 4)
LINE = (11, 4)


@dataclass(frozen=True)
class Case:
    """An op and the shapes of its inputs."""

    op: Op
    inputs: tuple[Shape, ...] = (MAP,)

    def __str__(self) -> str:
        return f"{self.op.normalized(*self.inputs)!r}-{'-'.join('x'.join(map(str, shape)) for shape in self.inputs)}"
