"""Files made to hurt: linting them ends soon, in little memory, with a sentence and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECONDS, MEGABYTES = 20, 200
# The child of a fresh process is the only one that RUSAGE_CHILDREN measures there.
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run([sys.executable, "-P", "-m", "archspec", *sys.argv[1:]], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
said = (done.stdout + done.stderr).decode("utf-8", "replace")
print(json.dumps({"code": done.returncode, "peak": peak, "said": said}))
"""


def lint(path: str | Path) -> tuple[int, str]:
    """(exit code, what was printed) of one lint, which must end in time and within memory."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "lint", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    found = json.loads(done.stdout)
    assert found["peak"] < MEGABYTES
    for word in ("Traceback", "archspec failed", "bug in archspec"):
        assert word not in found["said"], found["said"][:2000]
    return found["code"], found["said"]


def bomb() -> str:
    """Ten billion texts in twenty lines."""
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)]
    return "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(lines)


FILES: dict[str, tuple[Callable[[], str | bytes], str]] = {
    "alias_bomb": (bomb, "AS007"),
    "recursive_alias": (lambda: "archspec: 1\na: &a [*a]\n", "AS008"),
    "deep_lists": (lambda: "a: " + "[" * 10_000 + "]" * 10_000, "AS006"),
    "deep_mappings": (lambda: "{a: " * 10_000, "AS006"),
    "deep_dashes": (lambda: "- " * 10_000 + "x\n", "AS006"),
    "deep_blocks": (lambda: "".join(" " * i + "a:\n" for i in range(1_300)), "AS006"),
    "deep_questions": (lambda: "? " * 100_000, "AS009"),
    "fifty_megabytes": (lambda: b"a: 1\n" * 10_000_000, "AS005"),
    "duplicate_keys": (lambda: "archspec: 1\narchspec: 1\n", "AS002"),
    "all_the_same_key": (lambda: "a: 1\n" * 20_000, "AS002"),
    "tabs": (lambda: "archspec: 1\nlayers:\n\t- relu\n", "AS003"),
    "byte_order_mark": (lambda: "\ufeffarchspec: 2\n", ":1:11: AS102"),
    "utf_16": (lambda: "archspec: 1\n".encode("utf-16"), "AS004"),
    "utf_16_without_a_mark": (lambda: "archspec: 1\n".encode("utf-16-le"), "AS001"),
    "latin_1": (lambda: "archspec: 1\nabout: café\n".encode("latin-1"), ":2:11: AS004"),
    "nul": (lambda: b"archspec: 1\nabout: a\0b\n", ":2:9: AS001"),
    "nothing_but_nul": (lambda: b"\0" * 100_000, "AS001"),
    "every_byte": (lambda: bytes(range(256)) * 100, "AS0"),
    "terminal_escapes": (lambda: "about: \x1b]0;owned\x07\n", "AS001"),
    "hundred_thousand_keys": (lambda: "".join(f"k{i}: 1\n" for i in range(100_000)), "AS007"),
    "unknown_sections": (lambda: "".join(f"k{i}: 1\n" for i in range(3_000)), "AS101"),
    "one_long_text": (lambda: "about: " + "x" * 990_000 + "\n", "AS103"),
    "one_long_line": (lambda: "layers: [" + "relu, " * 90_000 + "]\n", "AS103"),
    "one_long_comment": (lambda: "#" * 990_000, "AS011"),
    "commas": (lambda: "a: [" + "," * 900_000, "AS001"),
    "quote_without_end": (lambda: 'a: "' + "x" * 900_000, "AS017"),
    "long_integer": (lambda: "archspec: " + "9" * 10_000, "AS102"),
    "long_hexadecimal": (lambda: "archspec: 0x" + "f" * 10_000, "AS102"),
    "long_float": (lambda: "archspec: 1e" + "9" * 10_000, "AS102"),
    "many_parentheses": (lambda: "archspec: 1\nname: $(" + "(" * 10_000, "AS2"),
    "python_object": (lambda: "a: !!python/object/apply:os.system ['touch owned']\n", "AS008"),
    "empty": (lambda: "", "AS011"),
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_file(name: str, tmp_path: Path) -> None:
    make, said = FILES[name]
    content = make()
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, output = lint(path)
    assert code == 1
    assert said in output
    assert "\x1b" not in output and "\0" not in output


def test_zero_device() -> None:
    assert lint("/dev/zero")[0] == 1


def test_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert lint(tmp_path / "pipe.yaml")[0] == 1
    assert lint(tmp_path)[0] == 1


def test_folder_and_missing_file(tmp_path: Path) -> None:
    assert lint(tmp_path)[0] == 1
    assert lint(tmp_path / "none.yaml")[0] == 1
    assert lint("x" * 5000)[0] == 1


@pytest.mark.parametrize("target", [".", "/dev/zero", "pipe.yaml", "none.yaml", "self.yaml", "bomb.yaml"])
def test_spec_that_extends_something_hostile(target: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "bomb.yaml").write_text(bomb())
    path = tmp_path / "self.yaml"
    path.write_text(f"archspec: 1\nextends: {target}\n")
    assert lint(path)[0] == 1
