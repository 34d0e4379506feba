"""A block in the place of an op: `activation: {block: gate}`, `norm: {block: my_norm, groups: 8}`."""

from __future__ import annotations

from archspec.compiler.language.expression import Environment
from archspec.compiler.syntax.nodes import Node, Scalar
from archspec.dataclass import dataclass, field


@dataclass(frozen=True)
class CalledBlock:
    """A call of a block by an op's field, and the environment that its arguments were written in."""

    block: Scalar
    arguments: tuple[tuple[Scalar, Node], ...]
    environment: Environment = field(repr=False, compare=False)

    def noted(self) -> dict[str, str]:
        """The call as a spec writes it; arguments that are lists or mappings are left out."""
        said = {key.text: value.text for key, value in self.arguments if isinstance(value, Scalar)}
        return {"block": self.block.text, **said}
