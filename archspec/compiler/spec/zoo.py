"""The specs that come with archspec, by name: `zoo:inception_v3`."""

from __future__ import annotations

import re
from pathlib import Path

from archspec.compiler.language.suggestions import nearest
from archspec.diagnostics import Findings, Span

PREFIX = "zoo:"
_PACKAGE = Path(__file__).parents[2]


def folder() -> Path:
    """Where the specs are: in the installed package, else beside the package in a checkout."""
    installed = _PACKAGE / "specs"
    return installed if installed.is_dir() else _PACKAGE.parent / "specs"


def names() -> list[str]:
    """The names of the specs."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def is_of_zoo(reference: str) -> bool:
    """Whether a reference, `zoo:NAME` or `zoo:NAME#VARIANT`, is to one of these."""
    return reference.startswith(PREFIX)


def offered(file: str) -> str | None:
    """How a file is named that has the name of a spec of the zoo; None where none has it."""
    name = Path(file).stem
    return f"the `{name}` that comes with archspec is `{PREFIX}{name}`" if name in names() else None


def file_of(reference: str, findings: Findings, span: Span | None = None) -> str | None:
    """The path of the spec that `zoo:NAME` is; None after reporting that there is none of that name."""
    name = reference.removeprefix(PREFIX).removesuffix(".yaml")
    known = names()
    if name in known:
        return str(folder() / f"{name}.yaml")
    alike = [other for other in known if other.startswith(name)] or _of_all_versions(name, known)
    help = nearest(name, known) or "`archspec models` lists what there is"
    if alike:
        help = f"there are {', '.join(alike)}" if len(alike) > 1 else f"did you mean `{alike[0]}`?"
    findings.add("AS131", f"the zoo has no spec `{name}`", span, help=help)
    return None


def _of_all_versions(name: str, known: list[str]) -> list[str]:
    """The names that are this one but for a version and underscores: resnet_v1_50 and resnet_v2_50 for resnet50."""
    return [other for other in known if _bare(other) == _bare(name)]


def _bare(name: str) -> str:
    return re.sub(r"_v\d+|[_-]", "", name.lower())
