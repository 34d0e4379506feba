"""Op: one class per operation, from which checks, schema, shapes, variables, costs and the TensorFlow graph come."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from archspec.compiler.language.fields import Form
from archspec.compiler.language.forms.initializers import Initializer
from archspec.dataclass import dataclass

Shape = tuple[int | None, ...]
"""A tensor's shape without the batch axis; None is a size not known before run time."""


class WrongShape(ValueError):
    """The inputs do not fit the op; the text is the sentence after the op's name, `help` what to do.

    `about` are the fields that ask for too much, if it is they: the place is that of the first that the layer says.
    """

    def __init__(self, text: str, help: str | None = None, *about: str) -> None:
        super().__init__(text)
        self.help = help
        self.about = about


@dataclass(frozen=True, slots=True)
class Variable:
    """A weight that a node needs: leaf name, shape, initializer, whether it is trained, its penalties.

    To the loss, a variable w adds `l1 * sum(|w|) + l2 * 0.5 * sum(w ** 2)`, as in TF-Slim.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Initializer
    trainable: bool = True
    l1: float = 0.0
    l2: float = 0.0


@dataclass(frozen=True, slots=True)
class Lowered:
    """What an op makes: its outputs in order, and new values of its own variables by leaf name (moving averages).

    An op never assigns: whoever runs the step applies the updates, or leaves them where the loss is not finite.
    """

    outputs: tuple[Any, ...]
    updates: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """The part of the graph's input that an element of a feature map sees, along each axis of positions.

    `size` is how much it sees, `step` how far it is from one element to the next: less than 1 on a map that is larger.
    """

    size: tuple[float, ...]
    step: tuple[float, ...]

    def through(self, window: Sequence[float], stride: Sequence[float]) -> Sight:
        """The same behind a window of such an extent: size += (window - 1) * step and step *= stride."""
        size = tuple(n + (taps - 1) * step for n, taps, step in zip(self.size, window, self.step, strict=True))
        return Sight(size, tuple(step * apart for step, apart in zip(self.step, stride, strict=True)))


class Lowering(Protocol):
    """What an op is handed to build its part of the TensorFlow graph."""

    @property
    def tf(self) -> Any:
        """TensorFlow."""

    @property
    def training(self) -> bool:
        """Whether the graph is one that trains."""

    def variable(self, name: str, dtype: str | None = None) -> Any:
        """The tensor of this node's variable with that leaf name, in the type that the node computes in or another.

        The variable itself is float32, whatever type comes in, and its gradient too.
        """

    def steps_done(self) -> Any:
        """A float32 scalar: how many training steps have been made before this one."""

    @property
    def ranks(self) -> int:
        """Over how many ranks `mean_over_ranks` goes."""

    def mean_over_ranks(self, tensor: Any) -> Any:
        """The mean of a tensor over all ranks that train together, through which gradients flow."""

    def seed(self) -> Any:
        """An int32 tensor of shape [2], new for every node and training step, for stateless random ops."""


ANY_DTYPE = ("float32", "float16", "bfloat16", "float64", "uint8", "int32", "int64", "bool")
"""What an op takes that only moves values."""

FLOATS: tuple[str, ...] = ("float32", "float16", "bfloat16", "float64")
"""What an op takes that computes."""

UP_TO_FLOAT32 = ("float32", "float16", "bfloat16")
"""What an op takes for which TensorFlow has no kernel in float64, or one whose result is float32."""


def wide(dtype: str) -> str:
    """float32 for a type with 16 bits, and any other as it is: what sums over many numbers are made in."""
    return "float32" if dtype in ("float16", "bfloat16") else dtype


class Op(Form, family="op"):
    """An operation on tensors, channels last."""

    ARITY: ClassVar[tuple[int, int | None]] = (1, 1)
    """How many inputs: the least and the most, None for any number."""

    SPATIAL: ClassVar[bool] = False
    """Whether the op has `stride` (and perhaps `rate`) that an `output_stride` may turn into dilation."""

    DTYPES: ClassVar[tuple[str, ...]] = FLOATS
    """The types of numbers that it takes."""

    FULL_PRECISION: ClassVar[bool] = False
    """Whether 16-bit inputs come to it as float32, and its outputs go on in their type.

    So do statistics, exponentials that are summed, and what has no kernel in 16 bits.
    """

    FLOAT32_PARTS: ClassVar[str] = ""
    """What of its work `lower` itself does in float32 for 16-bit inputs, in words."""

    TRAINING_ONLY: ClassVar[bool] = False
    """Whether the op hands its input on unchanged outside training."""

    def normalized(self, *shapes: Shape) -> Op:
        """The op with fields that depend on its inputs filled in."""
        return self

    @abstractmethod
    def shape(self, *shapes: Shape) -> Shape:
        """The main output's shape; raises WrongShape."""

    def outputs(self, *shapes: Shape) -> dict[str, Shape]:
        """The shape of every output by name, the main one first; raises WrongShape."""
        return {"output": self.shape(*shapes)}

    def dtype(self, *dtypes: str) -> str:
        """The dtype of its outputs: by default that of its inputs; raises WrongShape for what it cannot take."""
        for dtype in dtypes:
            if dtype not in self.DTYPES:
                help = f"give the input `dtype: {self.DTYPES[0]}`, or put `cast: {self.DTYPES[0]}` before it"
                raise WrongShape(f"needs numbers of type {_either(self.DTYPES)}, got {dtype}", help)
        if len(set(dtypes)) > 1:
            message = f"needs inputs of one type of numbers, got {' and '.join(dict.fromkeys(dtypes))}"
            raise WrongShape(message, f"put `cast: {dtypes[0]}` before the others")
        return dtypes[0]

    def computes_in(self, dtype: str) -> str:
        """The type in which fractions and weights come to `lower`, for outputs of a type."""
        return wide(dtype) if self.FULL_PRECISION else dtype

    def float32_parts(self) -> str:
        """What of its work this one does in float32 for 16-bit inputs, in words; "" where all is in one type."""
        return self.FLOAT32_PARTS

    def variables(self, *shapes: Shape) -> tuple[Variable, ...]:
        """The weights that the node needs."""
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Multiply-accumulates for one example; 0 for what has no products of weights and values."""
        return 0

    def sees(self, sight: Sight, given: Shape, made: Shape) -> Sight | None:
        """What an element of the output sees of the graph's input, from what one of the op's input sees.

        None where that is the whole of it, or where there are no axes of positions.
        """
        if len(made) != len(given):
            return None
        if not self.SPATIAL:
            return sight
        op: Any = self
        rate = getattr(op, "rate", (1,) * len(op.kernel))
        window = [(kernel - 1) * apart + 1 for kernel, apart in zip(op.kernel, rate, strict=True)]
        return sight.through(window, op.stride)

    @abstractmethod
    def lower(self, g: Lowering, *inputs: Any) -> Any:
        """The TensorFlow tensor; a tuple of them for several outputs; Lowered where variables get new values."""


_LONGEST = 2**31 - 1
"""What an axis can be long, for TensorFlow's kernels count in 32 bits."""


