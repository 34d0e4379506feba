"""Tensors that are learnt as such, the same for every example: class tokens, position embeddings, queries.

A vision transformer has both of the first two (Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929):

    - class_token: prepend_learned      # 196x768 becomes 197x768
    - positions: add_learned            # 197x768, added
"""

from __future__ import annotations

from typing import Any

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer, TruncatedNormal
from archspec.compiler.language.op import ANY_DTYPE, FLOATS, Lowering, Shape, Variable, WrongShape, known, show
from archspec.compiler.language.ops.weighted import Trained


class LearnedTensor(Trained):
    """An op whose only variable is a tensor without the batch axis."""

    FULL_PRECISION = True

    initializer: Initializer = field(default=TruncatedNormal(stddev=0.02), doc="first values of the tensor")

    def for_each(self, g: Lowering, x: Any) -> Any:
        """The learnt tensor, once for each example of another tensor's batch."""
        weights = g.variable("weights")
        return g.tf.broadcast_to(weights, g.tf.concat([g.tf.shape(x)[:1], weights.shape], 0))


class Learned(LearnedTensor, name="learned"):
    """A learnt tensor by itself: queries of an attention, a start. Its input says how many examples there are."""

    EXAMPLE = """
    - queries: {learned: [100, 64]}
    - found: {attention: [queries, input], heads: 8}
    """

    DTYPES = ANY_DTYPE

    sizes: tuple[int, ...] = field(main=True, minimum=1, doc="sizes of the tensor, without the batch")

    def shape(self, *shapes: Shape) -> Shape:
        """The sizes."""
        return self.sizes

    def dtype(self, *dtypes: str) -> str:
        """The input's, or float32 where that has whole numbers."""
        dtype = super().dtype(*dtypes)
        return dtype if dtype in FLOATS else "float32"

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights, of the sizes."""
        return (self.weights("weights", *self.sizes),)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return self.for_each(g, inputs[0])


class AddLearned(LearnedTensor, name="add_learned"):
    """A learnt tensor added to every example: a position embedding."""

    EXAMPLE = "- positions: add_learned"

    sizes: tuple[int, ...] | None = field(
        default=None,
        main=True,
        minimum=1,
        doc="sizes of the tensor, 1 where it is the same along an axis; null: all",
    )

    def shape(self, *shapes: Shape) -> Shape:
        """The input's, which the sizes must fit; a size that is not known before is that of the tensor."""
        sizes = self._sizes(shapes[0])
        pairs = list(zip(shapes[0], sizes, strict=False))
        if len(sizes) != len(shapes[0]) or any(there not in (None, size) and size != 1 for there, size in pairs):
            message = f"of {show(sizes)} needs an input of the same sizes, or size 1 where they differ"
            help = "leave the sizes out to have the input's"
            raise WrongShape(f"{message}, got {show(shapes[0])}", help, "sizes")
        return tuple(size if there is None and size != 1 else there for there, size in pairs)

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights, of the sizes or else of the input's."""
        return (self.weights("weights", *self._sizes(shapes[0])),)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return inputs[0] + g.variable("weights")

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        return known(shape) if self.sizes is None else self.sizes


class PrependLearned(LearnedTensor, name="prepend_learned"):
    """Learnt vectors before the first position of a sequence: class tokens, registers."""

    EXAMPLE = "- class_token: prepend_learned"

    initializer: Initializer = field(default=Constant(value=0.0), doc="first values of the vectors")
    count: int = field(default=1, main=True, minimum=1, doc="how many vectors")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions + count, channels)."""
        positions, size = need_sequence(shapes[0])
        return None if positions is None else positions + self.count, size

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """weights [count, channels]."""
        return (self.weights("weights", self.count, need_sequence(shapes[0])[1]),)

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        return g.tf.concat([self.for_each(g, inputs[0]), inputs[0]], 1)


def need_sequence(shape: Shape) -> tuple[int | None, int]:
    """(positions, channels) of a sequence; raises WrongShape for what has other axes or an unknown channel count."""
    if len(shape) != 2 or shape[-1] is None:
        help = "a map becomes a sequence with `reshape: [positions, channels]`"
        raise WrongShape(f"needs positions x channels, got {show(shape)}", help)
    return shape[0], shape[-1]
