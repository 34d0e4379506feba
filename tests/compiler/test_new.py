"""`archspec new`: a network of the zoo as a whole file of one's own, the same network, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec import __version__
from archspec.cli import main
from archspec.compiler.program import check_file, compile_file, variants
from archspec.compiler.rules import check_rules
from archspec.compiler.spec import zoo
from archspec.diagnostics import Findings
from archspec.reference.whole import whole_text


def networks() -> list[str]:
    """Every network of the zoo once: NAME, or NAME#VARIANT for a variant of a family that has no file of its own."""
    known = {name: variants(f"zoo:{name}", Findings()) for name in zoo.names()}
    own = [name for name, found in known.items() if not found]
    return own + [f"{name}#{each}" for name, found in known.items() for each in found if each not in own]


@pytest.mark.parametrize("network", networks())
def test_a_copy_is_whole_lints_clean_and_is_the_same_network(network: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert main(["new", network, str(path)]) == 0
    text, findings = path.read_text("utf-8"), Findings()
    assert text.startswith(f"# from zoo:{network} of archspec {__version__}\n") and "\narchspec: 1\n" in text
    assert "\nextends:" not in text and "\nvariants:" not in text and "$schema" not in text
    (copy,) = check_file(str(path), findings=findings)
    assert [*findings.items, *check_rules(copy)] == [], "say what the copy has in vain in _UNUSED of reference/whole.py"
    own = compile_file(f"zoo:{network}", findings=findings)
    assert own is not None
    assert list(copy.graph.nodes) == list(own.graph.nodes)
    assert [(name, variable) for name, _, variable in copy.graph.variables()] == [
        (name, variable) for name, _, variable in own.graph.variables()
    ]
    assert (copy.train, copy.eval, copy.about) == (own.train, own.eval, own.about)
    assert copy.published == own.published


def test_what_was_written_is_kept_to_the_letter(tmp_path: Path) -> None:
    """A spec that extends nothing is its own copy, but for the first line."""
    assert main(["new", "lenet", str(tmp_path / "lenet.yaml")]) == 0
    _, copy = (tmp_path / "lenet.yaml").read_text("utf-8").split("\n", 1)
    assert copy == (zoo.folder() / "lenet.yaml").read_text("utf-8").split("\n", 1)[1]


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo with a family, a spec that extends it, and one that has a network of the zoo in it."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "family.yaml").write_text("""# yaml-language-server: $schema=x.json
# What the whole family has.
archspec: 1
name: $variant
variants:
  small: {set: {filters: 8, rows: few}, expect: {params: 232}}
  large: {set: {filters: 16, rows: many}, published: {top_1: 70.5}}
hyperparameters: {filters: 8, rows: few, rate: 0.1}   # set by variants
inputs: {image: {shape: [8, 8, 3]}}
tables: {few: {n: [1]}, many: {n: [1, 2]}}

# The main line.
layers:
- c: {conv2d: $filters, kernel: 3}     # the first
- deep_$n: {table: $rows, relu: null}
# near the end
- pool: global_avg_pool
- Logits: {dense: 2}                   # the last
train:
  data: {folder: kinds}
  preprocess: [{resize: 8}]
  losses: {main: {softmax_cross_entropy: Logits}}
  optimizer: {sgd: $rate}              # slow
  batch: 8
  epochs: 1
""")
    (folder / "top.yaml").write_text("""archspec: 1
extends: family.yaml#large
# On purpose.
about: "a text: with a colon"
change: {pool: {keep: true}, Logits: {units: 5}}
insert:
  # a second one
  after pool: [hidden: {conv2d: 4, kernel: 1}, flatten]   # and flat
train: {optimizer: {adam: 0.1}}        # fast
""")
    (folder / "user.yaml").write_text("""archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
layers:
- body: {network: family.yaml, variant: small, until: pool}   # the body
- fc: {dense: 3}
""")
    monkeypatch.setattr(zoo, "folder", lambda: folder)
    return folder


def copied(name: str) -> str:
    findings = Findings()
    text = whole_text(f"zoo:{name}", "mine.yaml", "# from here", findings)
    assert text is not None, findings.items
    return text


def test_a_variant_is_set_and_what_only_others_use_is_left_out(family: Path) -> None:
    text = copied("family#large")
    assert "name: large\n" in text and "filters: 16" in text and "rows: many" in text
    assert "few: {n" not in text and "many: {n: [1, 2]}" in text
    assert "published: {top_1: 70.5}" in text
    assert "expect" not in text
    assert "name: small\n" in copied("family"), "the first variant is meant where none is named"


def test_comments_stay_beside_what_they_are_about(family: Path) -> None:
    lines = copied("top").splitlines()
    assert lines[:3] == ["# from here", "# What the whole family has.", "archspec: 1"]
    place = {line.strip(): number for number, line in enumerate(lines)}
    assert lines[place["# On purpose."] + 1] == 'about: "a text: with a colon"'
    assert lines[place["# The main line."] + 1] == "layers:"
    assert lines[place["# near the end"] + 1].startswith("- pool:")
    for beginning, comment in (("- c:", "# the first"), ("hyperparameters:", "# set by variants")):
        assert any(line.strip().startswith(beginning) and line.endswith(comment) for line in lines)
    assert lines.count("# from here") == 1 and not any("yaml-language-server" in line for line in lines)
    text = "\n".join(lines)
    assert "keep: true" in text and "hidden: {conv2d: 4, kernel: 1}" in text and "{adam: 0.1}" in text
    assert "rate" not in text, "a hyperparameter that nothing reads any more"


def test_a_network_inside_is_named_by_the_zoo(family: Path) -> None:
    text = copied("user")
    assert "network: zoo:family\n" in text and "# the body" in text


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("precious")
    assert main(["new", "lenet", str(path)]) == 2
    assert "there is a file" in capsys.readouterr().err and path.read_text() == "precious"
    assert main(["new", "zoo:lenet", str(path), "--force"]) == 0
    assert path.read_text().startswith("# from zoo:lenet")
    assert "summary" in capsys.readouterr().out


def test_the_file_is_called_as_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "resnet_v1#resnet_v1_101"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["resnet_v1_101.yaml"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lenett"], "did you mean `lenet`?"),
        (["resnet_v1#resnet_v1_51"], "has no variant `resnet_v1_51`"),
        (["lenet#small"], "has no variants"),
        (["lenet", "nowhere/lenet.yaml"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_said(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", *words]) in (1, 2)
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
