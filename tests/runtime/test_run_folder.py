"""A run's folder that somebody else has made: nothing outside it is read or changed, and no pipe is opened."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from archspec.compiler.program import compile_file
from archspec.diagnostics import Findings, Stop
from archspec.run_folder import files
from archspec.run_folder.record import RECORD, default_folder, handover, read_record
from archspec.runtime import checkpoint
from archspec.runtime.log import Log
from archspec.runtime.run import Given, Run
from archspec.runtime.weights.read import open_weights

SECRET = "what nobody else may read or change\n"
TENSORS = {"Net/w": np.ones(3, np.float32)}
BASE = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
layers: [a: {conv2d: 4, kernel: 3}, flatten, logits: {dense: 2}]
"""


def begun(folder: Path, spec: str = "archspec: 1\nextends: parts/base.yaml\n") -> Run:
    """A run of a spec that is made of two files, with one checkpoint and one line of metrics."""
    source = folder / "source"
    (source / "parts").mkdir(parents=True)
    (source / "net.yaml").write_text(spec)
    (source / "parts" / "base.yaml").write_text(BASE)
    program = compile_file(str(source / "net.yaml"), findings=Findings())
    assert program is not None
    run = Run(folder / "run")
    run.hold()
    run.begin(program, {"train.batch": "8"}, ("dark", "li\nght"), Given({"rate": "0.1"}, "sample"))
    run.log({"step": 1, "loss": 2.0})
    checkpoint.save(run.folder, 1, TENSORS, {})
    os.close(run._lock or -1)
    return Run(run.folder)


def resume(run: Run) -> None:
    """All that a training which goes on does with the folder."""
    run.check_same({"train.batch": "8"})
    run.hold()
    run.newest()
    run.forget_after(1)
    run.log({"step": 2, "loss": 1.0})
    Log(run).scores(2, {"top_1": 0.5})
    checkpoint.save(run.folder, 2, TENSORS, {})


@pytest.mark.parametrize(
    "name",
    [
        ".lock",
        ".metrics.jsonl.unfinished",
        "metrics.jsonl",
        "run.json",
        "checkpoint",
        "eval",
        "checkpoints",
        "checkpoints/checkpoint",
        "checkpoints/.unfinished-step-00000002",
        "checkpoints/step-00000002",
        "checkpoints/step-00000001",
        "checkpoints/step-00000001/checkpoint.json",
        "checkpoints/step-00000001/model.ckpt-1.index",
    ],
)
def test_no_link_is_followed(name: str, tmp_path: Path) -> None:
    run = begun(tmp_path)
    place, victim = run.folder / name, tmp_path / "victim"
    if place.is_dir() or name in ("eval", "checkpoints/step-00000002"):
        shutil.copytree(place, victim) if place.is_dir() else victim.mkdir()
        (victim / "secret").write_text(SECRET)
    elif place.exists():
        shutil.copyfile(place, victim)
    else:
        victim.write_text(SECRET)
    before = contents(victim)
    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    place.symlink_to(victim)
    try:
        resume(run)
    except Stop as problem:
        assert problem.diagnostics[0].help
        assert "link" in str(problem), problem
    assert contents(victim) == before


def contents(path: Path) -> dict[str, bytes]:
    """Every file below a path."""
    found = path.rglob("*") if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in found if file.is_file()}


@pytest.mark.parametrize(
    "name",
    [".lock", "metrics.jsonl", "run.json", "checkpoints/step-00000001/checkpoint.json",
     "checkpoints/step-00000001/model.ckpt-1.index", "checkpoints/step-00000001/model.ckpt-1.data-00000-of-00001"],
)  # fmt: skip
def test_no_pipe_is_opened(name: str, tmp_path: Path) -> None:
    run = begun(tmp_path)
    (run.folder / name).unlink(missing_ok=True)
    os.mkfifo(run.folder / name)
    with pytest.raises(Stop, match="pipe"):
        resume(run)


def changed_manifest(change: Callable[[dict[str, object]], None], path: Path) -> None:
    """Change a checkpoint's manifest as somebody would who knows how it is made."""
    manifest = json.loads((path / "checkpoint.json").read_text())
    del manifest["digest"]
    change(manifest)
    manifest["digest"] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (path / "checkpoint.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(prefix="../../../elsewhere/model.ckpt-1"),
        lambda m: m.update(prefix="/etc/model.ckpt-1"),
        lambda m: m.update(step=7, prefix="model.ckpt-7"),
        lambda m: m.update(step="1"),
        lambda m: m.update(step=True),
        lambda m: m["files"].update({"../../run.json": "0" * 64}),
        lambda m: m.update(files=3),
        lambda m: m.update(meta=None),
    ],
)
def test_manifest_speaks_of_its_own_folder_alone(change: Callable[..., None], tmp_path: Path) -> None:
    run = begun(tmp_path)
    changed_manifest(change, run.folder / "checkpoints" / "step-00000001")
    for use in (run.newest, lambda: open_weights(str(run.folder))):
        with pytest.raises(Stop, match=r"not what archspec wrote|can(not|'t) be read"):
            use()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"settings": ' * 50_000, "{", "[]", '{"settings": 3}', "\xff"])
