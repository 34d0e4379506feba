"""Compile a spec from a string."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archspec.compiler.program import Program, compile_file
from archspec.diagnostics import Findings

HEAD = "archspec: 1\nname: Net\n"
INPUT = "inputs: {image: {shape: [32, 32, 3]}}\n"


@pytest.fixture
def compiled() -> Callable[..., Program]:
    """A function from a spec's text (version, name and inputs may be left out) to its Program."""

    def compile_text(text: str, **settings: Any) -> Program:
        findings = Findings()
        whole = (HEAD if "archspec:" not in text else "") + (INPUT if "inputs: {image" not in text else "") + text
        program = compile_file("test.yaml", settings=settings, findings=findings, text=whole)
        assert program is not None, findings.items
        return program

    return compile_text
