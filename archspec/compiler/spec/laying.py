"""A document laid over the one that it extends: sections merge by key, another kind replaces a form whole."""

from __future__ import annotations

import re

from archspec.compiler.language.registry import Registry
from archspec.compiler.spec.edits import edit
from archspec.compiler.spec.merging import Merging
from archspec.compiler.spec.sources import History, Speaker
from archspec.compiler.syntax.nodes import Mapping, Node, Scalar
from archspec.diagnostics import Findings, Note

BESIDE_THE_NETWORK = ("name", "about", "names", "precision", "train", "eval", "expect", "published")
"""Sections that can change without a change of the network's sizes and costs."""

_NO_PART_OF_THE_NETWORK = ("archspec", "extends", *BESIDE_THE_NETWORK)
"""Sections that can be given anew without changing what is counted of the network."""

_ABOUT_THE_NETWORK = ("expect", "published")
"""Sections that no longer hold once the network is another."""

_EXTENDED = Speaker("extended", "the extended spec")
_VARIANT = r"\$variant\b|\$\(\s*variant\s*\)"


def lay_over(base: Mapping, top: Mapping, registry: Registry, history: History, findings: Findings) -> Mapping:
    """The base document with the top one laid over it."""
    if any(key.text not in _NO_PART_OF_THE_NETWORK for key, _ in top):
        base = _without_expectations(base)
    pairs = {key.text: (key, value) for key, value in base.pairs}
    merging = Merging(registry, history, _EXTENDED)
    for key, value in top.pairs:
        name = key.text
        if name in ("extends", "change", "insert", "remove"):
            continue
        if name == "layers" and name in pairs:
            note = Note("the layers of the extended spec", pairs[name][0].span)
            message = "a spec that extends another has no `layers` of its own"
            findings.add("AS115", message, key.span, note, help="use `change`, `insert` and `remove`")
        else:
            pairs[name] = (key, merging.section(name, pairs[name][1], value) if name in pairs else value)
    laid = Mapping(tuple(pairs.values()), top.span)
    _report_hidden(laid, top, findings)
    return edit(laid, top, registry, findings)


def choose(root: Mapping, variant: str, registry: Registry, history: History, findings: Findings) -> Mapping:
    """The document as one of its variants is, without variants: what extends it stands over all that it says."""
    declared = root.get("variants")
    chosen = declared.get(variant) if isinstance(declared, Mapping) else None
    if not isinstance(chosen, Mapping) or not _is_sound(chosen):
        # It is left in its place, where it is found to be wrong.
        return root
    pairs = {key.text: (key, value) for key, value in root.pairs if key.text != "variants"}
    settings, name = chosen.get("set"), root.get("name")
    if isinstance(settings, Mapping):
        _report_unknown(settings, root.get("hyperparameters"), findings)
        for _, value in settings:
            history.speakers[value.span] = Speaker("variant", f"variant {variant}")
        if "hyperparameters" in pairs:
            key, values = pairs["hyperparameters"]
            pairs["hyperparameters"] = key, Merging(registry, history, _EXTENDED).hyperparameters(values, settings)
    for section in _ABOUT_THE_NETWORK:
        own = chosen.get(section)
        if isinstance(own, Mapping):
            key, values = pairs.get(section, (Scalar(section, section, own.span), Mapping((), own.span)))
            pairs[section] = key, Merging(registry, history, _EXTENDED).deep(values, own)
    if isinstance(name, Scalar):
        text = re.sub(_VARIANT, variant, name.text)
        pairs["name"] = pairs["name"][0], Scalar(text, text, name.span, name.quoted)
    return Mapping(tuple(pairs.values()), root.span)


def _is_sound(variant: Mapping) -> bool:
    return all(key.text in ("set", *_ABOUT_THE_NETWORK) and isinstance(value, Mapping) for key, value in variant)


def _report_unknown(settings: Mapping, hyperparameters: Node | None, findings: Findings) -> None:
    known = [key.text for key, _ in _pairs(hyperparameters)]
    for key, _ in settings:
        if key.text not in known:
            help = f"there are {', '.join(known) or 'none'}"
            findings.add("AS214", f"there is no hyperparameter `{key.text}`", key.span, help=help)


def _without_expectations(base: Mapping) -> Mapping:
    """The document without what is expected and published of it and its variants: that is about what it was."""
    pairs = []
    for key, value in base:
        if key.text == "variants" and isinstance(value, Mapping):
            value = Mapping(tuple((name, _without(variant)) for name, variant in value), value.span)
        if key.text not in _ABOUT_THE_NETWORK:
            pairs.append((key, value))
    return Mapping(tuple(pairs), base.span)


def _without(node: Node) -> Node:
    if not isinstance(node, Mapping):
        return node
    return Mapping(tuple((key, value) for key, value in node if key.text not in _ABOUT_THE_NETWORK), node.span)


def _report_hidden(laid: Mapping, top: Mapping, findings: Findings) -> None:
    """Warn of hyperparameters of the top document that every variant there is sets, so that they are never used."""
    variants, values = laid.get("variants"), top.get("hyperparameters")
    settings = [node.get("set") for _, node in _pairs(variants) if isinstance(node, Mapping)]
    for key, _ in _pairs(values):
        if settings and all(isinstance(node, Mapping) and node.get(key.text) is not None for node in settings):
            message = f"every variant of the extended spec sets `{key.text}`, so this value is never used"
            help = "choose one: `extends: FILE#VARIANT`; what is said here stands over it"
            findings.add("AS135", message, key.span, help=help, severity="warning")


def _pairs(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.pairs if isinstance(node, Mapping) else ()
