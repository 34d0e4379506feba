"""Recurrent ops: a state that goes along a sequence; their weights are laid out as those of Keras's layers."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from archspec.compiler.language.fields import field
from archspec.compiler.language.forms.initializers import Constant, Initializer
from archspec.compiler.language.forms.matrix_initializers import Orthogonal, Values
from archspec.compiler.language.op import Lowering, Shape, Variable, known, wide
from archspec.compiler.language.ops.weighted import Trained
from archspec.compiler.language.ops.window import channels, need_map

State = tuple[Any, ...]
"""Tensors [batch, units], the one that goes out first."""


class Recurrent(Trained):
    """A cell that makes each position's output from its input and its own state, which begins with zeros.

    It hands on its outputs at all positions, and by the name `last` that after the whole sequence: `from: words.last`.
    With `bidirectional` a second cell reads from the end, and the channels of both stand side by side; `last` is then
    the one's at the end and the other's at the beginning. The penalties hold for both kernels.
    """

    # So that small changes of a state add up.
    FLOAT32_PARTS = "gates and state"

    GATES: ClassVar[int]
    STATES: ClassVar[int]

    units: int = field(main=True, minimum=1, maximum=100_000, doc="numbers of the state and of an output")
    bidirectional: bool = field(default=False, doc="whether a second cell reads the sequence from its end")
    bias: bool = field(default=True, doc="whether biases are added")
    recurrent_initializer: Initializer = field(default=Orthogonal(), doc="first values of the recurrent kernel")

    def shape(self, *shapes: Shape) -> Shape:
        """(positions, units), or twice the units where it is bidirectional."""
        need_map(shapes[0], 1)
        channels(shapes[0])
        return shapes[0][0], self.units * len(self._cells())

    def outputs(self, *shapes: Shape) -> dict[str, Shape]:
        """`sequence`, the outputs at all positions, and `last`."""
        shape = self.shape(*shapes)
        return {"sequence": shape, "last": shape[1:]}

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """kernel [in, gates * units], recurrent_kernel [units, gates * units] and bias; of each direction."""
        size, wide = channels(shapes[0]), self.GATES * self.units
        found: list[Variable] = []
        for cell in self._cells():
            recurrent = self.weights(f"{cell}recurrent_kernel", self.units, wide)
            found += [self.weights(f"{cell}kernel", size, wide), _with(recurrent, self.recurrent_initializer)]
            found += [self.bias_of(cell)] if self.bias else []
        return tuple(found)

    def macs(self, *shapes: Shape) -> int:
        """positions * (in + units) * gates * units, for each direction."""
        positions, size = known(shapes[0])
        return len(self._cells()) * positions * (size + self.units) * self.GATES * self.units

    def lower(self, g: Lowering, *inputs: Any) -> Any:
        runs = [self._run(g, inputs[0], cell) for cell in self._cells()]
        last = [run[:, 0 if cell == "backward/" else -1] for run, cell in zip(runs, self._cells(), strict=True)]
        return g.tf.concat(runs, -1), g.tf.concat(last, -1)

    @abstractmethod
    def bias_of(self, cell: str) -> Variable:
        """The bias, of the direction whose variables begin so."""

    @abstractmethod
    def step(self, g: Lowering, cell: str, state: State, gates: Any) -> State:
        """The state after a position, whose input times kernel, with its bias, is [batch, gates * units]."""

    def input_bias(self, bias: Any) -> Any:
        """The part of the bias that the input's part of the gates has."""
        return bias

    def _cells(self) -> tuple[str, ...]:
        """What the variables' names of each direction begin with."""
        return ("forward/", "backward/") if self.bidirectional else ("",)

    def _run(self, g: Lowering, x: Any, cell: str) -> Any:
        """The outputs [batch, positions, units] of one direction."""
        tf, backward, full = g.tf, cell == "backward/", wide(x.dtype.name)
        gates = tf.cast(tf.tensordot(x, g.variable(f"{cell}kernel"), 1), full)
        if self.bias:
            gates += self.input_bias(g.variable(f"{cell}bias", full))
        start = (tf.zeros([tf.shape(x)[0], self.units], full),) * self.STATES
        elements = tf.transpose(gates, [1, 0, 2])
        states = tf.scan(lambda s, one: self.step(g, cell, s, one), elements, start, reverse=backward)
        run = tf.cast(tf.transpose(states[0], [1, 0, 2]), x.dtype)
        return tf.ensure_shape(run, [None, x.shape[1], self.units])


