"""Training that was ended and goes on: after its last step, a signal, a crash, a full disk."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from pathlib import Path

import pytest

from archspec.runtime import checkpoint
from tests.runtime.training import (
    ENVIRONMENT,
    FULL,
    LONG,
    assert_same_bits,
    losses,
    metrics,
    newest,
    spec_file,
    started,
    train,
)


def test_resumed_run_equals_the_whole_one_in_every_bit(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    assert train(spec, images, run, "--steps", "5").returncode == 0
    assert newest(run).step == 5
    done = train(spec, images, run, "--resume")
    assert done.returncode == 0, done.stderr
    assert_same_bits(whole, run)
    assert any("Momentum" in name or "optimizer" in name for name in newest(run).tensors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_signal_saves_and_says_how_to_go_on(
    number: signal.Signals, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    if number == signal.SIGINT:
        monkeypatch.setitem(ENVIRONMENT, "ARCHSPEC_COMMAND", "bin/archspec")
    process = started(spec, images, run)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "\nstopping after this step, when it is saved\n" in err
    found = re.search(r"stopped by (\w+) at step (\d+) of 100000", out)
    assert found and found[1] == number.name and newest(run).step == int(found[2]) == metrics(run)[-1]["step"]
    # bin/archspec says how it was called.
    start, end = "  bin/archspec train " if number == signal.SIGINT else "  archspec train ", "--no-eval --resume"
    assert out.splitlines()[-1].startswith(start) and out.splitlines()[-1].endswith(end)


def test_killed_run_goes_on_from_its_last_checkpoint(whole: Path, images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--save-every", "7")
    while not checkpoint.checkpoints(run):
        assert process.poll() is None
    process.kill()
    process.communicate()
    last = str(newest(run).step + 3)
    for folder, words in ((run, ["--resume"]), (tmp_path / "whole", [])):
        done = train(spec, images, folder, "--steps", last, *words)
        assert done.returncode == 0, done.stderr
    assert_same_bits(tmp_path / "whole", run)
    assert [line["step"] for line in metrics(run)] == list(range(1, int(last) + 1))
    assert losses(run)[:10] == losses(whole)


def test_two_trainings_do_not_share_a_run(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run)
    try:
        second = train(spec, images, run, "--steps", "3")
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()
    assert (second.returncode, second.stderr.startswith("AS731")) == (1, True), second.stderr


def test_run_is_not_overwritten_nor_resumed_with_other_settings(whole: Path, images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, FULL)
    done = train(spec, images, whole)
    assert (done.returncode, "AS733" in done.stderr, "--resume" in done.stderr) == (1, True, True)
    done = train(spec, images, whole, "--resume", "--set", "rate=0.1", "--batch", "4")
    assert done.returncode == 1
    assert "note: train.batch was 8, and is 4" in done.stderr
    assert "AS735" in done.stderr and "train.optimizer" in done.stderr and "train.batch" in done.stderr
    assert newest(whole).step == 10 and len(losses(whole)) == 10


def small_files() -> None:
    """Lets the process write no file larger than 6,000 bytes, as on a disk that fills up."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))


def test_full_disk_leaves_the_last_checkpoint_and_says_so(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    assert train(spec, images, run, "--steps", "2").returncode == 0
    done = train(spec, images, run, "--resume", preexec_fn=small_files)
    assert done.returncode == 1
    assert "step-00000002" in os.listdir(run / "checkpoints") and newest(run).step == 2
    assert re.search(r"AS7(23|30) .* (cannot|can't) be written", done.stderr), done.stderr
    assert train(spec, images, run, "--resume").returncode == 0


def test_damage_is_a_sentence(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, FULL), tmp_path / "run"
    assert train(spec, images, run, "--steps", "2").returncode == 0
    data = next((run / "checkpoints" / "step-00000002").glob("*.data-*"))
    data.write_bytes(data.read_bytes()[:-1] + b"x")
    done = train(spec, images, run, "--resume")
    assert (done.returncode, "AS722" in done.stderr) == (1, True), done.stderr
    assert "no other one of this run is whole" in done.stderr
    record = json.loads((run / "run.json").read_text())
    for damaged in ("{", json.dumps({**record, "settings": 3})):
        (run / "run.json").write_text(damaged)
        done = train(spec, images, run, "--resume")
        assert (done.returncode, done.stderr.startswith("AS732")) == (1, True), done.stderr