def test_record_that_is_none_is_a_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(text, "latin-1")
    for use in (lambda: read_record(tmp_path), lambda: handover(tmp_path), lambda: Run(tmp_path).check_same({})):
        with pytest.raises(Stop) as caught:
            use()
        assert caught.value.diagnostics[0].code == "AS732"


def test_record_of_another_version_is_not_resumed(tmp_path: Path) -> None:
    for version, who in ((99, "newer"), (1, "older")):
        (tmp_path / RECORD).write_text(json.dumps({"format": version, "settings": {}}))
        with pytest.raises(Stop, match=f"written by an? {who} archspec") as caught:
            Run(tmp_path).check_same({})
        assert caught.value.diagnostics[0].code == "AS737"


def test_what_an_ended_save_has_left_is_swept_up(tmp_path: Path) -> None:
    run = begun(tmp_path)
    left = run.folder / "checkpoints" / ".unfinished-step-00000002"
    left.mkdir()
    (left / "model.ckpt-2.index").write_text("half")
    run.hold()
    assert sorted(os.listdir(run.folder / "checkpoints")) == ["checkpoint", "step-00000001"]


def test_copy_of_the_spec_is_whole_and_compiles(tmp_path: Path) -> None:
    run = begun(tmp_path)
    shutil.rmtree(tmp_path / "source")
    program = compile_file(handover(run.folder).spec, findings=Findings())
    assert program is not None and next(node.layer for node in program.graph.nodes.values()) == "a"
    found = handover(run.folder)
    assert (found.settings, found.data, found.origin) == ({"rate": "0.1"}, "sample", str(tmp_path / "source/net.yaml"))
    record = read_record(run.folder)
    assert record is not None and record["began"].startswith("20") and record["classes"] == ["dark", "li\nght"]
    assert (run.folder / "labels.txt").read_text() == "0:dark\n1:li\\nght\n"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("lenet", "runs/lenet"),
        ("../../x", "runs/x"),
        ("/etc/passwd", "runs/etc-passwd"),
        ("..", "runs/run"),
        ("", "runs/run"),
        ("a/b\0c\nd", "runs/a-b-c-d"),
        ("x" * 300, "runs/" + "x" * 100),
        ("resnet_v1_50", "runs/resnet_v1_50"),
        ("größe", "runs/größe"),
    ],
)
def test_default_folder_is_below_runs(name: str, folder: str) -> None:
    assert str(default_folder(name)) == folder


def test_path_of_a_file_stays_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "outside").write_text(SECRET)
    for name in ("../outside", "/etc/passwd", "a/../../outside", "", "nul\0"):
        with pytest.raises(OSError):
            files.read(tmp_path / "run", name)
        with pytest.raises(OSError):
            files.write(tmp_path / "run", name, "")
    assert (tmp_path / "outside").read_text() == SECRET


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=64k tmpfs {disk} 2> /dev/null"):
        pytest.skip("this machine lets nobody mount a disk")
    try:
        files.write(disk, "run.json", "old")
        with pytest.raises(OSError, match="No space left"):
            files.write(disk, "run.json", "x" * 200_000)
        assert (disk / "run.json").read_text() == "old" and os.listdir(disk) == ["run.json"]
    finally:
        os.system(f"umount {disk}")


def test_what_to_do_about_a_folder_that_cannot_be_written_depends_on_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    named = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run\xe9"))
    remedies = {
        tmp_path / "file": "use another --run",
        tmp_path / "file" / "run": "use another --run",
        named: "use another --run, with a name in UTF-8",
        Path("/proc/run"): "use another --run",
    }
    for folder, remedy in remedies.items():
        with pytest.raises(Stop, match="cannot be written: ") as problem:
            Run(folder).hold()
        assert (problem.value.diagnostics[0].code, problem.value.diagnostics[0].help) == ("AS730", remedy)
    for number, remedy in ((errno.ENOSPC, "make room there"), (errno.EROFS, "get write access there")):
        found = Run(tmp_path)._unwritable(OSError(number, os.strerror(number))).diagnostics[0]
        assert found.help == f"{remedy}, or use another --run"
    named.mkdir()
    with pytest.raises(Stop, match="is not UTF-8") as problem:
        open_weights(str(named))
    assert problem.value.diagnostics[0].help == "rename it"
