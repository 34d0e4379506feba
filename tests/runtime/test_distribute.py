"""Ranks: many do what one does, agree or stop, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from archspec.cli import launch
from archspec.diagnostics import Stop
from tests.runtime.training import (
    HOROVODRUN,
    LONG,
    PLAIN,
    ROOT,
    after_two_steps,
    assert_same_bits,
    command,
    finished,
    losses,
    metrics,
    needs_horovod,
    newest,
    spec_file,
    started,
    train,
)


@needs_horovod
def test_two_ranks_follow_one(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN)
    assert train(spec, images, tmp_path / "one").returncode == 0
    done = train(spec, images, tmp_path / "two", "--np", "2")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(losses(tmp_path / "one"), losses(tmp_path / "two"), rtol=1e-5)
    one, two = newest(tmp_path / "one").tensors, newest(tmp_path / "two").tensors
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
    # One rank alone prints and writes.
    assert done.stdout.count("trained 20 steps") == 1 and "[rank" not in done.stderr
    assert [line["step"] for line in metrics(tmp_path / "two")] == list(range(1, 21))
    assert len(os.listdir(tmp_path / "two" / "train")) == 1


@needs_horovod
def test_horovodrun_launches_it_and_ranks_that_disagree_stop(images: Path, tmp_path: Path) -> None:
    words = command(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--steps", "2", "--no-eval")
    horovodrun = [str(HOROVODRUN), "-np", "2", "--gloo", "env", f"PYTHONPATH={ROOT}"]
    done = finished([*horovodrun, *words])
    assert done.returncode == 0 and done.stdout.count("trained 2 steps") == 1, done.stderr
    words = ["sh", "-c", " ".join(words) + " --resume --batch $((8 + 4 * HOROVOD_RANK))"]
    # horovodrun prints a traceback of its own.
    done = subprocess.run([*horovodrun, *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0 and "AS741 rank 1 has another" in done.stderr, done.stderr
    assert "bug in archspec" not in done.stderr


@needs_horovod
def test_signal_is_obeyed_by_all_ranks_and_they_go_on_in_every_bit(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    step = newest(run).step
    assert process.returncode == 1 and f"stopped by SIGINT at step {step} of 100000" in out, out + err
    assert out.splitlines()[-1].endswith("--resume --np 2")
    for folder, words in ((run, ["--resume"]), (tmp_path / "whole", [])):
        done = train(spec, images, folder, "--np", "2", "--steps", str(step + 3), *words)
        assert done.returncode == 0, done.stderr
    assert_same_bits(tmp_path / "whole", run)


SLOW_DISK = """import sys, time
from archspec.cli import main
from archspec.runtime import checkpoint
write = checkpoint.save
def save(*arguments):
    time.sleep(4)
    return write(*arguments)
checkpoint.save = save
sys.exit(main())
"""


@needs_horovod
def test_signal_to_all_ranks_saves_before_any_of_them_ends(images: Path, tmp_path: Path) -> None:
    """horovodrun ends the others as soon as one rank has failed; a large checkpoint takes longer than that."""
    (tmp_path / "slow_disk.py").write_text(SLOW_DISK)
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    words = command(spec, images, run, "--no-eval")[4:]
    worker = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-P", str(tmp_path / "slow_disk.py"), *words]
    process = after_two_steps([str(HOROVODRUN), "-np", "2", "--gloo", *worker], run)
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.cmdline()[:3] == worker[2:5]:
            child.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert f"at step {newest(run).step} of 100000" in out and "horovodrun -np 2 archspec" in out, out + err
    assert process.returncode == 1


@needs_horovod
def test_rank_that_dies_ends_the_others(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2", "--save-every", "1")
    ranks = [psutil.Process(number) for number in launch._ranks(process.pid)]
    assert len(ranks) == 2
    next(rank for rank in ranks if rank.environ()["HOROVOD_RANK"] == "1").kill()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "rank 1 was ended by SIGKILL" in err, out + err
    assert "Traceback" not in err and "bug in archspec" not in err
    assert not [rank for rank in ranks if rank.is_running() and rank.status() != psutil.STATUS_ZOMBIE]
    assert newest(run).step >= 1


@needs_horovod
def test_mistake_is_said_once_for_all_ranks(whole: Path, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, LONG), images, whole, "--np", "2")
    assert done.returncode == 1 and done.stderr.startswith("AS733") and "rank" not in done.stderr, done.stderr
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--np", "3")
    assert (done.returncode, "8 cannot be divided evenly over 3 ranks" in done.stderr) == (2, True)


def test_without_horovodrun_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(launch.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="no horovodrun"):
        launch.launch(2, ["train", "net.yaml"])
