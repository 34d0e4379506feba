"""The parts that an op's layer becomes: the op alone, then the norm and the activation that its fields ask for."""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.called import CalledBlock
from archspec.compiler.language.fields import Form
from archspec.compiler.language.op import Op
from archspec.compiler.language.provenance import Values
from archspec.dataclass import dataclass, field

_FOLLOWERS = ("norm", "activation")
"""Fields that become nodes of their own, in this order."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the nodes that a layer becomes: its op, its place below the layer, and where its values came from.

    A block in the place of an op becomes as many nodes as are in it.
    """

    op: Op | CalledBlock
    leaf: str
    variable_leaf: str
    values: Values


@dataclass(frozen=True, slots=True)
class Followers:
    """Norms and activations as parts: one that the scopes around say is one part for all layers inside them."""

    made: dict[tuple[str, int], tuple[Op, Part]] = field(default_factory=dict)
    """By field and identity of the op as it was written; the op is kept so that no other comes to have its identity."""

    def of(self, form: Form, values: Values) -> list[Part]:
        """The norm and the activation of a layer; an activation that the norm brings comes between them."""
        found: list[Part] = []
        for name in _FOLLOWERS:
            follower: Any = getattr(form, name, None)
            if isinstance(follower, CalledBlock):
                found.append(_called(follower))
            if not isinstance(follower, Op):
                continue
            found.append(self._part(name, follower, values))
            inner: Any = getattr(follower, "activation", None)
            if isinstance(inner, CalledBlock):
                found.append(_called(inner))
            if isinstance(inner, Op):
                found.append(self._part("activation", inner, values))
        return found

    def _part(self, field: str, op: Op, values: Values) -> Part:
        known = self.made.get((field, id(op)))
        if known is None:
            prefix = f"{field}."
            below = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
            # `BatchNorm` for what has variables, as TF-Slim names them; `relu` for what has none.
            cls = type(op).__name__
            part = Part(by_itself(op), cls if "norm" in op.GROUPS else op.NAME, cls, below)
            known = self.made[field, id(op)] = op, part
        return known[1]


def _called(block: CalledBlock) -> Part:
    """A block, called below the layer by its own name."""
    return Part(block, block.block.text, block.block.text, {})


def by_itself(form: Form) -> Op:
    """The op without what follows it, and with its bias decided while the norm is still known."""
    assert isinstance(form, Op)
    decided = {"bias": form.biased} if hasattr(form, "biased") else {}
    gone = {name: None for name in (*_FOLLOWERS, "width") if name in form.FIELDS}
    return form.replace(**gone, **decided) if gone else form
