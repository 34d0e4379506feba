"""How a command starts: what it says where it can't, and how it takes Ctrl-C before it is ready."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FATAL = "2026-11-27: F tensorflow/core/platform/cpu_feature_guard.cc:112] compiled to use AVX512F instructions"
NOISE = "2026-11-27: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on. You may see"


def archspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that finds the packages in `folder` before all others."""
    command = [sys.executable, "-P", "-m", "archspec", *arguments]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(REPOSITORY)])}
    return subprocess.run(command, env=variables, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)


def tensorflow_that(does: str, folder: Path) -> None:
    """A package of TensorFlow's name that writes as its C++ code does, and then does this."""
    (folder / "tensorflow").mkdir()
    written = f"{NOISE}\n{FATAL}\nhalf a line".encode()
    (folder / "tensorflow" / "__init__.py").write_text(f"import os, sys\nos.write(2, {written!r})\n{does}\n")


@pytest.mark.parametrize("end", [signal.SIGABRT, signal.SIGILL, signal.SIGSEGV, signal.SIGKILL])
def test_what_tensorflow_says_before_it_aborts_is_shown(tmp_path: Path, end: signal.Signals) -> None:
    tensorflow_that(f"os.kill(os.getpid(), {int(end)})", tmp_path)
    result = archspec(tmp_path, "train", "specs/lenet.yaml")
    assert result.returncode == -end
    assert result.stderr.startswith(f"{FATAL}\nhalf a line\nAS761 ") and "\n  help: " in result.stderr


def test_an_end_without_a_word_is_no_guess_about_the_processor(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    written = f"{NOISE}\n".encode()
    (tmp_path / "tensorflow" / "__init__.py").write_text(
        f"import os\nos.write(2, {written!r})\nos.kill(os.getpid(), 9)\n"
    )
    result = archspec(tmp_path, "train", "specs/lenet.yaml")
    assert result.returncode == -9 and "instructions" not in result.stderr
    assert result.stderr.startswith("AS761 this process was ended while TensorFlow was imported\n  help: ")


def test_what_tensorflow_says_is_shown_without_noise_where_its_import_ends(tmp_path: Path) -> None:
    tensorflow_that("sys.exit(3)", tmp_path)
    result = archspec(tmp_path, "train", "specs/lenet.yaml")
    assert (result.returncode, result.stderr) == (3, f"{FATAL}\nhalf a line")


LIBRARY = "libcudart.so.11: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        (f"raise ImportError({LIBRARY!r})", LIBRARY),
        (f"raise OSError({LIBRARY!r})", LIBRARY),
        # As TensorFlow itself does: around the reason it quotes the whole traceback.
        (
            f"try:\n    raise ImportError({LIBRARY!r})\n"
            "except ImportError as problem:\n    raise ImportError('Traceback …\\n\\nFailed to load') from problem",
            LIBRARY,
        ),
        (
            "raise TypeError('Descriptors cannot be created directly.\\nIf this call came')",
            "Descriptors cannot be created directly.",
        ),
        ("raise RuntimeError", "RuntimeError"),
        ("import tensorflow.python", "No module named 'tensorflow.python'"),
    ],
    ids=["ImportError", "OSError", "quoted", "TypeError", "silent", "a module of its own"],
)
def test_a_tensorflow_that_cannot_be_loaded_is_a_sentence(tmp_path: Path, does: str, reason: str) -> None:
    tensorflow_that(does, tmp_path)
    result = archspec(tmp_path, "train", "specs/lenet.yaml")
    assert (result.returncode, "bug in archspec" in result.stderr) == (1, False)
    said = result.stderr.removeprefix(f"{FATAL}\nhalf a line").splitlines()
    assert said[0] == f"AS762 TensorFlow is installed and cannot be loaded: {reason}"
    assert said[1].startswith("  help: `archspec doctor` ")


def test_a_keras_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("class config:\n    list_physical_devices = list\n")
    (tmp_path / "keras.py").write_text("raise ImportError('cannot import name x')\n")
    result = archspec(tmp_path, "train", "specs/lenet.yaml")
    assert result.returncode == 1
    assert result.stderr.startswith("AS762 Keras is installed and cannot be loaded: cannot import name x\n  help: ")


def test_the_other_archspec_in_the_same_folder_is_named(tmp_path: Path) -> None:
    """The processor detection of that name on PyPI, whose files lie among ours."""
    package = tmp_path / "archspec"
    for name in ("archspec", "schemas"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    assert archspec(tmp_path, "lint", "specs/lenet.yaml").returncode == 0
    (package / "cpu").mkdir()
    (package / "cpu" / "detect.py").touch()
    (package / "__init__.py").write_text('__version__ = "0.2.7"')
    (package / "cli.py").write_text("raise SystemExit('the wrong module')")
    result = archspec(tmp_path, "lint", "specs/lenet.yaml")
    assert result.returncode == 1
    assert result.stderr.startswith("AS760 ") and "pip uninstall" in result.stderr and str(package) in result.stderr


def test_ctrl_c_while_a_command_is_imported_is_no_traceback(tmp_path: Path) -> None:
    """The first module that archspec.cli imports sends it: that is before there is anything to answer with."""
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    result = archspec(tmp_path, "lint", "specs")
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As for a command that a shell script started in the background."""
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(7)")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = archspec(tmp_path, "lint", "specs")
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.returncode == 7
