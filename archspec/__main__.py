"""python -m archspec."""

from __future__ import annotations

import sys

from archspec.cli import main

if __name__ == "__main__":
    sys.exit(main())
