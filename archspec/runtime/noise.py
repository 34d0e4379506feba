"""Standard error without the lines that TensorFlow writes to every user's terminal when it is imported.

The lines go through a process of their own, which this file is too: what TensorFlow says before it aborts, as it does
on a processor that it was not built for, is shown all the same. It imports nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NOISE = re.compile(
    rb"All log messages before absl::InitializeLog\(\)"
    rb"|oneDNN custom operations are on"
    rb"|Could not find cuda drivers"
    rb"|failed call to cuInit"
    rb"|Unable to register cu\w+ factory"
    rb"|computation placer already registered"
    rb"|This TensorFlow binary is optimized|To enable the following instructions"
)
"""Lines that say nothing a user can act on; `archspec doctor` says what devices there are."""

_END = b"\0archspec: the block has ended\n"


@contextmanager
def without_noise(last_words: str, after_silence: str) -> Iterator[None]:
    """Standard error of C++ and Python alike without lines of noise.

    Where the block never ends, `last_words` follow what was said, or `after_silence` where nothing was.
    """
    # -I, -S: it starts in 10 ms. A session of its own: Ctrl-C is ours alone.
    command = [sys.executable, "-I", "-S", __file__, last_words, after_silence]
    sys.stderr.flush()
    terminal = os.dup(2)
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as filtering:
        assert filtering.stdin is not None
        os.dup2(filtering.stdin.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            filtering.stdin.write(_END)


def _filter(last_words: str, after_silence: str) -> None:
    """Hands standard input on to standard error, line by line, without noise."""
    line, said = b"\n", False
    for line in sys.stdin.buffer:
        if line.endswith(_END):
            os.write(2, line.removesuffix(_END))
            return
        if not _NOISE.search(line):
            os.write(2, line)
            said = True
    os.write(2, b"" if line.endswith(b"\n") else b"\n")
    os.write(2, f"{last_words if said else after_silence}\n".encode())


if __name__ == "__main__":
    _filter(*sys.argv[1:])
