"""The pages of docs/ that list what exists, as Markdown: one for each file of ops, an index of them, one a family."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator

from archspec.compiler.language.elsewhere import elsewhere
from archspec.compiler.language.registry import Registry
from archspec.dataclass import dataclass
from archspec.reference.entry import Entry, entry
from archspec.reference.examples import BASE, Example
from archspec.reference.fields import FieldEntry


@dataclass(frozen=True, slots=True)
class Page:
    """One page about some families: its file in docs/, its title, and what is said before the forms."""

    file: str
    title: str
    families: tuple[str, ...]
    about: str


PAGES = (
    Page("losses.md", "Losses", ("loss",), "What training makes small: `losses: {NAME: {LOSS: END POINT, …}}`."),
    Page("metrics.md", "Metrics", ("metric",), "What evaluation counts: `metrics: {NAME: {METRIC: END POINT, …}}`."),
    Page(
        "optimizers.md",
        "Optimizers",
        ("optimizer", "group"),
        "What changes the variables: `optimizer: {OPTIMIZER: RATE, …}`.\n"
        "The rate is a number or a [schedule](schedules.md).",
    ),
    Page(
        "schedules.md",
        "Schedules",
        ("schedule",),
        "Learning rates that change: `optimizer: {sgd: {SCHEDULE: RATE, …}}`.",
    ),
    Page(
        "preprocess.md",
        "Preprocess steps",
        ("preprocess",),
        "Steps from a decoded image in [0, 1] to the input, in order.",
    ),
    Page(
        "data.md",
        "Data",
        ("data", "batches", "kind", "draw"),
        "Where examples come from, the kinds of features that an example can have, and inputs that are drawn.",
    ),
    Page(
        "initializers.md",
        "Initializers",
        ("initializer", "width"),
        "First values of variables, `initializer: he_normal`; and the width multiplier, which is a field too.",
    ),
    Page(
        "sections.md",
        "Training and evaluation",
        ("section", "initialize", "early_stopping"),
        "The sections `train` and `eval`, and what only they have.\n"
        "[The language](language.md) says how they work together.",
    ),
)
"""The pages beside docs/ops."""

MADE = "This page is made by `bin/regen` from the classes; `archspec doc NAME` prints the same."


def pages(registry: Registry) -> dict[str, str]:
    """Every page by its path in docs/."""
    ops = [entry(cls, registry) for cls in registry.ops.values()]
    modules = {
        entry.module: sys.modules[cls.__module__].__doc__ or ""
        for entry, cls in zip(ops, registry.ops.values(), strict=True)
    }
    found = {"ops/README.md": _index(ops, modules, registry)}
    for module, about in modules.items():
        found[f"ops/{module}.md"] = _page(f"Ops: {module}", about.strip(), [op for op in ops if op.module == module])
    for page in PAGES:
        forms = [entry(cls, registry) for family in page.families for cls in registry.members(family).values()]
        found[page.file] = _page(page.title, page.about, forms)
    return found


def _index(ops: list[Entry], modules: dict[str, str], registry: Registry) -> str:
    lines = [
        "# Ops",
        "",
        "Every operation that a layer can be. The value behind an op's name is its main field: `conv2d: 64` is 64",
        "filters. `archspec doc` without a name lists all ops, losses, metrics, optimizers, schedules, steps and data.",
        "",
        MADE,
    ]
    for module, about in modules.items():
        lines += ["", f"## [{module}]({module}.md)", "", _first_sentence(about), "", "| op | |", "| --- | --- |"]
        lines += [
            f"| [`{op.name}`]({module}.md#{_anchor(op.name)}) | {_cell(op.summary)} |"
            for op in ops
            if op.module == module
        ]
    lines += [
        "",
        "## Groups",
        "",
        "What a scope can name to mean several ops at once: `defaults: {conv: {norm: batch_norm}}`.",
        "",
    ]
    lines += ["| group | ops |", "| --- | --- |"]
    lines += [
        f"| `{name}` | {', '.join(f'`{op}`' for op in sorted(group))} |" for name, group in registry.groups.items()
    ]
    return "\n".join([*lines, *_called_elsewhere(registry)]) + "\n"


def _called_elsewhere(registry: Registry) -> list[str]:
    """A table of what other libraries call the ops; lint answers these names too."""
    lines = [
        "",
        "## What others call them",
        "",
        "Names of TF-Slim, Keras, PyTorch, darknet and the papers, and ours.",
        "",
    ]
    lines += ["What has no name here is a block of several: [the cookbook](../cookbook.md).", ""]
    lines += ["| here | elsewhere |", "| --- | --- |"]
    named = {name: elsewhere(name) for name in registry.ops}
    return lines + [f"| `{name}` | {', '.join(theirs)} |" for name, theirs in named.items() if theirs]


def _page(title: str, about: str, entries: list[Entry]) -> str:
    lines = [f"# {title}", "", *about.split("\n"), "", MADE]
    if any(found.example is not None and found.example.kind == "sections" for found in entries):
        lines += [
            "",
            "The examples are laid over this spec (`extends: faces.yaml`), unless they have `inputs` of their own:",
            "",
        ]
        lines += ["<!-- file: faces.yaml -->", "```yaml", *BASE.splitlines(), "```"]
    for found in entries:
        lines += ["", *_section(found)]
    return "\n".join(lines) + "\n"


def _section(found: Entry) -> Iterator[str]:
    yield from [f"## {found.name}", "", found.summary]
    if found.text:
        yield from ["", *found.text.split("\n")]
    if found.groups:
        yield from ["", f"Of the {'groups' if len(found.groups) > 1 else 'group'} {_code(found.groups)}."]
    if found.fields:
        yield from ["", "| field | takes | default | meaning |", "| --- | --- | --- | --- |", *map(_row, found.fields)]
    if found.facts:
        yield from ["", *(f"- {name}: {text}" for name, text in found.facts.items())]
    if found.example is not None:
        yield from ["", *_example(found.example)]


def _row(field: FieldEntry) -> str:
    name = f"`{field.name}`" + (" (main)" if field.main else "")
    default = "required" if field.required else f"`{field.default}`"
    return f"| {name} | {_cell(field.takes)} | {_cell(default)} | {_cell(field.doc)} |"


def _example(example: Example) -> Iterator[str]:
    """The fence, with the notes by which the tests run it."""
    if example.kind == "layers":
        yield from ["<!-- spec: layers -->", f"<!-- with: inputs: {example.given}", "defaults: {} -->"]
        if example.layer:
            yield f"<!-- shape: {example.layer} -> {example.shape} -->"
    else:
        hidden = "extends: faces.yaml" if example.kind == "sections" else "archspec: 1"
        yield from ["<!-- spec: sections -->", f"<!-- with: {hidden} -->"]
    yield from ["```yaml", *example.text.split("\n"), "```"]
    if example.makes:
        yield from ["", example.makes]


def _code(names: Iterable[str]) -> str:
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} and {last}" if first else last


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(name: str) -> str:
    """The anchor that a heading gets."""
    return name.lower().replace(".", "")


def _first_sentence(text: str) -> str:
    return inspect.cleandoc(text).partition("\n\n")[0].replace("\n", " ")
