"""A file that says nothing but what it extends: lint says of it what it says of that spec, once."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import yaml

from archspec.cli import main
from archspec.compiler import program
from archspec.compiler.spec import alias
from archspec.compiler.spec.sources import Sources
from archspec.compiler.syntax.nodes import plain
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Findings
from tests.cases.mutation import mutate

SPECS = Path(__file__).parents[2] / "specs"
FAMILIES = {"mobilenet_v1": 12, "mobilenet_v3": 6, "resnet_v1": 6, "deeplab_v3_plus": 12, "nasnet_cifar": 4}
"""Files with variants, one that embeds others, one that extends another; and how often each is broken."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("archspec: 1\nextends: family.yaml#small\n", "small"),
        ("# its name\nextends: ./family.yaml\narchspec: 1\n", ""),
        ("archspec: 1\nextends: zoo:lenet\n", ""),
        ("archspec: 1\nextends: family.yaml\nabout: more\n", None),
        ("archspec: 2\nextends: family.yaml\n", None),
        ("archspec: true\nextends: family.yaml\n", None),
        ("archspec: 1\nextends: [family.yaml]\n", None),
        ("archspec: 1\nextends: gone.yaml\n", None),
        ("archspec: 1\nextends: ../family.yaml\n", None),
        ("archspec: 1\nextends: family.yaml\nextends: family.yaml\n", None),
        ("extends: family.yaml\n", None),
        ("- a\n", None),
        ("archspec: 1\nextends: family.yaml\n" + "#" * 6_000, None),
    ],
)
def test_what_is_another_name(text: str, expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "family.yaml").write_text("archspec: 1\n")
    (tmp_path / "own.yaml").write_text(text)
    found = alias.alias_of(str(tmp_path / "own.yaml"), Sources())
    file = SPECS / "lenet.yaml" if "zoo:" in text else tmp_path / "family.yaml"
    assert found == (None if expected is None else (str(file.resolve()), expected))


def test_another_name_is_compiled_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    compiled: list[str] = []
    check = program.check_file
    monkeypatch.setattr(program, "check_file", lambda path, **more: (compiled.append(path), check(path, **more))[1])
    names = ["mobilenet_v1_025", "mobilenet_v1", "mobilenet_v3", "mobilenet_v3_small"]
    assert main(["lint", *(str(SPECS / f"{name}.yaml") for name in names)]) == 0
    assert [Path(path).stem for path in compiled] == names[:3]
    assert capsys.readouterr().out == "4 specs, 10 networks: no findings\n"


def linted(paths: list[Path], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return main(["lint", *map(str, paths), "--format", "json"]), capsys.readouterr().out


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_lost(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Families broken at random, and all their other names: lint says what it says where each is compiled."""
    tree = parse((SPECS / f"{family}.yaml").read_text(encoding="utf-8"), family, Findings())
    assert tree is not None
    shutil.copytree(SPECS, tmp_path, dirs_exist_ok=True)  # what it extends, and the networks that it embeds
    broken, sound = tmp_path / "family.yaml", 0
    for seed in range(FAMILIES[family]):
        broken.write_text(yaml.safe_dump(mutate(plain(tree), random.Random(seed)), sort_keys=False))
        own = []
        for number, variant in enumerate(["", *program.variants(str(broken), Findings())]):
            own.append(tmp_path / f"own_{number}.yaml")
            own[-1].write_text(f"archspec: 1\nextends: family.yaml{'#' if variant else ''}{variant}\n")
        short = linted([broken, *own], capsys)
        with monkeypatch.context() as patch:
            patch.setattr(alias, "alias_of", lambda *_: None)
            assert short == linted([broken, *own], capsys), f"seed {seed}"
        sound += bool(program.check_file(str(broken), findings=Findings()))
    assert sound, "none of the broken families compiles, so nothing was tried"
