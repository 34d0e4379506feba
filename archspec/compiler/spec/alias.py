"""A file that says nothing but which spec it extends: that spec, or one of its variants, under a name of its own."""

from __future__ import annotations

import os

from archspec.compiler.spec.files import resolve, split_variant
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Mapping, Scalar, plain
from archspec.diagnostics import Findings

_LONGEST = 5_000
"""Letters of a file that is looked at, comments included: what is longer says more than one key."""


def alias_of(file: str, sources: Sources) -> tuple[str, str] | None:
    """The real path and the variant of the spec that a file is another name of; None for any other file.

    Nothing is reported: what is wrong with such a file is found where it is compiled.
    """
    silent = Findings()
    text = sources.text(file, silent)
    root = sources.tree(file, silent) if text is not None and len(text) < _LONGEST else None
    if not isinstance(root, Mapping) or sorted(key.text for key, _ in root.pairs) != ["archspec", "extends"]:
        return None
    said = {key.text: value for key, value in root.pairs}
    version, base = plain(said["archspec"]), said["extends"]
    if version != 1 or isinstance(version, bool) or not isinstance(base, Scalar) or not isinstance(base.value, str):
        return None
    meant = resolve(file, base.text, base.span, sources, (), silent)
    if meant is None:
        return None
    target, variant = split_variant(meant)
    return os.path.realpath(target), variant
