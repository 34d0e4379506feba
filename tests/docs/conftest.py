"""The page of the spec language, and a folder with its specs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, examples, save


@pytest.fixture(scope="session")
def page() -> str:
    """The text of docs/language.md."""
    return (ROOT / "docs" / "language.md").read_text()


@pytest.fixture(scope="session")
def folder(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every spec of the page, under the names by which they refer to one another."""
    folder = tmp_path_factory.mktemp("language")
    save(examples(page), folder)
    return folder
