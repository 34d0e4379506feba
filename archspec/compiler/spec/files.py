"""Files: a spec with what it extends, from below its own folder or from the zoo."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from archspec.compiler.language.registry import Registry, builtin
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec import zoo
from archspec.compiler.spec.laying import choose, lay_over
from archspec.compiler.spec.packages import packages_named
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings, Span

DEEPEST = 8
"""How many files may extend or embed one another in a chain."""


@dataclass(frozen=True)
class Loaded:
    """A file's tree with everything that it extends, the forms that it can name, and the variant `extends` chose."""

    root: Mapping
    registry: Registry
    variant: str = ""
    is_whole: bool = True
    """Whether each of the files was read to its end."""


def split_variant(path: str) -> tuple[str, str]:
    """`resnet_v1.yaml#resnet_v1_50` as (file, variant); the variant is empty where none is named."""
    file, _, variant = path.partition("#")
    return file, variant


def load(path: str, sources: Sources, findings: Findings, chain: tuple[str, ...] = ()) -> Loaded | None:
    """The tree of a file laid over what it extends; None after reporting why there is none."""
    root = sources.tree(path, findings)
    if root is None:
        return None
    if not isinstance(root, Mapping):
        findings.add("AS111", "a spec is a mapping of sections", root.span, help="begin with `archspec: 1`")
        return None
    base, whole, packages = root.get("extends"), path not in sources.unfinished, packages_named(root)
    alone = Loaded(root, builtin().with_packages(packages), is_whole=whole and base is None)
    if base is None:
        _refuse_edits(root, findings)
        return alone
    below = _below(path, base, sources, chain, findings)
    if below is None:
        return alone if sources.partly else None
    file, variant = split_variant(below)
    under = load(file, sources, findings, (*chain, path))
    if under is None or not _has_variant(under.root, file, variant, base.span, findings):
        return alone if sources.partly else None
    registry = under.registry.with_packages(packages)
    extended = choose(under.root, variant, registry, sources.history, findings) if variant else under.root
    laid = lay_over(extended, root, registry, sources.history, findings)
    return Loaded(laid, registry, variant or under.variant, whole and under.is_whole)


def _has_variant(root: Mapping, file: str, variant: str, span: Span, findings: Findings) -> bool:
    declared = root.get("variants")
    names = [key.text for key, _ in declared.pairs] if isinstance(declared, Mapping) else []
    if variant and variant not in names:
        help = nearest(variant, names) or f"there are {', '.join(names) or 'none'}"
        findings.add("AS213", f"{file} has no variant `{variant}`", span, help=help)
    return not variant or variant in names


def _refuse_edits(root: Mapping, findings: Findings) -> None:
    for name in ("change", "insert", "remove"):
        key = root.key(name)
        if key:
            help = "say which spec it changes: `extends: FILE`"
            findings.add("AS112", f"`{name}` needs `extends`", key.span, help=help)


def _below(path: str, base: Node, sources: Sources, chain: tuple[str, ...], findings: Findings) -> str | None:
    """The path of the extended file, if it lies below the folder of the spec."""
    if not isinstance(base, Scalar) or not isinstance(base.value, str):
        help = "write `extends: base.yaml`, or `extends: zoo:resnet_v1`"
        findings.add("AS113", "`extends` names one file", base.span, help=help)
        return None
    return resolve(path, base.text, base.span, sources, chain, findings)


def resolve(
    path: str, reference: str, span: Span, sources: Sources, chain: tuple[str, ...], findings: Findings
) -> str | None:
    """The path of a file that a spec refers to, with its variant; None, with a finding, where it may not or cannot.

    A reference is a file in or below the spec's own folder, or `zoo:NAME`.
    """
    file, variant = split_variant(reference)
    if zoo.is_of_zoo(file):
        target = zoo.file_of(file, findings, span)
    else:
        target = _in_folder(Path(path).parent, file, span, sources, findings)
    if target is None or not _ends(target, file, (*chain, path), span, findings):
        return None
    return f"{target}#{variant}" if variant else target


def _in_folder(folder: Path, file: str, span: Span, sources: Sources, findings: Findings) -> str | None:
    target = str(folder / file)
    try:
        inside = Path(os.path.realpath(target)).is_relative_to(os.path.realpath(folder))
        found = inside and (sources.has(target) or stat.S_ISREG(os.stat(target).st_mode))
    except (OSError, ValueError) as problem:
        _report_unreadable(target, problem, span, findings)
        return None
    if not inside:
        help = zoo.offered(file) or "put it beside or below this spec"
        findings.add("AS113", f"{file} lies outside the folder of this spec", span, help=help)
    elif not found:
        findings.add("AS113", f"{target} is not a file", span, help="name a spec's file")
    return target if found else None


def _report_unreadable(target: str, problem: OSError | ValueError, span: Span, findings: Findings) -> None:
    if isinstance(problem, (FileNotFoundError, NotADirectoryError)):
        help = zoo.offered(target) or "paths count from the folder of this spec"
        findings.add("AS113", f"there is no file {target}", span, help=help)
    else:
        reason = getattr(problem, "strerror", None) or "its name is not a file name"
        message = f"{target if isinstance(problem, OSError) else 'this file'} cannot be read: {reason}"
        findings.add("AS012", message, span, help="check the path and its permissions")


def _ends(target: str, file: str, chain: tuple[str, ...], span: Span, findings: Findings) -> bool:
    """Whether the files come to an end: reports a circle, and a chain that is too long."""
    if os.path.realpath(target) in {os.path.realpath(earlier) for earlier in chain}:
        help = "a spec cannot be made of itself; put what they share into a third file"
        findings.add("AS114", f"{file} leads back to a spec that leads to it", span, help=help)
        return False
    if len(chain) > DEEPEST:
        message = f"{file} is the end of a chain of more than {DEEPEST} files that extend or embed one another"
        findings.add("AS132", message, span, help="let some of them be one file")
        return False
    return True
