"""The networks of the zoo with their sizes and what is published of them, and the index that keeps what was counted.

Counting means compiling every spec, which takes seconds: `specs/models.json` holds the counts, with a digest of each
file that they come from. A spec whose files are others now is counted anew when it is asked for, so the list is never
older than the specs; `bin/regen --check` counts all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from archspec.compiler.graph.cost import rows, totals
from archspec.compiler.graph.passes import run
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.language.op import show
from archspec.compiler.program import Program, check_file
from archspec.compiler.spec import zoo
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings

Json = dict[str, Any]

_PAGE = """# The zoo

The specs that come with archspec, by the name that every command and `extends` takes: `zoo:resnet_v1_50`. Parameters
are the numbers in all variables, moving averages too; macs the multiply-accumulates of one example; accuracies are
percent, of one crop, as others have published them. `archspec models` prints this list, also sorted by `size`, `macs`
or `accuracy`, and `archspec new NAME` copies one to begin with. This page is made by `bin/regen` from the specs.

| network | what it is | input | parameters | macs | top-1 | top-5 | weights |
| --- | --- | --- | ---: | ---: | ---: | ---: | --- |
"""


@dataclass(frozen=True, slots=True)
class Model:
    """One network: parameters of all variables, multiply-accumulates of one example, and what is published of it.

    `macs` is None where the input's size is not known before run time; accuracies are percent, None where none is
    published; `weights` is where trained weights are, and `license` theirs, empty where there are none.
    """

    name: str
    about: str
    input: str
    params: int
    macs: int | None
    top_1: float | None
    top_5: float | None
    weights: str
    license: str
    trained: str


def models(index: dict[str, Json] | None = None) -> list[Model]:
    """Every network of the zoo, by name; raises Stop for a spec that does not compile.

    What `index`, or the file of it, does not have of the specs as they are now is counted.
    """
    kept, findings = in_file() if index is None else index, Findings()
    found: list[Model] = []
    known = zoo.names()
    for name in known:
        entry = kept.get(name, {})
        if not is_current(entry):
            entry = _counted(name, findings)
        found += [Model(**each) for each in entry["models"] if is_its_own(name, each["name"], known)]
    findings.stop_on_errors()
    return sorted(found, key=lambda model: model.name)


def place() -> Path:
    """The file of the index."""
    return zoo.folder() / "models.json"


def as_text() -> str:
    """The index of the zoo as it is now, every spec counted anew; raises Stop for a spec that does not compile."""
    findings = Findings()
    counted = {name: _counted(name, findings) for name in zoo.names()}
    findings.stop_on_errors()
    return json.dumps(counted, indent=1, ensure_ascii=False) + "\n"


def page(found: list[Model]) -> str:
    """docs/models.md."""
    return _PAGE + "".join(f"{_row(model)}\n" for model in found)


def _row(model: Model) -> str:
    macs = "?" if model.macs is None else f"{model.macs:,}"
    accuracy = ["" if value is None else f"{value:.1f}" for value in (model.top_1, model.top_5)]
    weights = f"[{model.license or 'there'}]({model.weights})" if model.weights else ""
    about = model.about.replace("|", "\\|")
    return f"| `{' | '.join([f'{model.name}`', about, model.input, f'{model.params:,}', macs, *accuracy, weights])} |"


def in_file() -> dict[str, Json]:
    """The entries of the index as it was written, by spec; none where it cannot be read."""
    try:
        found = json.loads(place().read_text("utf-8"))
    except (OSError, ValueError):
        # Without an index, or with half of one, everything is counted.
        return {}
    return found if isinstance(found, dict) else {}


def is_current(entry: Json) -> bool:
    """Whether an entry was counted from the files as they are now."""
    return "variables" in entry and bool(entry["files"] == _digests(entry["files"]))


def _digests(files: dict[str, str]) -> dict[str, str]:
    """The digests of files of the zoo; those that are not there are left out."""
    there = [name for name in files if (zoo.folder() / name).is_file()]
    return {name: _digest((zoo.folder() / name).read_text("utf-8")) for name in there}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _counted(name: str, findings: Findings) -> Json:
    """A spec's entry in the index: its networks, and the files that they come from."""
    programs = check_file(f"{zoo.PREFIX}{name}", findings=findings)
    files = {Path(file).name: _digest(text) for program in programs for file, text in program.sources.items()}
    records = [_record(name, program) for program in programs]
    axes = {record["name"]: _by_axes(program) for record, program in zip(records, programs, strict=True)}
    return {"files": dict(sorted(files.items())), "models": records, "variables": axes}


def _by_axes(program: Program) -> str:
    """How many variables have no axis above 1, one, two, …: `0 160 1 0 52`."""
    found = Counter(axes_of(tuple(variable.shape)) for _, _, variable in program.graph.variables())
    return " ".join(str(found[axes]) for axes in range(max(found, default=0) + 1))


def axes_of(shape: tuple[int, ...]) -> int:
    """How many axes of a shape have more than one position."""
    return sum(size != 1 for size in shape)


def _record(name: str, program: Program) -> Json:
    graph = run(for_inference, program.graph)
    total = totals(rows(graph))
    said = program.published
    return {
        "name": name if program.variant in ("", name) else f"{name}#{program.variant}",
        "about": program.about,
        "input": ", ".join(show(each.shape) for each in graph.inputs.values()),
        "params": total.params,
        "macs": total.macs,
        "top_1": said.get("top_1"),
        "top_5": said.get("top_5"),
        "weights": said.get("weights", ""),
        "license": said.get("license", "") if "weights" in said else "",
        "trained": said.get("trained", ""),
    }


def is_its_own(spec: str, model: str, known: list[str]) -> bool:
    """Whether a network is listed under this spec's name: not a variant that has a file of its own."""
    variant = model.partition("#")[2]
    return not variant or variant == spec or variant not in known
