"""python -m archspec."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """The exit code of one command. Ctrl-C before and after it ends the process at once, as any program, and silently.

    Importing what a command needs takes 50 ms, and ending a process with TensorFlow in it more.
    """
    handler = signal.getsignal(signal.SIGINT)
    outside = signal.SIG_DFL if handler is signal.default_int_handler else handler
    signal.signal(signal.SIGINT, outside)
    from archspec.cli import main as run

    signal.signal(signal.SIGINT, handler)
    try:
        return run()
    finally:
        signal.signal(signal.SIGINT, outside)


if __name__ == "__main__":
    sys.exit(main())
