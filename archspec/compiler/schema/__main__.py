"""Write the published schema, or with --check say whether it is stale."""

from __future__ import annotations

import argparse
import sys

from archspec.compiler.language.registry import builtin
from archspec.compiler.schema import as_text, place


def main() -> int:
    """0 when written or up to date, 1 when stale."""
    parser = argparse.ArgumentParser(prog="python -m archspec.compiler.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is stale")
    check = parser.parse_args().check
    file, text = place(), as_text(builtin())
    if file.is_file() and file.read_text("utf-8") == text:
        print(f"{file} is up to date")
        return 0
    if check:
        print(f"{file} is stale; run python -m archspec.compiler.schema", file=sys.stderr)
        return 1
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
