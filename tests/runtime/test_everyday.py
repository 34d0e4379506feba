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
from archspec.runtime.weights.read import open_weights
from tests.runtime.training import FULL, LONG, PLAIN, metrics, newest, spec_file, started, train


def test_memory_that_runs_out_names_the_layer(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN.replace("flatten", "big: {upsample: 100000}, pool: global_avg_pool"))
    done = train(spec, images, tmp_path / "run")
    sentence = "AS746 there is not enough memory in big for a batch of 8"
    assert done.returncode == 1 and f"{spec}:" in done.stderr and sentence in done.stderr, done.stderr
    assert "help: " in done.stderr


def test_weights_that_no_machine_holds_are_said_before_they_are_made(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN.replace("flatten", "flatten, big: {dense: 2000000000}"))
    done = train(spec, images, tmp_path / "run")
    assert done.returncode == 1 and done.stderr.startswith("AS632 Net has") and "help: " in done.stderr, done.stderr
    assert not (tmp_path / "run").exists()


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
    assert (run / "labels.txt").read_bytes() == rb"0:da\xffrk" + b"\n1:light\n"
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
    try:
        assert process.wait(60) == 1
    finally:
        process.kill()
    assert newest(run).step == metrics(run)[-1]["step"] >= 2
