"""`archspec doctor` tells a working installation from one that lacks a part and from one with a damaged part."""

from __future__ import annotations

import argparse
import json
from importlib import metadata
from pathlib import Path

import pytest

from archspec.cli import doctor

REQUIRED = ("Python", "PyYAML", "jsonschema", "rich", "numpy", "TensorFlow", "Keras")


def examined(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status, and the checks by part."""
    status = doctor.run(argparse.Namespace(format="json"))
    return status, {check["part"]: check for check in json.loads(capsys.readouterr().out)}


def test_a_whole_installation_works(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("horovod", reason="Horovod is not installed")
    status, checks = examined(capsys)
    assert {part: check["state"] for part, check in checks.items()} == dict.fromkeys(checks, "works")
    assert checks["TensorFlow"]["version"] == metadata.version("tensorflow")
    assert "Gloo" in checks["Horovod"]["found"]
    assert status == 0


def test_a_damaged_horovod_is_broken_and_the_rest_is_still_examined(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A library built against another TensorFlow fails at import with a missing symbol."""
    pytest.importorskip("horovod", reason="Horovod is not installed")
    (tmp_path / "horovod").mkdir()
    (tmp_path / "horovod" / "__init__.py").write_text("")
    (tmp_path / "horovod" / "tensorflow.py").write_text("raise ImportError('undefined symbol: _ZN10tensorflow')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, checks = examined(capsys)
    assert checks["Horovod"]["state"] == "broken" and "undefined symbol" in checks["Horovod"]["found"]
    assert "bin/archspec" in checks["Horovod"]["help"]
    assert all(checks[part]["state"] == "works" for part in REQUIRED)
    assert status == 1


def test_of_a_tensorflow_that_aborts_its_last_words_are_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fatal = "F tensorflow/core/platform/cpu_feature_guard.cc:112] TensorFlow was compiled to use AVX512F instructions"
    (tmp_path / "tensorflow").mkdir()
    lines = ["import os", f"os.write(2, {f'{fatal} and more'.encode()!r})", "os.abort()"]
    (tmp_path / "tensorflow" / "__init__.py").write_text("\n".join(lines))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, checks = examined(capsys)
    assert checks["TensorFlow"]["found"] == f"ended by SIGABRT: {fatal} and more"
    assert "this processor lacks" in checks["TensorFlow"]["help"]
    assert checks["Two ranks"]["state"] == "missing"
    assert status == 1


@pytest.mark.parametrize(("absent", "expected_status"), [("horovod", 0), ("tensorflow", 1)])
def test_a_missing_part_has_a_remedy_and_only_tensorflow_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, absent: str, expected_status: int
) -> None:
    present = metadata.version

    def version(package: str) -> str:
        if package in (absent, "horovod"):
            raise metadata.PackageNotFoundError(package)
        return present(package)

    monkeypatch.setattr(metadata, "version", version)
    status, checks = examined(capsys)
    part = {"horovod": "Horovod", "tensorflow": "TensorFlow"}[absent]
    assert checks[part]["state"] == "missing" and "bin/archspec" in checks[part]["help"]
    assert status == expected_status


def test_the_table_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.print_table([doctor.Check("Horovod", "missing", help=doctor.INSTALL_HOROVOD)])
    assert "missing" in capsys.readouterr().out
