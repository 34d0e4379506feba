"""Which files a spec is made of: chains, links, the zoo, each read once, and what paths in them count from."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.program import check_file, compile_file
from archspec.compiler.spec import sources
from archspec.compiler.syntax.reading import read_bytes
from archspec.diagnostics import Findings
from tests.cases.extending import BASE, build, made, shape


def test_symbolic_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.yaml").write_text(BASE)
    (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert build(inner, "extends: link.yaml\n") == (None, ["AS113"])


def test_chain_of_files_has_an_end(tmp_path: Path) -> None:
    for number in range(1, 9):
        below = f"extends: f{number - 1}.yaml\n" if number > 1 else BASE.removeprefix("archspec: 1\n")
        (tmp_path / f"f{number}.yaml").write_text("archspec: 1\n" + below)
    assert build(tmp_path, "extends: f8.yaml\n")[1] == []
    (tmp_path / "f9.yaml").write_text("archspec: 1\nextends: f8.yaml\n")
    assert build(tmp_path, "extends: f9.yaml\n")[1] == ["AS132"]


@pytest.mark.parametrize("kind", ["extends: {}\n", "inputs: {{image: {{shape: [8]}}}}\nlayers: [a: {{network: {}}}]\n"])
def test_file_that_cannot_be_read_is_one_finding(tmp_path: Path, kind: str) -> None:
    (tmp_path / "one.yaml").symlink_to("two.yaml")
    (tmp_path / "two.yaml").symlink_to("one.yaml")
    for name in ("one.yaml", "a" * 255 + ".yaml", '"a\\0.yaml"'):
        assert build(tmp_path, kind.format(name)) == (None, ["AS012"]), name


def test_zoo_is_reached_by_name_from_any_folder(tmp_path: Path) -> None:
    program = made(tmp_path, "extends: zoo:resnet_v1#resnet_v1_101\nhyperparameters: {num_classes: 6}\n")
    assert program.graph.shape(program.graph.output) == (6,)
    assert program.graph.name == "resnet_v1_101"
    text = "inputs: {image: {shape: [28, 28, 1]}}\nlayers: [body: {network: zoo:lenet, until: pool2}]\n"
    assert shape(made(tmp_path, text), "body") == (7, 7, 64)


def test_zoo_is_compiled_by_name() -> None:
    findings = Findings()
    program = compile_file("zoo:resnet_v1#resnet_v1_50", findings=findings)
    assert program is not None and findings.items == []
    assert Path(program.file).is_file() and program.name == "resnet_v1_50"


def test_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text that is kept is the text that was compiled, however the file changes meanwhile."""
    opened: list[str] = []

    def counted(path: str, findings: Findings) -> bytes | None:
        opened.append(Path(path).name)
        return read_bytes(path, findings)

    monkeypatch.setattr(sources, "read_bytes", counted)
    (tmp_path / "base.yaml").write_text(BASE)
    text = "name: Top\ninputs: {image: {shape: [32, 32, 3]}}\nlayers: [a: {network: base.yaml, until: a, name: x},"
    program = made(tmp_path, f"{text} b: {{network: base.yaml, until: a, from: input, name: y}}]\n")
    assert sorted(opened) == ["base.yaml", "top.yaml"]
    assert program.sources[str(tmp_path / "base.yaml")] == BASE


def test_paths_count_from_the_file_that_says_them(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (below / "base.yaml").write_text(
        "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [flatten, L: {dense: 2}]\n"
        "train: {data: {folder: here}, initialize: {checkpoint: ../old, skip: [L]}, preprocess: [{resize: 8}],\n"
        "  losses: {main: {softmax_cross_entropy: L}}, optimizer: {sgd: 0.1}, batch: 2, steps: 2}\n"
        "eval: {data: {folder: there}, preprocess: [{resize: 8}], metrics: {a: {accuracy: L}}}\n"
    )
    spec = tmp_path / "x.yaml"
    spec.write_text("archspec: 1\nextends: a/base.yaml\neval: {data: {folder: own}}\n")
    findings = Findings()
    [program] = check_file(str(spec), findings=findings)
    assert program.train is not None and program.train.initialize is not None and program.eval is not None
    assert [program.train.data.path, program.train.initialize.checkpoint] == ["a/here", "a/../old"]
    assert program.eval.data is not None and program.eval.data.path == "own"


def test_paths_of_the_zoo_count_from_the_spec_that_extends_it(tmp_path: Path) -> None:
    spec = tmp_path / "x.yaml"
    spec.write_text("archspec: 1\nextends: zoo:siamese\n")
    [program] = check_file(str(spec), findings=Findings())
    assert program.train is not None and program.train.data.source.path == "omniglot"
