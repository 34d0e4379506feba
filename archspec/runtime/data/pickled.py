"""The plain values in a pickle, read without Python's pickle machine: nothing in the file is called or imported.

Known are the opcodes that NumPy's arrays, numbers, texts, lists and dicts are written with, in protocols 2 to 4.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """What a machine would call (`numpy.dtype`), with which arguments, and what it would set afterwards."""

    name: str
    arguments: Any
    state: Any = None


@dataclass
class _Stack:
    """The values read so far; `marks` are the heights at which lists, dicts and tuples begin."""

    values: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def above_mark(self) -> list[Any]:
        """The values since the last mark, taken away."""
        start = self.marks.pop()
        found = self.values[start:]
        del self.values[start:]
        return found

    def top(self, count: int) -> list[Any]:
        """The last values, taken away."""
        if len(self.values) < count:
            raise ValueError("a value is missing")
        found = self.values[len(self.values) - count :]
        del self.values[len(self.values) - count :]
        return found


def plain_values(contents: bytes) -> Any:
    """The value that was pickled, calls left as Call; raises ValueError for what is damaged or has other opcodes."""
    stack = _Stack()
    try:
        for opcode, argument, _ in pickletools.genops(contents):
            if opcode.name not in _STEPS:
                raise ValueError(f"{opcode.name} has no place in a data set")
            _STEPS[opcode.name](stack, argument)
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its parts do not fit: {error}") from error
    (value,) = stack.values
    return value


def _push(stack: _Stack, argument: Any) -> None:
    stack.values.append(argument)


def _remember(stack: _Stack, argument: int | None) -> None:
    stack.memo[len(stack.memo) if argument is None else argument] = stack.values[-1]


def _recall(stack: _Stack, argument: int) -> None:
    stack.values.append(stack.memo[argument])


def _tuple(count: int) -> Callable[[_Stack, Any], None]:
    return lambda stack, _: stack.values.append(tuple(stack.top(count)))


def _extend(stack: _Stack, _: None) -> None:
    items = stack.above_mark()
    stack.values[-1].extend(items)


def _set_items(stack: _Stack, _: None) -> None:
    items = stack.above_mark()
    stack.values[-1].update(zip(items[::2], items[1::2], strict=True))


def _append(stack: _Stack, _: None) -> None:
    (item,) = stack.top(1)
    stack.values[-1].append(item)


def _set_item(stack: _Stack, _: None) -> None:
    key, value = stack.top(2)
    stack.values[-1].update({key: value})


def _stack_global(stack: _Stack, _: None) -> None:
    module, name = stack.top(2)
    stack.values.append(f"{module}.{name}")


def _call(stack: _Stack, _: None) -> None:
    name, arguments = stack.top(2)
    stack.values.append(Call(name, arguments))


def _build(stack: _Stack, _: None) -> None:
    (state,) = stack.top(1)
    call = stack.values[-1]
    if not isinstance(call, Call):
        raise ValueError("a state of something that was not called")
    call.state = state


_VALUES = "BININT BININT1 BININT2 LONG1 BINSTRING SHORT_BINSTRING BINUNICODE SHORT_BINUNICODE BINBYTES SHORT_BINBYTES"

_STEPS: dict[str, Callable[[_Stack, Any], None]] = {
    **dict.fromkeys([*_VALUES.split(), "BINBYTES8", "BINUNICODE8"], _push),
    **dict.fromkeys(["PROTO", "FRAME", "STOP"], lambda stack, _: None),
    **dict.fromkeys(["BINPUT", "LONG_BINPUT", "MEMOIZE"], _remember),
    **dict.fromkeys(["BINGET", "LONG_BINGET"], _recall),
    "NONE": lambda stack, _: stack.values.append(None),
    "NEWTRUE": lambda stack, _: stack.values.append(True),
    "NEWFALSE": lambda stack, _: stack.values.append(False),
    "EMPTY_DICT": lambda stack, _: stack.values.append({}),
    "EMPTY_LIST": lambda stack, _: stack.values.append([]),
    "EMPTY_TUPLE": _tuple(0),
    "MARK": lambda stack, _: stack.marks.append(len(stack.values)),
    "TUPLE": lambda stack, _: stack.values.append(tuple(stack.above_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "APPEND": _append,
    "APPENDS": _extend,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "GLOBAL": lambda stack, argument: stack.values.append(argument.replace(" ", ".")),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _call,
    "BUILD": _build,
}
"""By name of the opcode."""
