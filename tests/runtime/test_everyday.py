"""What happens on ordinary machines: no memory, a full disk, names in other letters."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from archspec.compiler.graph.graph import Graph
from archspec.diagnostics import Stop
from archspec.runtime import memory
from archspec.runtime.restore import open_weights
from tests.runtime.training import FULL, LONG, PLAIN, metrics, newest, spec_file, started, train


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ("big: {upsample: 100000}, pool: global_avg_pool", "AS746 there is not enough memory in big for a batch of 8"),
        ("flatten, big: {dense: 100000000000}", "AS746 the weights of Net take"),
    ],
)
def test_memory_that_runs_out_names_the_layer(layers: str, sentence: str, images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN.replace("flatten", layers))
    done = train(spec, images, tmp_path / "run")
    assert done.returncode == 1 and f"{spec}:" in done.stderr and sentence in done.stderr, done.stderr
    assert "most are in big" in done.stderr or "help: " in done.stderr


def test_batch_that_should_fit(tiny: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    for there, fits in ((4, 4), (3.9, 2), (100, 16), (0.1, 0)):
        bound = memory.needed(tiny, 0) + there * (memory.needed(tiny, 1) - memory.needed(tiny, 0))
        monkeypatch.setattr(memory, "there", lambda bound=bound: bound)
        assert memory.fitting_batch(tiny, 32, ranks=1) == fits
        assert memory.fitting_batch(tiny, 64, ranks=2) == 2 * fits


def test_names_that_are_no_text(images: Path, tmp_path: Path) -> None:
    data, run = tmp_path / os.fsdecode(b"d\xff"), tmp_path / "run"
    shutil.copytree(images, data)
    for split in ("train", "validation"):
        (data / split / "dark").rename(data / split / os.fsdecode(b"da\xffrk"))
    done = train(spec_file(tmp_path, FULL), data, run, "--eval", errors="replace")
    assert done.returncode == 0, done.stderr
    assert (run / "labels.txt").read_bytes() == b"0:da\xffrk\n1:light\n"
    elsewhere = tmp_path / os.fsdecode(b"r\xff")
    done = train(spec_file(tmp_path, FULL), images, elsewhere, errors="replace")
    assert done.returncode == 1 and done.stderr.startswith("AS730") and "is not UTF-8" in done.stderr
    run.rename(elsewhere)
    with pytest.raises(Stop, match="is not UTF-8"):
        open_weights(str(elsewhere))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk_is_a_sentence(images: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=300k tmpfs {disk} 2> /dev/null"):
        pytest.skip("this machine lets nobody mount a disk")
    try:
        done = train(spec_file(tmp_path, LONG), images, disk / "run")
        assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
        assert done.stderr.splitlines()[-1].startswith("  help: make room")
    finally:
        os.system(f"umount {disk}")


def test_ssh_connection_that_ends_is_like_sigterm(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run)
    # What it writes to goes too.
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 1
    assert newest(run).step == metrics(run)[-1]["step"] >= 2