class LSTM(Recurrent, name="lstm"):
    """Long short-term memory: h = o * tanh(c), c = f * c + i * tanh(…), with gates i, f, o between 0 and 1.

    Hochreiter and Schmidhuber 1997; Gers et al. 2000. The columns are i, f, the candidate, o, as in Keras.
    """

    EXAMPLE = """
    - read: {lstm: 128, bidirectional: true}
    - Logits: {dense: 2, from: read.last}
    """

    GATES = 4
    STATES = 2

    forget_bias: float = field(default=1.0, doc="first value of the forget gate's bias (Jozefowicz et al. 2015)")

    def bias_of(self, cell: str) -> Variable:
        """bias [4 * units]."""
        zeros = (0.0,) * self.units
        first = Values(numbers=(*zeros, *(self.forget_bias,) * self.units, *zeros, *zeros))
        return Variable(f"{cell}bias", (4 * self.units,), first)

    def step(self, g: Lowering, cell: str, state: State, gates: Any) -> State:
        tf, (output, memory) = g.tf, state
        all_gates = gates + _product(g, output, g.variable(f"{cell}recurrent_kernel"))
        let_in, keep, candidate, let_out = tf.split(all_gates, 4, axis=-1)
        memory = tf.sigmoid(keep) * memory + tf.sigmoid(let_in) * tf.tanh(candidate)
        return tf.sigmoid(let_out) * tf.tanh(memory), memory


class GRU(Recurrent, name="gru"):
    """A gated recurrent unit: h = z * h + (1 - z) * tanh(…), with gates z and r between 0 and 1.

    Cho et al. 2014, https://arxiv.org/abs/1406.1078. The columns are z, r, the candidate, as in Keras.
    """

    GATES = 3
    STATES = 1

    reset_after: bool = field(
        default=True,
        doc="whether r multiplies the state after the recurrent kernel (cuDNN, Keras) or before",
    )

    def bias_of(self, cell: str) -> Variable:
        """bias [2, 3 * units], of the input and of the state; [3 * units] where the reset is before."""
        shape = (2, 3 * self.units) if self.reset_after else (3 * self.units,)
        return Variable(f"{cell}bias", shape, Constant(value=0.0))

    def input_bias(self, bias: Any) -> Any:
        return bias[0] if self.reset_after else bias

    def step(self, g: Lowering, cell: str, state: State, gates: Any) -> State:
        tf, (before,), kernel = g.tf, state, g.variable(f"{cell}recurrent_kernel")
        own = _product(g, before, kernel if self.reset_after else kernel[:, : 2 * self.units])
        if self.reset_after and self.bias:
            own += g.variable(f"{cell}bias", own.dtype.name)[1]
        old, reset = tf.split(tf.sigmoid(gates[:, : 2 * self.units] + own[:, : 2 * self.units]), 2, axis=-1)
        if self.reset_after:
            recalled = reset * own[:, 2 * self.units :]
        else:
            recalled = _product(g, reset * before, kernel[:, 2 * self.units :])
        return (old * before + (1.0 - old) * tf.tanh(gates[:, 2 * self.units :] + recalled),)


def _product(g: Lowering, state: Any, kernel: Any) -> Any:
    """The matrix product, made in the kernel's type, in the state's."""
    return g.tf.cast(g.tf.matmul(g.tf.cast(state, kernel.dtype), kernel), state.dtype)


def _with(variable: Variable, initializer: Initializer) -> Variable:
    return Variable(variable.name, variable.shape, initializer, l1=variable.l1, l2=variable.l2)
