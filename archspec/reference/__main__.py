"""Write the pages of docs/ that list what exists and the index of the zoo, or with --check say what of it is stale."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from archspec.compiler.language.registry import builtin
from archspec.diagnostics import Stop
from archspec.reference.models import as_text, models, page, place
from archspec.reference.pages import pages
from archspec.rendering import report

DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """0 when all files are written or up to date, 1 when one is stale."""
    parser = argparse.ArgumentParser(prog="python -m archspec.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check = parser.parse_args().check
    index = as_text()
    found = models(json.loads(index))
    made = {place(): index, DOCS / "models.md": page(found)}
    made |= {DOCS / name: text for name, text in pages(builtin()).items()}
    stale = [file for file, text in made.items() if not file.is_file() or file.read_text("utf-8") != text]
    # A page of ops whose file is gone would stay for ever.
    left = [file for file in (DOCS / "ops").glob("*.md") if file not in made]
    if check and (stale or left):
        names = ", ".join(str(file) for file in [*stale, *left])
        print(f"stale: {names}; run python -m archspec.reference", file=sys.stderr)
        return 1
    for file in stale:
        file.parent.mkdir(exist_ok=True)
        file.write_text(made[file], "utf-8")
        print(f"wrote {file}")
    for file in left:
        file.unlink()
        print(f"removed {file}")
    if not stale and not left:
        print(f"the reference in {DOCS} and the index of the zoo are up to date")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as problem:
        # A spec of the zoo that does not compile.
        report(problem.diagnostics, problem.sources)
        sys.exit(1)
