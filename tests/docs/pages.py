"""The examples of a page: every fence with the notes in HTML comments above it, and what running one must give.

A ```yaml fence is a spec, or with `spec: layers` / `spec: sections` a part of one, put into a small spec around it.
Further notes, one to a comment: `file: NAME` (other examples refer to it), `with: YAML` (sections the reader does not see),
`set: NAME=VALUE`, `variant: NAME`, and claims: `error: CODE`, `shape: LAYER -> 8x8x3`, `variables: NAME, …`,
`nodes: PATH, …`, `value: LAYER.FIELD -> VALUE`. Without `error` there must be no finding at all.
A ```console fence is a session: commands behind `$ ` and what they print, where … is any text.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archspec.compiler.language.op import show
from archspec.compiler.program import Program, check_file, compile_file
from archspec.compiler.rules import check_rules
from archspec.diagnostics import Findings

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"(?P<notes>(?:<!--(?:(?!-->).)*-->\n)*)```(?P<language>\w*)\n(?P<text>.*?)\n```$", re.MULTILINE | re.DOTALL
)
_NOTE = re.compile(r"<!-- *(\w+):\s*(.*?)\s*-->", re.DOTALL)
_KINDS = {"spec", "file", "with", "set", "variant", "error", "shape", "variables", "nodes", "value"}

_AROUND = {
    "archspec": "archspec: 1",
    "name": "name: Net",
    "inputs": "inputs: {image: {shape: [32, 32, 3]}}",
    "defaults": "defaults: {conv2d: {kernel: 3}, max_pool2d: {stride: 2, padding: same}}",
    "layers": "layers: [start: identity]",
}


@dataclass(frozen=True)
class Example:
    """One fence of a page."""

    line: int
    language: str
    text: str
    notes: list[tuple[str, str]] = field(default_factory=list)

    def said(self, kind: str) -> list[str]:
        """The values of the notes of one kind."""
        return [value for name, value in self.notes if name == kind]

    @property
    def file(self) -> str:
        """The name under which the spec is saved."""
        return (self.said("file") or [f"line_{self.line}.yaml"])[0]

    @property
    def spec(self) -> tuple[str, int]:
        """The whole spec, and how many lines of it the page does not show."""
        text = self.text
        kind = (self.said("spec") or ["whole"])[0]
        if kind == "whole":
            return text, 0
        assert kind in ("layers", "sections"), f"no kind of example is called {kind}"
        if kind == "layers":
            text = "layers:\n" + text
        hidden = [*self.said("with")]
        present = set(re.findall(r"^(\w+):", "\n".join([*hidden, text]), re.MULTILINE))
        hidden += [line for key, line in _AROUND.items() if key not in present and "extends" not in present]
        if "extends" in present:
            hidden.append(_AROUND["archspec"])
        before = "\n".join(hidden) + "\n"
        return before + text + "\n", before.count("\n")


def examples(page: str) -> list[Example]:
    """The fences of a page, in order."""
    return [
        Example(
            page.count("\n", 0, match.start("language")) + 1,
            match["language"],
            match["text"],
            _NOTE.findall(match["notes"]),
        )
        for match in _FENCE.finditer(page)
    ]


def save(all_examples: list[Example], folder: Path) -> None:
    """Write the specs of a page into a folder, so that they can refer to one another."""
    for example in all_examples:
        if example.language == "yaml":
            (folder / example.file).write_text(example.spec[0])


def check(example: Example, folder: Path) -> None:
    """Run an example in the folder of its page's specs; raises AssertionError for what is not as the page says."""
    unknown = {kind for kind, _ in example.notes} - _KINDS
    assert not unknown, f"no kind of note is called {', '.join(unknown)}"
    if example.language == "console":
        _check_session(example.text, folder)
    else:
        assert example.language == "yaml", f"a fence is yaml or console, not {example.language!r}"
        _check_spec(example, folder)


def _check_spec(example: Example, folder: Path) -> None:
    text, hidden = example.spec
    path, findings = str(folder / example.file), Findings()
    settings = dict(pair.split("=", 1) for pair in example.said("set"))
    if settings or example.said("variant"):
        variant = "".join(f"#{name}" for name in example.said("variant"))
        program = compile_file(path + variant, settings=settings, findings=findings, text=text)
    else:
        programs = check_file(path, findings=findings, text=text)
        program = programs[0] if programs else None
        if not hidden:
            findings.extend(rule for compiled in programs for rule in check_rules(compiled))
    seen = [d for d in findings.items if d.span is None or d.span.file != path or d.span.line > hidden]
    codes = [code for line in example.said("error") for code in line.split(", ")]
    assert [d.code for d in seen] == codes, [
        f"{d.span}: {d.code} {d.message}" for d in seen
    ] or f"no {', '.join(codes)}"
    if not codes:
        assert program is not None
        _check_claims(example, program)


def _check_claims(example: Example, program: Program) -> None:
    graph = program.graph
    for claim in example.said("shape"):
        name, _, shape = claim.partition(" -> ")
        assert show(graph.shape(graph.endpoints.get(name, name))) == shape, claim
    for claim in example.said("variables"):
        assert [name for name, _, _ in graph.variables()] == claim.split(", ")
    for claim in example.said("nodes"):
        assert list(graph.nodes) == claim.split(", ")
    for claim in example.said("value"):
        path, _, value = claim.partition(" -> ")
        layer, _, name = path.rpartition(".")
        assert _shown(program.graph.nodes[layer].values[name].value) == value, claim


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return show(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(getattr(value, "NAME", value))


def _check_session(text: str, folder: Path) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        words = shlex.split(command)
        assert words[0] == "archspec", f"only archspec is run here, not {words[0]}"
        done = subprocess.run(
            [sys.executable, "-P", "-m", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert _matches(done.stdout.strip(), expected.strip()), f"{command}\n{done.stdout}"


def _matches(printed: str, expected: str) -> bool:
    """Whether it is what the page shows; a line that ends in … may be several that begin so."""
    form = "\n".join(_form(line) for line in expected.splitlines())
    return re.fullmatch(form, printed) is not None


def _form(line: str) -> str:
    form = ".*".join(map(re.escape, line.split("…")))
    return rf"{form}(?:\n{form})*" if line.endswith("…") else form