def bounded(outputs: dict[str, Shape]) -> dict[str, Shape]:
    """The outputs, no axis longer than TensorFlow's can be; raises WrongShape."""
    for shape in outputs.values():
        _check_axes(shape, "makes")
    return outputs


def _check_axes(shape: Shape, verb: str) -> None:
    if any(size is not None and size > _LONGEST for size in shape):
        text = show(shape)
        found = text if len(text) <= 60 else f"{text[:57]}…"
        raise WrongShape(f"{verb} {found}, and an axis can be {_LONGEST:,} long", "make it smaller")


def checked(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    """The variables, each of a shape that there can be and its initializer can fill; raises WrongShape."""
    for variable in variables:
        _check_axes(variable.shape, f"needs {variable.name} of")
        found = variable.initializer.complaint(variable.shape)
        if found is not None:
            reason, help = found
            raise WrongShape(f"initializes {variable.name} with `{variable.initializer.NAME}`: {reason}", help)
    return variables


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def known(shape: Shape, what: str = "input") -> tuple[int, ...]:
    """The shape, all sizes known; raises WrongShape."""
    if any(size is None for size in shape):
        help = "give the input's shape in numbers, or pool over height and width before"
        raise WrongShape(f"needs every size of its {what} before run time, got {show(shape)}", help)
    return tuple(size for size in shape if size is not None)


def show(shape: Sequence[int | None]) -> str:
    """A shape as people write it: 35x35x288; `?` for an unknown size."""
    return "x".join("?" if size is None else str(size) for size in shape) or "scalar"
