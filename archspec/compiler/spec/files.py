"""Files: a spec with what it extends, from below its own folder only."""

from __future__ import annotations

from pathlib import Path

from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.document import kind_of
from archspec.compiler.spec.edits import edit
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.compiler.syntax.reading import parse, read
from archspec.diagnostics import Findings, Note, Span

_DEEPEST = 8
"""How many files may extend one another in a chain."""


def split_variant(path: str) -> tuple[str, str]:
    """`resnet_v1.yaml#resnet_v1_50` as (file, variant); the variant is empty where none is named."""
    file, _, variant = path.partition("#")
    return file, variant


def load(path: str, findings: Findings, text: str | None = None) -> tuple[Mapping | None, dict[str, str], str]:
    """(root with everything it extends, text by file, variant that `extends` chose); reports what is wrong.

    `text` stands for the file's content where it comes from elsewhere (standard input, an editor).
    """
    return _load(path, findings, text, ())


def _load(
    path: str, findings: Findings, text: str | None, chain: tuple[str, ...]
) -> tuple[Mapping | None, dict[str, str], str]:
    root = read(path, findings) if text is None else parse(text, path, findings)
    if root is None:
        return None, {}, ""
    if not isinstance(root, Mapping):
        findings.add("AS111", "a spec is a mapping of sections", root.span, help="begin with `archspec: 1`")
        return None, {}, ""
    sources = {path: findings.sources[path]}
    base = root.get("extends")
    if base is None:
        _refuse_edits(root, findings)
        return root, sources, ""
    below = _below(path, base, chain, findings)
    if below is None:
        return None, sources, ""
    file, variant = split_variant(below)
    under, more, inherited = _load(file, findings, None, (*chain, path))
    if under is None or not _has_variant(under, file, variant, base.span, findings):
        return None, {**sources, **more}, ""
    return lay_over(under, root, findings), {**sources, **more}, variant or inherited


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
            findings.add(
                "AS112", f"`{name}` needs `extends`", key.span, help="say which spec it changes: `extends: FILE`"
            )


def _below(path: str, base: Node, chain: tuple[str, ...], findings: Findings) -> str | None:
    """The path of the extended file, if it lies below the folder of the spec."""
    if not isinstance(base, Scalar) or not isinstance(base.value, str):
        findings.add("AS113", "`extends` names one file", base.span, help="write `extends: base.yaml`")
        return None
    return resolve(path, base.text, base.span, chain, findings)


def resolve(path: str, reference: str, span: Span, chain: tuple[str, ...], findings: Findings) -> str | None:
    """The path of a file that a spec refers to; None, with a finding, outside its folder or in a circle."""
    file, variant = split_variant(reference)
    folder = Path(path).parent
    target = folder / file
    if not target.resolve().is_relative_to(folder.resolve()):
        findings.add("AS113", f"{file} lies outside the folder of this spec", span, help="put it beside or below")
        return None
    if not target.is_file():
        findings.add("AS113", f"there is no file {target}", span, help="paths count from the folder of this spec")
        return None
    seen = {Path(earlier).resolve() for earlier in (*chain, path)}
    if target.resolve() in seen or len(chain) >= _DEEPEST:
        help = "a spec cannot be made of itself; put what they share into a third file"
        findings.add("AS114", f"{file} leads back to a spec that leads to it", span, help=help)
        return None
    return f"{target}#{variant}" if variant else str(target)


_LAYERED = (
    "hyperparameters",
    "functions",
    "tables",
    "defaults",
    "scopes",
    "inputs",
    "blocks",
    "heads",
    "outputs",
    "names",
    "expect",
)
"""Sections in which a key replaces the base's key of that name."""

_DEEP = ("defaults", "scopes", "train", "eval", "expect")
"""Sections that merge below their keys as well."""


def lay_over(base: Mapping, top: Mapping, findings: Findings) -> Mapping:
    """The base document with the top one laid over it: sections merge by key, layers change by name."""
    pairs = {key.text: (key, value) for key, value in base.pairs}
    for key, value in top.pairs:
        name = key.text
        if name in ("extends", "change", "insert", "remove"):
            continue
        if name == "layers" and name in pairs:
            note = Note("the layers of the extended spec", pairs[name][0].span)
            message = "a spec that extends another has no `layers` of its own"
            findings.add("AS115", message, key.span, note, help="use `change`, `insert` and `remove`")
        elif name in pairs and name in (*_LAYERED, *_DEEP):
            pairs[name] = (key, _merged(pairs[name][1], value, name))
        else:
            pairs[name] = (key, value)
    return edit(Mapping(tuple(pairs.values()), top.span), top, findings)


def _merged(base: Node, top: Node, section: str) -> Node:
    if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
        return top
    pairs = {key.text: (key, value) for key, value in base.pairs}
    for key, value in top.pairs:
        old = pairs[key.text][1] if key.text in pairs else None
        if section == "hyperparameters" and old is not None:
            value = _with_default(old, value)
        elif section in _DEEP and isinstance(old, Mapping) and isinstance(value, Mapping):
            value = _merged(old, value, section) if not _other_kind(section, key.text) else value
        pairs[key.text] = (key, value)
    return Mapping(tuple(pairs.values()), top.span)


def _other_kind(section: str, key: str) -> bool:
    """Whether the value is one form, which replaces the base's form instead of mixing its fields with it."""
    return section in ("train", "eval") and key in ("data", "optimizer")


def _with_default(declared: Node, value: Node) -> Node:
    """The base's declaration with another default, so that its type and limits stay."""
    if isinstance(value, Mapping) or (isinstance(declared, Mapping) and declared.get("default") is None):
        return value
    if not isinstance(declared, Mapping):
        kind = Scalar(kind_of(declared), kind_of(declared), declared.span)
        said = ("type", kind), ("default", value)
        return Mapping(tuple((Scalar(key, key, value.span), node) for key, node in said), value.span)
    return Mapping(tuple((k, value if k.text == "default" else v) for k, v in declared.pairs), declared.span)
